/** DTLS that comes before it is known whose fingerprint to expect: kept, so that a ClientHello need not be repeated. */

/** As much as one flight with a long chain. */
const MAX_DATAGRAMS = 16;
const MAX_BYTES = 2 ** 15;

export class EarlyDatagrams {
  #datagrams: Uint8Array[] = [];
  #bytes = 0;

  /** Copies, if there is room. */
  keep(bytes: Uint8Array): void {
    if (this.#datagrams.length >= MAX_DATAGRAMS || this.#bytes + bytes.length > MAX_BYTES) return;
    this.#datagrams.push(bytes.slice());
    this.#bytes += bytes.length;
  }

  /** Everything, in the order of arrival; given away. */
  takeAll(): readonly Uint8Array[] {
    const datagrams = this.#datagrams;
    this.#datagrams = [];
    this.#bytes = 0;
    return datagrams;
  }
}
