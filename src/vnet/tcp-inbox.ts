/** Puts the segments that a TCP connection receives in order. Holds no more than a window. RFC 9293 §3.10.7.4. */
import type { TcpPacket } from './packet.ts';

export class TcpInbox {
  readonly #windowBytes: number;
  /** Came before their time, by sequence number. */
  readonly #early = new Map<number, TcpPacket>();
  #expected = 0;
  #begun = false;
  #ended = false;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** Whether the other side's first sequence number is known. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The other side has sent its FIN, and everything before it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next sequence number that is missing; 0 before the beginning. */
  get expected(): number {
    return this.#expected;
  }

  begin(sequence: number): void {
    this.#begun = true;
    this.#expected = sequence;
  }

  /** What can be handed on, in order. Segments are repeated as they were, so none overlaps another in part. */
  take(packet: TcpPacket): readonly TcpPacket[] {
    const { sequence } = packet;
    if (sequence > this.#expected && sequence <= this.#expected + this.#windowBytes) {
      this.#early.set(sequence, packet);
    }
    if (sequence !== this.#expected) return [];
    const ready: TcpPacket[] = [];
    for (let next: TcpPacket | undefined = packet; next; next = this.#early.get(this.#expected)) {
      this.#early.delete(next.sequence);
      if (this.#ended) break;
      this.#expected += next.payload.length + (next.flags.fin ? 1 : 0);
      this.#ended = next.flags.fin === true;
      ready.push(next);
    }
    return ready;
  }
}
