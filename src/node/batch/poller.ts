/** Waits for many descriptors at once, and can be woken from other threads. epoll(7), eventfd(2). */
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_BYTES,
  EPOLL_EVENT_DATA,
  PR_SET_TIMERSLACK,
} from './layout.ts';
import { systemError } from './udp-descriptor.ts';

/** More come with the next call. */
const MAX_EVENTS = 256;
const NANOS_PER_MICRO = 1000;

export class Poller {
  readonly #kernel: Kernel;
  readonly #memory: KernelMemory;
  readonly #fd: number;
  readonly #events: number;
  readonly #event: number;
  readonly #pause: number;

  /** Throws when the system has no descriptors left. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#memory = new KernelMemory(kernel, MAX_EVENTS * EPOLL_EVENT_BYTES + 16 + 16);
    this.#events = this.#memory.take(MAX_EVENTS * EPOLL_EVENT_BYTES);
    this.#event = this.#memory.take(16);
    this.#pause = this.#memory.take(16);
    this.#fd = kernel.epollCreate(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw systemError(kernel.errno());
    // Of this thread: pauses of some hundred microseconds are meant as such (the default adds 50).
    kernel.prctl(PR_SET_TIMERSLACK, NANOS_PER_MICRO, 0, 0, 0);
  }

  /** The number that the system gave it: to be closed by whoever outlives this thread. */
  get fd(): number {
    return this.#fd;
  }

  /** `tag`: what `tagOf` will say of it, 0 … 2³¹ − 1. Tells whether the system had room. */
  add(fd: number, events: number, tag: number): boolean {
    return this.#control(EPOLL_CTL_ADD, fd, events, tag);
  }

  change(fd: number, events: number, tag: number): boolean {
    return this.#control(EPOLL_CTL_MOD, fd, events, tag);
  }

  /** Closing a descriptor does it too. */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** How many descriptors are ready, at most 256; 0 after `timeoutMs` (whole; 0 does not wait). */
  wait(timeoutMs: number): number {
    const address = this.#memory.address + this.#events;
    return Math.max(0, this.#kernel.epollWait(this.#fd, address, MAX_EVENTS, timeoutMs));
  }

  /** Of the i-th that is ready. */
  tagOf(i: number): number {
    return this.#memory.i32[(this.#events + i * EPOLL_EVENT_BYTES + EPOLL_EVENT_DATA) >> 2] ?? 0;
  }

  eventsOf(i: number): number {
    return this.#memory.i32[(this.#events + i * EPOLL_EVENT_BYTES) >> 2] ?? 0;
  }

  /** Stops the whole thread for so long. */
  pause(micros: number): void {
    this.#memory.setSize(this.#pause, 0);
    this.#memory.setSize(this.#pause + 8, micros * NANOS_PER_MICRO);
    this.#kernel.nanosleep(this.#memory.address + this.#pause, 0);
  }

  close(): void {
    this.#kernel.close(this.#fd);
  }

  #control(operation: number, fd: number, events: number, tag: number): boolean {
    const { i32, address } = this.#memory;
    i32[this.#event >> 2] = events;
    i32[(this.#event + EPOLL_EVENT_DATA) >> 2] = tag;
    return this.#kernel.epollCtl(this.#fd, operation, fd, address + this.#event) === 0;
  }
}

/** A bell between threads: whoever polls it wakes up. Descriptors belong to the process, so any thread may ring. */
export class Bell {
  readonly fd: number;
  readonly #kernel: Kernel;
  readonly #memory: KernelMemory;

  /** `fd`: of a bell made by another thread. Throws when the system has no descriptors left. */
  constructor(kernel: Kernel, fd?: number) {
    this.#kernel = kernel;
    this.#memory = new KernelMemory(kernel, 16);
    this.#memory.i32[0] = 1;
    this.fd = fd ?? kernel.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.fd < 0) throw systemError(kernel.errno());
  }

  ring(): void {
    this.#kernel.write(this.fd, this.#memory.address, 8);
  }

  /** So that it does not wake again for the same ring. */
  silence(): void {
    this.#kernel.read(this.fd, this.#memory.address + 8, 8);
  }

  close(): void {
    this.#kernel.close(this.fd);
  }
}
