/** How long to wait before sending again: the smoothed round trip and its variance. RFC 9260 §6.3.1. */
import type { Millis } from '../base/index.ts';

export interface RtoOptions {
  readonly initialMs: Millis;
  readonly minMs: Millis;
  readonly maxMs: Millis;
}

/** RFC 9260 §6.3.1: RTO.Alpha 1/8, RTO.Beta 1/4. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
/** RFC 9260 §6.3.1, G: a clock that ticks in milliseconds. */
const GRANULARITY_MS = 1;

export class RetransmissionTimeout {
  readonly #options: RtoOptions;
  #smoothedMs: Millis | undefined;
  #varianceMs: Millis = 0;
  #timeoutMs: Millis;

  constructor(options: RtoOptions) {
    this.#options = options;
    this.#timeoutMs = options.initialMs;
  }

  get ms(): Millis {
    return this.#timeoutMs;
  }

  /** SRTT; `undefined` before the first measurement. */
  get smoothedMs(): Millis | undefined {
    return this.#smoothedMs;
  }

  /** C2, C3. Never of a packet that was sent twice (Karn). */
  measure(roundTripMs: Millis): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#varianceMs = roundTripMs / 2;
    } else {
      this.#varianceMs = (1 - BETA) * this.#varianceMs + BETA * Math.abs(this.#smoothedMs - roundTripMs);
      this.#smoothedMs = (1 - ALPHA) * this.#smoothedMs + ALPHA * roundTripMs;
    }
    this.#set(this.#measuredMs(this.#smoothedMs));
  }

  /** E2: the timer has fired. */
  backOff(): void {
    this.#set(this.#timeoutMs * 2);
  }

  /** Something got through: what was measured holds again, as RFC 9002 §6.2.1 has it; Karn's rule keeps it from being measured. */
  relax(): void {
    if (this.#smoothedMs !== undefined) this.#set(this.#measuredMs(this.#smoothedMs));
  }

  /** Another path: nothing is measured, and nothing was in vain. */
  restart(): void {
    this.#smoothedMs = undefined;
    this.#timeoutMs = this.#options.initialMs;
  }

  #measuredMs(smoothedMs: Millis): Millis {
    return smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#varianceMs);
  }

  /** C6, C7. */
  #set(ms: Millis): void {
    this.#timeoutMs = Math.min(this.#options.maxMs, Math.max(this.#options.minMs, ms));
  }
}
