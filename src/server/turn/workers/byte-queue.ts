/** Bytes that wait for one TCP client, where the kernel can read them. Grows as needed; what bounds it is for others to say. */
import { type Kernel, KernelMemory } from '../../../node/index.ts';

/** As much as a burst of a video picture leaves behind. */
const FIRST_BYTES = 16_384;

export class ByteQueue {
  readonly #kernel: Kernel;
  #memory: KernelMemory | undefined;
  #start = 0;
  #end = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Of the oldest byte; the others follow it. Good until the next `push`. */
  get address(): number {
    return (this.#memory?.address ?? 0) + this.#start;
  }

  /** Copies. */
  push(bytes: Uint8Array): void {
    const { u8 } = this.#roomFor(bytes.length);
    u8.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The oldest so many have left. */
  take(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    this.#memory = undefined;
  }

  /** A copy of all. */
  bytes(): Uint8Array {
    return this.#memory?.u8.slice(this.#start, this.#end) ?? new Uint8Array(0);
  }

  #roomFor(more: number): KernelMemory {
    const { length } = this;
    const old = this.#memory;
    if (old && this.#end + more <= old.u8.length) return old;
    let memory = old;
    if (!memory || length + more > memory.u8.length / 2) {
      memory = new KernelMemory(this.#kernel, Math.max(FIRST_BYTES, 2 * (length + more)));
    }
    if (old) memory.u8.set(old.u8.subarray(this.#start, this.#end));
    this.#memory = memory;
    this.#start = 0;
    this.#end = length;
    return memory;
  }
}
