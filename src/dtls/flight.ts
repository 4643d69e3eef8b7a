/** The flight that was sent last: when to send it again. Packs and seals nothing. RFC 6347 §4.2.4, §4.2.4.1. */
import { type Millis, NEVER } from '../base/index.ts';
import type { FlightItem } from './handshake.ts';

/** RFC 6347 §4.2.4.1. */
const LONGEST_WAIT_MS = 60_000;

/** RFC 6347 §4.1.1.1: when this many transmissions brought no answer, the datagrams may have been too long. */
const PATIENCE_WITH_SIZE = 3;

/** What IPv4 must carry, 576 bytes, less its header and UDP's. */
const SAFE_DATAGRAM_BYTES = 548;

/** Below this our own timer is quick enough. Half of the first wait that RFC 6347 §4.2.4.1 suggests. */
const PAUSE_WITH_TIMER_MS = 500;

export class Flight {
  readonly #firstWaitMs: Millis;
  #items: readonly FlightItem[] = [];
  #waitMs: Millis;
  #sentAt: Millis = 0;
  #transmissions = 0;
  #dueAt: Millis = NEVER;

  constructor(firstWaitMs: Millis) {
    this.#firstWaitMs = firstWaitMs;
    this.#waitMs = firstWaitMs;
  }

  get items(): readonly FlightItem[] {
    return this.#items;
  }

  /** The first transmission is made now. */
  begin(now: Millis, items: readonly FlightItem[], awaitsAnswer: boolean): void {
    // RFC 6347 §4.2.4.1: back to the first value only after a transmission without loss.
    if (this.#transmissions <= 1) this.#waitMs = this.#firstWaitMs;
    this.#items = items;
    this.#sentAt = now;
    this.#transmissions = 1;
    this.#dueAt = awaitsAnswer ? now + this.#waitMs : NEVER;
  }

  /** Nothing is to be repeated any more. */
  end(): void {
    this.#items = [];
    this.#dueAt = NEVER;
  }

  /** The answer is there, but may not be looked at yet. */
  suspend(): void {
    this.#dueAt = NEVER;
  }

  nextTimeout(): Millis {
    return this.#dueAt;
  }

  /** Whether it is to be sent again now because no answer came. */
  takeDue(now: Millis): boolean {
    if (now < this.#dueAt) return false;
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
    this.#sentAt = now;
    this.#transmissions += 1;
    this.#dueAt = now + this.#waitMs;
    return true;
  }

  /**
   * The other side has repeated itself: whether ours is to be sent again now. RFC 6347 §4.2.4, "Read retransmit". Not so
   * soon after the last time: one repetition is several messages, and on a path slower than the first wait both sides
   * repeat what is still under way.
   */
  takeRepeat(now: Millis): boolean {
    const pauseMs = this.#dueAt === NEVER ? this.#firstWaitMs / 2 : PAUSE_WITH_TIMER_MS;
    if (this.#items.length === 0 || now - this.#sentAt < pauseMs) return false;
    this.#sentAt = now;
    this.#transmissions += 1;
    if (this.#dueAt !== NEVER) this.#dueAt = now + this.#waitMs;
    return true;
  }

  /** How long datagrams may be this time. */
  datagramBytes(mostBytes: number): number {
    return this.#transmissions > PATIENCE_WITH_SIZE ? Math.min(mostBytes, SAFE_DATAGRAM_BYTES) : mostBytes;
  }
}
