/**
 * Cuts small buffers out of large ones: a `new Uint8Array` per packet costs more than writing the packet does, most of it for
 * an ArrayBuffer of its own. Never takes anything back: a large buffer goes when the last view of it has gone.
 */

/** What sits idle keeps one buffer: small ones for who says little, large ones for who has much to say. */
const FIRST_BYTES = 2 ** 12;
/** Some hundred packets of a call, and few enough to lose when one of them is kept for long. */
const LAST_BYTES = 2 ** 17;
/** A buffer of many large packets wastes little at its end. */
const REQUESTS_PER_BUFFER = 4;

export class ByteSlab {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #nextBytes = FIRST_BYTES;

  /** What is written to: the buffer of the last `reserve`. Behind the reserved place it is not to be touched. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Where the next `length` bytes may be written; they hold anything. Reserved until `take`, or the next `reserve`. */
  reserve(length: number): number {
    if (this.#used + length > this.#bytes.length) this.#renew(length);
    return this.#used;
  }

  /** The first `length` of the reserved bytes are given away; nothing is written to them any more. */
  take(length: number): void {
    this.#used += length;
  }

  /** Lets go of the buffer: nothing will be written soon. */
  rest(): void {
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
    this.#used = 0;
    this.#nextBytes = FIRST_BYTES;
  }

  #renew(length: number): void {
    const bytes = Math.max(this.#nextBytes, length * REQUESTS_PER_BUFFER);
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#used = 0;
    this.#nextBytes = Math.min(LAST_BYTES, this.#nextBytes * 2);
  }
}
