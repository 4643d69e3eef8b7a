/** How much may be on the way at a time: slow start, congestion avoidance, recovery. Counts bytes. RFC 9260 §7.2. */

/** Below that many packets a window cannot trigger a fast retransmit. RFC 9260 §7.2.3. */
const MIN_PACKETS = 4;
/** RFC 9260 §7.2.1: min(4 × PMDCS, max(2 × PMDCS, 4404)). */
const INITIAL_BYTES = 4404;
/**
 * Packets by which one SACK may open the window in slow start. RFC 9260 §7.2.1 lets it count two; a receiver that handles
 * what has arrived together acknowledges it together, and RFC 9406 §4.2 allows eight to who does not pace.
 */
const SLOW_START_PACKETS = 8;

export class CongestionWindow {
  /** The most data that a packet carries on every path, and on this one. */
  readonly #basePacketBytes: number;
  #packetBytes: number;
  readonly #maxBytes: number;
  #windowBytes: number;
  #thresholdBytes: number;
  #partialBytesAcked = 0;

  /** `packetBytes`: the most data that one packet carries. `maxBytes` keeps one association from filling every queue on the way. */
  constructor(packetBytes: number, maxBytes: number) {
    this.#basePacketBytes = packetBytes;
    this.#packetBytes = packetBytes;
    this.#maxBytes = maxBytes;
    this.#windowBytes = this.#initialBytes;
    this.#thresholdBytes = maxBytes;
  }

  get bytes(): number {
    return this.#windowBytes;
  }

  get slowStartThresholdBytes(): number {
    return this.#thresholdBytes;
  }

  /** Packets have become larger or smaller; the window has not. RFC 8899 §3. */
  usePacketBytes(packetBytes: number): void {
    this.#packetBytes = packetBytes;
  }

  /** Nothing is known of this path. */
  restart(): void {
    this.#windowBytes = Math.min(this.#windowBytes, this.#initialBytes);
    this.#thresholdBytes = this.#maxBytes;
    this.#partialBytesAcked = 0;
  }

  /** RFC 9260 §7.2.1, §7.2.2. `wasFull`: as much as allowed was on the way when the acknowledged data left. */
  acknowledge(ackedBytes: number, wasFull: boolean, inRecovery: boolean): void {
    if (inRecovery) return;
    if (this.#windowBytes <= this.#thresholdBytes) {
      if (wasFull) this.#grow(Math.min(ackedBytes, SLOW_START_PACKETS * this.#packetBytes));
      return;
    }
    this.#partialBytesAcked += ackedBytes;
    if (this.#partialBytesAcked < this.#windowBytes || !wasFull) return;
    this.#partialBytesAcked -= this.#windowBytes;
    this.#grow(this.#packetBytes);
  }

  /** §7.2.3: a loss that was noticed by acknowledgements. */
  reduce(): void {
    this.#thresholdBytes = Math.max(this.#windowBytes / 2, MIN_PACKETS * this.#basePacketBytes);
    this.#windowBytes = this.#thresholdBytes;
    this.#partialBytesAcked = 0;
  }

  /** §7.2.3: a loss that was noticed by silence. */
  collapse(): void {
    this.#thresholdBytes = Math.max(this.#windowBytes / 2, MIN_PACKETS * this.#basePacketBytes);
    this.#windowBytes = this.#basePacketBytes;
    this.#partialBytesAcked = 0;
  }

  /** Everything is acknowledged. §7.2.2. */
  rest(): void {
    this.#partialBytesAcked = 0;
  }

  get #initialBytes(): number {
    return Math.min(4 * this.#basePacketBytes, Math.max(2 * this.#basePacketBytes, INITIAL_BYTES));
  }

  #grow(bytes: number): void {
    this.#windowBytes = Math.min(this.#maxBytes, this.#windowBytes + bytes);
  }
}
