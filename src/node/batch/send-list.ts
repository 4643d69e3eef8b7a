/**
 * Datagrams waiting to leave by one socket, in one call: single ones, and runs of equal ones for one destination that
 * the kernel cuts apart (UDP_SEGMENT). Points to bytes that lie elsewhere and must stay until `flush`. sendmmsg(2), udp(7).
 */
import { Errno, type Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  CMSG_DATA,
  CMSG_LEVEL,
  CMSG_TYPE,
  IOVEC_BYTES,
  MAX_RUN_BYTES,
  MAX_SEGMENTS,
  MMSGHDR_BYTES,
  MSG_CONTROL,
  MSG_CONTROLLEN,
  MSG_DONTWAIT,
  MSG_IOV,
  MSG_IOVLEN,
  MSG_NAME,
  MSG_NAMELEN,
  NAME_BYTES,
  SMALL_CMSG_BYTES,
  SOL_UDP,
  UDP_SEGMENT,
} from './layout.ts';
import type { Segmentation } from './segmentation.ts';
import { mayBeOfEarlier } from './send-datagram.ts';
import { type NameWords, writeWords } from './socket-name.ts';

export interface SendCounts {
  sent: number;
  /** What the kernel refused: no route, no room, too long. */
  sendFailed: number;
}

export class SendList {
  readonly #kernel: Kernel;
  readonly #segmentation: Segmentation;
  readonly #counts: SendCounts;
  readonly #memory: KernelMemory;
  readonly #capacity: number;
  readonly #iovCapacity: number;
  readonly #headers: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #iovs: number;
  #messages = 0;
  #iovsUsed = 0;
  /** Of the open message. */
  #segmentBytes = 0;
  #runBytes = 0;
  #segments = 0;
  #closed = true;
  #words: NameWords | undefined;

  /** Room for `capacity` messages of `iovCapacity` datagrams together. */
  constructor(
    kernel: Kernel,
    segmentation: Segmentation,
    counts: SendCounts,
    capacity: number,
    iovCapacity = capacity,
  ) {
    const bytes = capacity * (MMSGHDR_BYTES + NAME_BYTES + SMALL_CMSG_BYTES) + iovCapacity * IOVEC_BYTES;
    const memory = new KernelMemory(kernel, bytes);
    this.#kernel = kernel;
    this.#segmentation = segmentation;
    this.#counts = counts;
    this.#memory = memory;
    this.#capacity = capacity;
    this.#iovCapacity = iovCapacity;
    this.#headers = memory.take(capacity * MMSGHDR_BYTES);
    this.#names = memory.take(capacity * NAME_BYTES);
    this.#controls = memory.take(capacity * SMALL_CMSG_BYTES);
    this.#iovs = memory.take(iovCapacity * IOVEC_BYTES);
    for (let i = 0; i < capacity; i++) {
      const header = this.#headers + i * MMSGHDR_BYTES;
      const control = this.#controls + i * SMALL_CMSG_BYTES;
      memory.setPointer(header + MSG_NAME, memory.address + this.#names + i * NAME_BYTES);
      memory.setPointer(header + MSG_CONTROL, memory.address + control);
      memory.setSize(control, CMSG_DATA + 2); // CMSG_LEN of a 16-bit number
      memory.i32[(control + CMSG_LEVEL) >> 2] = SOL_UDP;
      memory.i32[(control + CMSG_TYPE) >> 2] = UDP_SEGMENT;
    }
  }

  get isEmpty(): boolean {
    return this.#messages === 0;
  }

  /** Messages and datagrams that fit before the next `flush`, at the least. */
  get room(): number {
    return Math.min(this.#capacity - this.#messages, this.#iovCapacity - this.#iovsUsed);
  }

  /**
   * One datagram of `length` bytes at `address` (of any kernel memory), for whom `words` name. It joins the run before it
   * if it may. There must be room. `words` are compared by identity.
   */
  add(words: NameWords, address: number, length: number): void {
    const { i32 } = this.#memory;
    const joins =
      !this.#closed &&
      words === this.#words &&
      // An empty one would be no segment at all.
      length > 0 &&
      length <= this.#segmentBytes &&
      this.#segments < MAX_SEGMENTS &&
      this.#runBytes + length <= MAX_RUN_BYTES;
    if (!joins) this.#begin(words, length);
    const iov = this.#iovs + this.#iovsUsed * IOVEC_BYTES;
    this.#memory.setPointer(iov, address);
    i32[(iov + 8) >> 2] = length;
    this.#iovsUsed += 1;
    this.#segments += 1;
    this.#runBytes += length;
    // A shorter one can only be the last of its run.
    if (length < this.#segmentBytes) this.#closed = true;
    if (this.#segments === 2) this.#cutApart();
    i32[(this.#headers + (this.#messages - 1) * MMSGHDR_BYTES + MSG_IOVLEN) >> 2] = this.#segments;
  }

  /** Sends everything by this socket. What the kernel does not take is lost, as a datagram may be; it is counted. */
  flush(fd: number): void {
    const total = this.#messages;
    if (total === 0) return;
    const { address } = this.#memory;
    let repeated = -1;
    for (let at = 0; at < total; ) {
      const headers = address + this.#headers + at * MMSGHDR_BYTES;
      const sent = this.#kernel.sendmmsg(fd, headers, total - at, MSG_DONTWAIT);
      if (sent > 0) at += sent;
      else {
        const errno = this.#kernel.errno();
        if (errno === Errno.EINTR) continue;
        if (repeated !== at && mayBeOfEarlier(errno)) {
          repeated = at;
          continue;
        }
        this.#failed(fd, at, errno);
        at += 1;
      }
    }
    this.#counts.sent += this.#iovsUsed;
    this.#messages = 0;
    this.#iovsUsed = 0;
    this.#closed = true;
    this.#words = undefined;
  }

  #begin(words: NameWords, length: number): void {
    const { i32 } = this.#memory;
    const header = this.#headers + this.#messages * MMSGHDR_BYTES;
    const name = this.#names + this.#messages * NAME_BYTES;
    i32[(header + MSG_NAMELEN) >> 2] = writeWords(this.#memory, name, words);
    this.#memory.setPointer(
      header + MSG_IOV,
      this.#memory.address + this.#iovs + this.#iovsUsed * IOVEC_BYTES,
    );
    i32[(header + MSG_CONTROLLEN) >> 2] = 0;
    this.#messages += 1;
    this.#segments = 0;
    this.#runBytes = 0;
    this.#segmentBytes = length;
    this.#words = words;
    this.#closed = length === 0 || length > this.#segmentation.largestBytes;
  }

  /** The open message is a run. */
  #cutApart(): void {
    const last = this.#messages - 1;
    const control = this.#controls + last * SMALL_CMSG_BYTES;
    this.#memory.u16[(control + CMSG_DATA) >> 1] = this.#segmentBytes;
    this.#memory.i32[(this.#headers + last * MMSGHDR_BYTES + MSG_CONTROLLEN) >> 2] = SMALL_CMSG_BYTES;
  }

  /** Message `at` was refused: a run goes again piece by piece, if that may help; anything else is lost. */
  #failed(fd: number, at: number, errno: number): void {
    const { i32, u16, address } = this.#memory;
    const header = this.#headers + at * MMSGHDR_BYTES;
    const pieces = i32[(header + MSG_IOVLEN) >> 2] ?? 1;
    const segmentBytes = u16[(this.#controls + at * SMALL_CMSG_BYTES + CMSG_DATA) >> 1] ?? 0;
    if (pieces === 1 || !this.#segmentation.refused(errno, segmentBytes)) {
      this.#lost(pieces);
      return;
    }
    i32[(header + MSG_CONTROLLEN) >> 2] = 0;
    i32[(header + MSG_IOVLEN) >> 2] = 1;
    const iovs = this.#memory.pointerAt(header + MSG_IOV);
    for (let piece = 0; piece < pieces; piece++) {
      this.#memory.setPointer(header + MSG_IOV, iovs + piece * IOVEC_BYTES);
      if (this.#kernel.sendmmsg(fd, address + header, 1, MSG_DONTWAIT) < 1) this.#lost(1);
    }
  }

  #lost(datagrams: number): void {
    this.#counts.sendFailed += datagrams;
    this.#counts.sent -= datagrams;
  }
}
