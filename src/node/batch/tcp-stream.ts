/**
 * Bytes from and to connected TCP sockets that are bare descriptors, never waiting: what has come in one call, what lies
 * in many places out by one. Whoever has a descriptor closes it. recv(2), sendmsg(2).
 */
import { Errno, type Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  F_DUPFD_CLOEXEC,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  MSG_IOV,
  MSG_IOVLEN,
  MSG_NOSIGNAL,
} from './layout.ts';

/** The system takes 1,024 (UIO_MAXIOV); a round of 300 µs seldom has more than a dozen for one client. */
const MAX_PIECES = 256;

export class TcpStreams {
  readonly #kernel: Kernel;
  readonly #memory: KernelMemory;
  readonly #header: number;
  readonly #iovs: number;
  #pieces = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#memory = new KernelMemory(kernel, MMSGHDR_BYTES + MAX_PIECES * IOVEC_BYTES);
    this.#header = this.#memory.take(MMSGHDR_BYTES);
    this.#iovs = this.#memory.take(MAX_PIECES * IOVEC_BYTES);
    this.#memory.setPointer(this.#header + MSG_IOV, this.#memory.address + this.#iovs);
  }

  /** A second number for what a socket of Node has open: it stays open when Node closes its own. −1 when there is none left. */
  duplicate(fd: number): number {
    return this.#kernel.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  }

  /** How many bytes came into the `room` at `address`; 0 when none wait; −1 when there will be no more. */
  receive(fd: number, address: number, room: number): number {
    const got = this.#kernel.recv(fd, address, room, MSG_DONTWAIT);
    if (got > 0) return got;
    return got < 0 && mayWorkLater(this.#kernel.errno()) ? 0 : -1;
  }

  /** Whether one more piece may be added before `send`. */
  get hasRoom(): boolean {
    return this.#pieces < MAX_PIECES;
  }

  /** `length` bytes at `address` of any kernel memory, to stay until `send`. There must be room. */
  add(address: number, length: number): void {
    const iov = this.#iovs + this.#pieces * IOVEC_BYTES;
    this.#memory.setPointer(iov, address);
    this.#memory.i32[(iov + 8) >> 2] = length;
    this.#pieces += 1;
  }

  /** Sends what was added, in order. How many bytes the system has taken, perhaps 0; −1 when it takes no more. */
  send(fd: number): number {
    this.#memory.i32[(this.#header + MSG_IOVLEN) >> 2] = this.#pieces;
    this.#pieces = 0;
    const header = this.#memory.address + this.#header;
    const sent = this.#kernel.sendmsg(fd, header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return mayWorkLater(this.#kernel.errno()) ? 0 : -1;
  }
}

function mayWorkLater(errno: number): boolean {
  return errno === Errno.EAGAIN || errno === Errno.EINTR || errno === Errno.ENOBUFS;
}
