/**
 * How much may be on the way at a time: slow start, then CUBIC's curve, which climbs back to where it was with time and not
 * with round trips, and is never slower than RFC 9260's own. Counts bytes. RFC 9260 §7.2, RFC 9438.
 */
import type { Millis } from '../base/index.ts';

/** RFC 6928: ten packets to begin with, as TCP and QUIC have. RFC 9260 §7.2.1 has about three. */
const INITIAL_PACKETS = 10;
/** Below that many packets a window cannot trigger a fast retransmit. RFC 9260 §7.2.3. */
const MIN_PACKETS = 4;
/**
 * After silence. RFC 9260 §7.2.3 says one; where three packets of ten are lost one alone is not answered every second time.
 * RFC 9002 §7.2: two.
 */
const COLLAPSED_PACKETS = 2;
/**
 * Packets by which one SACK may open the window in slow start. RFC 9260 §7.2.1 lets it count two; a receiver that handles
 * what has arrived together acknowledges it together, and RFC 9406 §4.2 allows eight to who does not pace.
 */
const SLOW_START_PACKETS = 8;
/** RFC 9438 §4.6: what is left of the window after a loss. */
const BETA = 0.7;
/** RFC 9438 §4.1: how steep the curve is, in packets per second cubed. */
const STEEPNESS = 0.4;
/** RFC 9438 §4.3: packets per round trip that keep up with AIMD of a half. */
const RENO_GROWTH = (3 * (1 - BETA)) / (1 + BETA);
/** RFC 9438 §4.2: of the window, per round trip. */
const MOST_GROWTH = 1.5;

export class CongestionWindow {
  /** The most data that a packet carries on every path, and on this one. */
  readonly #basePacketBytes: number;
  #packetBytes: number;
  readonly #maxBytes: number;
  #windowBytes: number;
  #thresholdBytes: number;
  /** RFC 9438 §4.1.2, W_max: where the last loss was. */
  #plateauBytes = 0;
  /** Since when the curve is climbed; `undefined` before the first acknowledgement after a loss. */
  #epochAt: Millis | undefined;
  /** K: until the plateau is reached. */
  #climbSeconds = 0;
  /** W_est: what RFC 9260 §7.2.2 would have. */
  #renoBytes = 0;
  #lastAckAt: Millis = 0;
  /** Before the last loss. */
  #before:
    | { readonly windowBytes: number; readonly thresholdBytes: number; readonly plateauBytes: number }
    | undefined;

  /** `packetBytes`: the most data that one packet carries. `maxBytes` keeps one association from filling every queue on the way. */
  constructor(packetBytes: number, maxBytes: number) {
    this.#basePacketBytes = packetBytes;
    this.#packetBytes = packetBytes;
    this.#maxBytes = maxBytes;
    this.#windowBytes = Math.min(maxBytes, INITIAL_PACKETS * packetBytes);
    this.#thresholdBytes = maxBytes;
  }

  get bytes(): number {
    return this.#windowBytes;
  }

  /** Packets have become larger or smaller; the window has not. RFC 8899 §3. */
  usePacketBytes(packetBytes: number): void {
    this.#packetBytes = packetBytes;
  }

  /** Nothing is known of this path. */
  restart(): void {
    this.#windowBytes = Math.min(this.#maxBytes, INITIAL_PACKETS * this.#basePacketBytes);
    this.#thresholdBytes = this.#maxBytes;
    this.#plateauBytes = 0;
    this.#epochAt = undefined;
    this.#before = undefined;
  }

  /** Nothing was sent for so long: who says nothing loses half of it each timeout. RFC 9260 §7.2.1, RFC 2861 §2. */
  rest(idleMs: Millis, timeoutMs: Millis): void {
    const least = Math.min(this.#windowBytes, INITIAL_PACKETS * this.#basePacketBytes);
    const halvings = Math.min(32, Math.floor(idleMs / timeoutMs));
    if (halvings < 1) return;
    // What was once carried is the way back: slow start up to three quarters of it.
    this.#thresholdBytes = Math.max(this.#thresholdBytes, 0.75 * this.#windowBytes);
    this.#windowBytes = Math.max(least, this.#windowBytes / 2 ** halvings);
    this.#epochAt = undefined;
  }

  /**
   * `wasFull`: as much as allowed was on the way when the acknowledged data left; who sends less learns nothing of the path.
   */
  acknowledge(now: Millis, ackedBytes: number, roundTripMs: Millis, wasFull: boolean): void {
    const pausedMs = now - this.#lastAckAt;
    this.#lastAckAt = now;
    if (!wasFull) {
      if (this.#epochAt !== undefined) this.#epochAt += pausedMs; // RFC 9438 §5.8
    } else if (this.#windowBytes < this.#thresholdBytes) {
      this.#grow(Math.min(ackedBytes, SLOW_START_PACKETS * this.#packetBytes));
    } else this.#climb(now, ackedBytes, roundTripMs);
  }

  /** A loss that was noticed by acknowledgements. `undoable`: `undo` comes back to here. RFC 9438 §4.6, §4.7. */
  reduce(undoable: boolean): void {
    this.#remember(undoable);
    this.#windowBytes = this.#thresholdBytes;
  }

  /** A loss that was noticed by silence. RFC 9438 §4.8. */
  collapse(undoable: boolean): void {
    // Silence after silence is one loss.
    if (this.#windowBytes > COLLAPSED_PACKETS * this.#basePacketBytes) this.#remember(undoable);
    this.#windowBytes = COLLAPSED_PACKETS * this.#basePacketBytes;
  }

  /** The last loss was none. RFC 9438 §4.9. */
  undo(): void {
    if (!this.#before) return;
    this.#windowBytes = Math.max(this.#windowBytes, this.#before.windowBytes);
    this.#thresholdBytes = this.#before.thresholdBytes;
    this.#plateauBytes = this.#before.plateauBytes;
    this.#epochAt = undefined;
    this.#before = undefined;
  }

  #remember(undoable: boolean): void {
    if (undoable) {
      this.#before = {
        windowBytes: this.#windowBytes,
        thresholdBytes: this.#thresholdBytes,
        plateauBytes: this.#plateauBytes,
      };
    }
    const isLower = this.#windowBytes < this.#plateauBytes;
    // RFC 9438 §4.7: who lost sooner than last time leaves room to others.
    this.#plateauBytes = isLower ? (this.#windowBytes * (1 + BETA)) / 2 : this.#windowBytes;
    this.#thresholdBytes = Math.max(this.#windowBytes * BETA, MIN_PACKETS * this.#basePacketBytes);
    this.#epochAt = undefined;
  }

  /** RFC 9438 §4.2 … §4.5. */
  #climb(now: Millis, ackedBytes: number, roundTripMs: Millis): void {
    if (this.#epochAt === undefined) this.#beginEpoch(now);
    const seconds = (now - (this.#epochAt ?? now) + roundTripMs) / 1000;
    const curve = this.#plateauBytes + STEEPNESS * this.#packetBytes * (seconds - this.#climbSeconds) ** 3;
    const growth = this.#renoBytes < this.#plateauBytes ? RENO_GROWTH : 1;
    this.#renoBytes += (growth * this.#packetBytes * ackedBytes) / this.#windowBytes;
    const target = Math.min(curve, MOST_GROWTH * this.#windowBytes);
    const share = Math.min(1, ackedBytes / this.#windowBytes);
    const climbed = this.#windowBytes + Math.max(0, target - this.#windowBytes) * share;
    this.#windowBytes = Math.min(this.#maxBytes, Math.max(climbed, this.#renoBytes));
  }

  #beginEpoch(now: Millis): void {
    this.#epochAt = now;
    this.#renoBytes = this.#windowBytes;
    this.#plateauBytes = Math.max(this.#plateauBytes, this.#windowBytes);
    const packets = (this.#plateauBytes - this.#windowBytes) / this.#packetBytes;
    this.#climbSeconds = Math.cbrt(packets / STEEPNESS);
  }

  #grow(bytes: number): void {
    this.#windowBytes = Math.min(this.#maxBytes, this.#windowBytes + bytes);
  }
}
