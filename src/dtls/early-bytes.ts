/**
 * What came before it could be used: a ClientHello before we were ready or knew whose fingerprint to expect, records that
 * overtook their keys. Bounded.
 */

/** As much as one flight with a long chain; who sends more before it is its turn will have to repeat it. */
const MAX_PIECES = 16;
const MAX_BYTES = 2 ** 15;

export class EarlyBytes {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Copies, if there is room. */
  keep(bytes: Uint8Array): void {
    if (this.#pieces.length >= MAX_PIECES || this.#bytes + bytes.length > MAX_BYTES) return;
    this.#pieces.push(bytes.slice());
    this.#bytes += bytes.length;
  }

  /** Everything, in the order of arrival; given away. */
  takeAll(): readonly Uint8Array[] {
    const pieces = this.#pieces;
    this.clear();
    return pieces;
  }

  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}
