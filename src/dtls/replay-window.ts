/** The sliding window that tells whether a record was seen before. Knows nothing of keys. RFC 6347 §4.1.2.6. */

/** RFC 6347 §4.1.2.6: 64 is preferred; a power of two of 32-bit words lets a long reordering path through. */
const WORDS = 8;
const WINDOW_RECORDS = WORDS * 32;

export class ReplayWindow {
  /** A ring of bits by sequence number. */
  readonly #seen = new Uint32Array(WORDS);
  #highest = -1;

  /** Whether a record is neither a repetition nor too old to tell. Changes nothing: it may yet be a forgery. */
  accepts(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    if (sequence <= this.#highest - WINDOW_RECORDS) return false;
    const bit = sequence % WINDOW_RECORDS;
    return ((this.#seen[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0;
  }

  /** The record with this number was authentic. */
  mark(sequence: number): void {
    if (sequence > this.#highest) {
      this.#forget(this.#highest + 1, sequence);
      this.#highest = sequence;
    }
    const bit = sequence % WINDOW_RECORDS;
    const word = bit >>> 5;
    this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (bit & 31));
  }

  /** The places of these numbers held older ones. */
  #forget(from: number, to: number): void {
    if (to - from >= WINDOW_RECORDS) {
      this.#seen.fill(0);
      return;
    }
    for (let sequence = from; sequence <= to; sequence++) {
      const bit = sequence % WINDOW_RECORDS;
      const word = bit >>> 5;
      this.#seen[word] = (this.#seen[word] ?? 0) & ~(1 << (bit & 31));
    }
  }
}
