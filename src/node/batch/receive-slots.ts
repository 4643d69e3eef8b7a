/**
 * Where received datagrams lie until they have been sent on: a row of slots, each with room in front for a header. One
 * row takes the datagrams of many sockets, one call each. recvmmsg(2).
 */
import { Errno, type Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  MSG_IOV,
  MSG_IOVLEN,
  MSG_LEN,
  MSG_NAME,
  MSG_NAMELEN,
  NAME_BYTES,
  SOCKADDR_IN6_BYTES,
} from './layout.ts';

/** In front of each datagram, for a Data indication (48 bytes with an IPv6 peer) or ChannelData header. */
export const HEADROOM_BYTES = 64;
/** No datagram is longer. */
const DATAGRAM_BYTES = 65_536;
/** Behind it: padding. And a stride that is no multiple of 4,096, else all headers would share a few lines of the cache. */
const TAIL_BYTES = 704 - HEADROOM_BYTES;
const STRIDE_BYTES = HEADROOM_BYTES + DATAGRAM_BYTES + TAIL_BYTES;

export class ReceiveSlots {
  readonly memory: KernelMemory;
  readonly count: number;
  readonly #kernel: Kernel;
  readonly #headers: number;
  readonly #names: number;
  readonly #data: number;
  /** Failed receptions other than "nothing there". */
  errors = 0;

  constructor(kernel: Kernel, count: number) {
    const each = MMSGHDR_BYTES + NAME_BYTES + IOVEC_BYTES + STRIDE_BYTES;
    const memory = new KernelMemory(kernel, count * each);
    this.memory = memory;
    this.count = count;
    this.#kernel = kernel;
    this.#headers = memory.take(count * MMSGHDR_BYTES);
    this.#names = memory.take(count * NAME_BYTES);
    const iovs = memory.take(count * IOVEC_BYTES);
    this.#data = memory.take(count * STRIDE_BYTES) + HEADROOM_BYTES;
    for (let i = 0; i < count; i++) {
      const header = this.#headers + i * MMSGHDR_BYTES;
      const iov = iovs + i * IOVEC_BYTES;
      memory.setPointer(header + MSG_NAME, memory.address + this.nameAt(i));
      memory.setSize(header + MSG_NAMELEN, SOCKADDR_IN6_BYTES);
      memory.setPointer(header + MSG_IOV, memory.address + iov);
      memory.setSize(header + MSG_IOVLEN, 1);
      memory.setPointer(iov, memory.address + this.dataAt(i));
      memory.setSize(iov + 8, DATAGRAM_BYTES);
    }
  }

  /** Takes up to `most` waiting datagrams into the slots from `first` on; returns how many. Never waits. */
  receive(fd: number, first: number, most: number): number {
    const header = this.#headers + first * MMSGHDR_BYTES;
    const got = this.#kernel.recvmmsg(fd, this.memory.address + header, most, MSG_DONTWAIT, 0);
    if (got < 0) {
      if (this.#kernel.errno() !== Errno.EAGAIN) this.errors += 1;
      return 0;
    }
    const { i32 } = this.memory;
    // The kernel has written how long the names are: give it the room again.
    for (let i = 0; i < got; i++) {
      i32[(header + i * MMSGHDR_BYTES + MSG_NAMELEN) >> 2] = SOCKADDR_IN6_BYTES;
    }
    return got;
  }

  /** Where the sender's name is. */
  nameAt(slot: number): number {
    return this.#names + slot * NAME_BYTES;
  }

  /** Where the datagram begins; 64 bytes before it are free to write. A multiple of 8. */
  dataAt(slot: number): number {
    return this.#data + slot * STRIDE_BYTES;
  }

  lengthOf(slot: number): number {
    return this.memory.i32[(this.#headers + slot * MMSGHDR_BYTES + MSG_LEN) >> 2] ?? 0;
  }

  /** A view, good until the slot is used again. */
  bytesOf(slot: number): Uint8Array {
    const at = this.dataAt(slot);
    return this.memory.u8.subarray(at, at + this.lengthOf(slot));
  }
}
