/** How much may be on the way at a time: slow start, congestion avoidance, recovery. Counts bytes. RFC 9260 §7.2. */

/** Below that many packets a window cannot trigger a fast retransmit. RFC 9260 §7.2.3. */
const MIN_PACKETS = 4;
/** RFC 9260 §7.2.1: min(4 × PMDCS, max(2 × PMDCS, 4404)). */
const INITIAL_BYTES = 4404;

export class CongestionWindow {
  readonly #packetBytes: number;
  readonly #maxBytes: number;
  #windowBytes: number;
  #thresholdBytes: number;
  #partialBytesAcked = 0;

  /** `packetBytes`: the most data that one packet carries. `maxBytes` keeps one association from filling every queue on the way. */
  constructor(packetBytes: number, maxBytes: number) {
    this.#packetBytes = packetBytes;
    this.#maxBytes = maxBytes;
    this.#windowBytes = Math.min(4 * packetBytes, Math.max(2 * packetBytes, INITIAL_BYTES));
    this.#thresholdBytes = maxBytes;
  }

  get bytes(): number {
    return this.#windowBytes;
  }

  get slowStartThresholdBytes(): number {
    return this.#thresholdBytes;
  }

  /** RFC 9260 §7.2.1, §7.2.2. `wasFull`: as much as allowed was on the way when the acknowledged data left. */
  acknowledge(ackedBytes: number, wasFull: boolean, inRecovery: boolean): void {
    if (inRecovery) return;
    if (this.#windowBytes <= this.#thresholdBytes) {
      // §7.2.1: by no more than the acknowledged bytes; Appropriate Byte Counting with L = 2 (RFC 3465) would
      // count packets, and delayed acknowledgements cover two.
      if (wasFull) this.#grow(Math.min(ackedBytes, 2 * this.#packetBytes));
      return;
    }
    this.#partialBytesAcked += ackedBytes;
    if (this.#partialBytesAcked >= this.#windowBytes && wasFull) {
      this.#partialBytesAcked -= this.#windowBytes;
      this.#grow(this.#packetBytes);
    }
  }

  /** §7.2.3: a loss that was noticed by acknowledgements. */
  reduce(): void {
    this.#thresholdBytes = Math.max(this.#windowBytes / 2, MIN_PACKETS * this.#packetBytes);
    this.#windowBytes = this.#thresholdBytes;
    this.#partialBytesAcked = 0;
  }

  /** §7.2.3: a loss that was noticed by silence. */
  collapse(): void {
    this.#thresholdBytes = Math.max(this.#windowBytes / 2, MIN_PACKETS * this.#packetBytes);
    this.#windowBytes = this.#packetBytes;
    this.#partialBytesAcked = 0;
  }

  /** Everything is acknowledged. §7.2.2. */
  rest(): void {
    this.#partialBytesAcked = 0;
  }

  #grow(bytes: number): void {
    this.#windowBytes = Math.min(this.#maxBytes, this.#windowBytes + bytes);
  }
}
