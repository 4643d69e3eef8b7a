/** What a TCP connection has sent and nobody has acknowledged yet, and when it is to be repeated. RFC 6298, RFC 5681 §3.2. */
import type { Millis } from '../base/index.ts';
import type { TcpFlags } from './packet.ts';

interface Sent {
  readonly sequence: number;
  /** Of sequence space: SYN and FIN count one each. */
  readonly length: number;
  readonly payload: Uint8Array;
  readonly flags: TcpFlags;
  readonly sentAt: Millis;
  sends: number;
}

/** RFC 6298 §2.1. */
const FIRST_TIMEOUT_MS = 1000;
/** RFC 6298 §2.4 says a second; systems take 200 ms. */
const MIN_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 60_000;
/** RFC 5681 §3.2: the third duplicate acknowledgement says that something is missing. */
const DUPLICATES_THAT_TELL = 3;

export class TcpOutbox {
  readonly #sent: Sent[] = [];
  #nextSequence: number;
  #acknowledged: number;
  #timeoutMs: Millis = FIRST_TIMEOUT_MS;
  #smoothedMs: Millis | undefined;
  #variationMs: Millis = 0;
  #duplicates = 0;
  /** When the clock for the oldest began to run. */
  #clockFrom: Millis = 0;
  /** Everything before it was under way when something turned out to be lost. RFC 6582 §3.2. */
  #recoverTo = 0;

  constructor(firstSequence: number) {
    this.#nextSequence = firstSequence;
    this.#acknowledged = firstSequence;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Segments. */
  get unacknowledged(): number {
    return this.#sent.length;
  }

  get bytesInFlight(): number {
    return this.#nextSequence - this.#acknowledged;
  }

  /** When the oldest is to be repeated; `undefined` when there is none. */
  get repeatAt(): Millis | undefined {
    return this.#sent.length > 0 ? this.#clockFrom + this.#timeoutMs : undefined;
  }

  /** Keeps `payload`. Returns its sequence number. */
  add(now: Millis, payload: Uint8Array, flags: TcpFlags): number {
    const sequence = this.#nextSequence;
    const length = payload.length + (flags.syn ? 1 : 0) + (flags.fin ? 1 : 0);
    if (this.#sent.length === 0) this.#clockFrom = now;
    this.#sent.push({ sequence, length, payload, flags, sentAt: now, sends: 1 });
    this.#nextSequence += length;
    return sequence;
  }

  /** `bare`: the segment had nothing else. True when it is time to repeat the oldest without waiting. */
  acknowledge(now: Millis, acknowledged: number, bare: boolean): boolean {
    if (acknowledged > this.#nextSequence) return false;
    if (acknowledged <= this.#acknowledged) {
      if (!bare || this.#recovering || this.#sent.length === 0) return false;
      this.#duplicates += 1;
      return this.#duplicates === DUPLICATES_THAT_TELL;
    }
    this.#duplicates = 0;
    this.#acknowledged = acknowledged;
    for (let oldest = this.#sent[0]; oldest; oldest = this.#sent[0]) {
      if (oldest.sequence + oldest.length > acknowledged) break;
      this.#sent.shift();
      // RFC 6298 §3, Karn: what was repeated tells nothing.
      if (oldest.sends === 1) this.#measure(now - oldest.sentAt);
    }
    this.#clockFrom = now; // RFC 6298 §5.3
    // RFC 6582 §3.2: what came is not all that was under way, so the next of it is lost too.
    return this.#sent.length > 0 && this.#recovering;
  }

  /** The oldest, counted as sent once more. After a silence the timeout doubles. RFC 6298 §5.5. */
  repeatOldest(now: Millis, afterSilence: boolean): Readonly<Sent> | undefined {
    const oldest = this.#sent[0];
    if (!oldest) return undefined;
    oldest.sends += 1;
    this.#clockFrom = now;
    this.#duplicates = 0;
    if (afterSilence || !this.#recovering) this.#recoverTo = this.#nextSequence;
    if (afterSilence) this.#timeoutMs = Math.min(this.#timeoutMs * 2, MAX_TIMEOUT_MS);
    return oldest;
  }

  get #recovering(): boolean {
    return this.#acknowledged < this.#recoverTo;
  }

  /** RFC 6298 §2.2, §2.3. */
  #measure(tookMs: Millis): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = tookMs;
      this.#variationMs = tookMs / 2;
    } else {
      this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - tookMs);
      this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * tookMs;
    }
    const timeoutMs = this.#smoothedMs + 4 * this.#variationMs;
    this.#timeoutMs = Math.max(MIN_TIMEOUT_MS, Math.min(timeoutMs, MAX_TIMEOUT_MS));
  }
}
