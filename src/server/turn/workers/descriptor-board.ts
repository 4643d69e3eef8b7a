/**
 * Which descriptors a worker has open by itself, where the main thread sees them: a thread that is ended, or runs out of
 * memory, closes nothing, and its relays would hold their ports for as long as the process lives. docs/adr/0008.
 */

/** Linux gives no process more unless it was told to (fs.nr_open). One bit each. */
const DESCRIPTORS = 2 ** 20;
const BITS = 32;

export class DescriptorBoard {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  static buffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(DESCRIPTORS / 8);
  }

  /** It has been opened. */
  add(fd: number): void {
    if (fd >= 0 && fd < DESCRIPTORS) Atomics.or(this.#words, fd >> 5, 1 << (fd & 31));
  }

  /** It is about to be closed: before, since the number may be somebody else's at once. */
  remove(fd: number): void {
    if (fd >= 0 && fd < DESCRIPTORS) Atomics.and(this.#words, fd >> 5, ~(1 << (fd & 31)));
  }

  /** What is left, for whoever closes it; the board is empty then. Only once the thread has ended. */
  takeAll(): readonly number[] {
    const left: number[] = [];
    for (const [word, bits] of this.#words.entries()) {
      if (bits === 0) continue;
      for (let bit = 0; bit < BITS; bit++) if ((bits & (1 << bit)) !== 0) left.push(word * BITS + bit);
    }
    this.#words.fill(0);
    return left;
  }
}
