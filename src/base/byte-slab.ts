/**
 * Cuts small buffers out of large ones: a `new Uint8Array` per packet costs more than writing the packet does, most of it for
 * an ArrayBuffer of its own. Never takes anything back: a large buffer goes when the last view of it has gone.
 */

/** What sits idle keeps one buffer: small ones for who says little, large ones for who has much to say. */
const FIRST_BYTES = 2 ** 9;
/** Some hundred packets of a call, and few enough to lose when one of them is kept for long. */
const LAST_BYTES = 2 ** 17;
/** Buffers of one size before they become twice as large: setting a connection up needs two or three, and then perhaps nothing. */
const BUFFERS_PER_SIZE = 4;
const NOTHING = new Uint8Array(0);
const NOTHING_TO_SEE = new DataView(NOTHING.buffer);

export class ByteSlab {
  #bytes = NOTHING;
  #view = NOTHING_TO_SEE;
  #used = 0;
  #reserved = 0;
  #nextBytes = FIRST_BYTES;
  #ofThisSize = 0;

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
    this.#reserved = length;
    return this.#used;
  }

  /**
   * The first `length` of the reserved bytes are given away; nothing is written to them any more. A buffer that has no room for
   * as many again is let go of: it would only be kept until the next.
   */
  take(length: number): void {
    this.#used += length;
    if (this.#used + this.#reserved > this.#bytes.length) this.#letGo();
  }

  /** Lets go of the buffer: nothing will be written soon. */
  rest(): void {
    this.#letGo();
    this.#nextBytes = FIRST_BYTES;
    this.#ofThisSize = 0;
  }

  #letGo(): void {
    this.#bytes = NOTHING;
    this.#view = NOTHING_TO_SEE;
    this.#used = 0;
  }

  #renew(length: number): void {
    // One that asks for more than is usual gets just that: it may be the only one.
    this.#bytes = new Uint8Array(Math.max(this.#nextBytes, length));
    this.#view = new DataView(this.#bytes.buffer);
    this.#used = 0;
    this.#ofThisSize += 1;
    if (this.#ofThisSize < BUFFERS_PER_SIZE) return;
    this.#ofThisSize = 0;
    this.#nextBytes = Math.min(LAST_BYTES, this.#nextBytes * 2);
  }
}
