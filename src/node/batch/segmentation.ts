/**
 * Whether runs of equal datagrams may be given to the kernel as one (UDP_SEGMENT), and how long a segment may be. Learns
 * from refusals: a device without checksums in hardware takes none at all, a narrow route none that would be fragmented.
 */
import { Errno } from './kernel.ts';
import { MAX_RUN_BYTES } from './layout.ts';

export class Segmentation {
  #largestBytes: number;

  /** `usable`: what the self-check has found. */
  constructor(usable: boolean) {
    this.#largestBytes = usable ? MAX_RUN_BYTES : 0;
  }

  /** Of one segment; 0 when there is to be no run. */
  get largestBytes(): number {
    return this.#largestBytes;
  }

  /** A run was refused. Tells whether it should be sent again, piece by piece. */
  refused(errno: number, segmentBytes: number): boolean {
    if (errno === Errno.EIO) this.#largestBytes = 0;
    // Longer than the route's MTU allows: the kernel does not fragment segments.
    else if (errno === Errno.EINVAL || errno === Errno.EMSGSIZE) {
      this.#largestBytes = Math.min(this.#largestBytes, segmentBytes - 1);
    } else return false;
    return true;
  }
}
