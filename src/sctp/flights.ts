/**
 * The fragments that have left and are not acknowledged for good, by TSN: what a SACK says about them, which are lost,
 * which are given up. Sends nothing. RFC 9260 §6.2.1, RFC 3758 §3.5; losses by time: RFC 8985 §6.2.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import type { SkippedMessage } from './forward-tsn-chunk.ts';
import { Flight, type OutgoingMessage, type Place } from './outgoing-message.ts';
import type { Sack } from './sack-chunk.ts';

export interface SackOutcome {
  /** The cumulative TSN has moved. */
  readonly advanced: boolean;
  /** Heard of for the first time. */
  readonly ackedBytes: number;
  /** Of the newest fragment that was sent once and is acknowledged with this SACK. */
  readonly roundTripMs: Millis | undefined;
  /** A fragment was acknowledged although a later one had been before, and it was sent once. RFC 8985 §6.2 step 3. */
  readonly reordered: boolean;
}

/** Who is idle keeps that many for good. */
const FIRST_RING = 2;
/** Sums of fractions of milliseconds are not exact. */
const CLOCK_ERROR_MS = 0.01;
/** A gap block reaches 65,535 TSNs (RFC 9260 §3.3.4); a receiver keeps no more. */
export const MAX_FLIGHTS = 2 ** 15;

export class Flights {
  /** By the low bits of the TSN: `#cumulative + 1` … `#nextTsn − 1`. */
  #ring: Flight[] = Array.from({ length: FIRST_RING }, () => new Flight());
  #mask = FIRST_RING - 1;
  /** The peer has everything up to here. */
  #cumulative: number;
  #nextTsn: number;
  /** On the way: neither acknowledged nor lost nor given up. */
  #bytes = 0;
  /** Acknowledged by gap blocks. */
  #gapBytes = 0;
  #lostCount = 0;
  /** No TSN before it is lost. */
  #lostFrom = 0;
  /** Of messages that may be given up. */
  #limitedCount = 0;
  /** The highest TSN that is acknowledged. */
  #highest: number;
  /** RFC 8985 §6.2 step 2: the acknowledged fragment that was sent last. */
  #newestSentAt: Millis = Number.NEGATIVE_INFINITY;
  #newestTsn = 0;
  #newestRoundTripMs: Millis = 0;
  #shortestRoundTripMs: Millis = NEVER;

  constructor(initialTsn: number) {
    this.#nextTsn = initialTsn;
    this.#cumulative = (initialTsn - 1) >>> 0;
    this.#highest = this.#cumulative;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return (this.#nextTsn - this.#cumulative - 1) >>> 0;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get hasLost(): boolean {
    return this.#lostCount > 0;
  }

  /** Acknowledged, with something before it that is not. */
  get gapBytes(): number {
    return this.#gapBytes;
  }

  /** `NEVER` before the first measurement. */
  get shortestRoundTripMs(): Millis {
    return this.#shortestRoundTripMs;
  }

  /** What was measured says nothing about another path. */
  forgetPath(): void {
    this.#shortestRoundTripMs = NEVER;
    this.#newestRoundTripMs = 0;
  }

  get cumulative(): number {
    return this.#cumulative;
  }

  get lastTsn(): number {
    return (this.#nextTsn - 1) >>> 0;
  }

  /** A fragment leaves for the first time. Gives it its TSN. Valid until the next call. */
  launch(now: Millis, message: OutgoingMessage, place: Place): Flight {
    if (this.count === this.#ring.length) this.#grow();
    const flight = this.#at(this.#nextTsn);
    flight.launch(now, this.#nextTsn, message, place);
    this.#nextTsn = (this.#nextTsn + 1) >>> 0;
    this.#bytes += place.length;
    if (place.begin) message.firstTsn = flight.tsn;
    if (message.isLimited) this.#limitedCount += 1;
    return flight;
  }

  /** The first that is to be sent again. */
  firstLost(): Flight | undefined {
    if (this.#lostCount === 0) return undefined;
    for (let tsn = this.#lostFrom; tsn !== this.#nextTsn; tsn = (tsn + 1) >>> 0) {
      const flight = this.#at(tsn);
      if (!flight.lost) continue;
      this.#lostFrom = tsn;
      return flight;
    }
    return undefined;
  }

  /** What left last and is neither acknowledged nor given up: what a loss probe repeats. RFC 8985 §7.3. */
  lastOpen(): Flight | undefined {
    for (let tsn = this.lastTsn; tsn !== this.#cumulative; tsn = (tsn - 1) >>> 0) {
      const flight = this.#at(tsn);
      if (!flight.acked && !flight.message.abandoned) return flight;
    }
    return undefined;
  }

  relaunch(now: Millis, flight: Flight): void {
    if (flight.lost) {
      flight.lost = false;
      this.#lostCount -= 1;
      this.#bytes += flight.length;
    }
    flight.sentAt = now;
    flight.sends += 1;
  }

  /** `undefined` for a SACK that is older than one before, or that acknowledges what never left. RFC 9260 §6.2.1 D. */
  handleSack(now: Millis, sack: Sack): SackOutcome | undefined {
    // Counted and not compared: half a circle ahead is neither before nor behind.
    const acknowledged = (sack.cumulativeTsn - this.#cumulative) >>> 0;
    if (acknowledged + sack.reach > this.count) return undefined;
    const reach = (sack.cumulativeTsn + sack.reach) >>> 0;

    const news = { ackedBytes: 0, sampleSentAt: Number.NEGATIVE_INFINITY, reordered: false };
    const advanced = sack.cumulativeTsn !== this.#cumulative;
    while (this.#cumulative !== sack.cumulativeTsn) {
      const flight = this.#at((this.#cumulative + 1) >>> 0);
      this.#acknowledge(now, flight, news);
      if (flight.acked) this.#gapBytes -= flight.length;
      if (flight.message.isLimited) this.#limitedCount -= 1;
      flight.forget();
      this.#cumulative = flight.tsn;
    }
    if (!serialLess(this.#cumulative, this.#lostFrom)) this.#lostFrom = (this.#cumulative + 1) >>> 0;
    if (sack.gapCount > 0 || this.#gapBytes > 0) this.#readGaps(now, sack, news);
    if (serialLess(this.#highest, reach)) this.#highest = reach;
    const { ackedBytes, sampleSentAt, reordered } = news;
    const roundTripMs = sampleSentAt === Number.NEGATIVE_INFINITY ? undefined : now - sampleSentAt;
    return { advanced, ackedBytes, roundTripMs, reordered };
  }

  /**
   * RFC 8985 §6.2 step 5: what was sent before something that has arrived, and had the round trip and `reorderingMs` to
   * arrive itself, is lost. When the next one would be; `NEVER` when none waits.
   */
  findLost(now: Millis, reorderingMs: Millis): { readonly lost: number; readonly nextAt: Millis } {
    const patienceMs = this.#newestRoundTripMs + reorderingMs;
    let lost = 0;
    let nextAt: Millis = NEVER;
    for (let tsn = (this.#cumulative + 1) >>> 0; serialLess(tsn, this.#highest); tsn = (tsn + 1) >>> 0) {
      const flight = this.#at(tsn);
      if (flight.acked || flight.lost || flight.message.abandoned || !this.#isOvertaken(flight)) continue;
      const lostAt = flight.sentAt + patienceMs;
      if (lostAt > now + CLOCK_ERROR_MS) nextAt = Math.min(nextAt, lostAt);
      else {
        this.#lose(flight);
        lost += 1;
      }
    }
    return { lost, nextAt };
  }

  /** RFC 9260 §6.3.3: everything that is on the way counts as lost. */
  loseAll(): void {
    for (let tsn = (this.#cumulative + 1) >>> 0; tsn !== this.#nextTsn; tsn = (tsn + 1) >>> 0) {
      const flight = this.#at(tsn);
      if (!flight.acked && !flight.lost && !flight.message.abandoned) this.#lose(flight);
    }
  }

  /** No fragment of it is sent again. RFC 3758 §3.5 A3. */
  abandon(message: OutgoingMessage): void {
    if (message.abandoned || !message.started) return;
    const first = serialLess(this.#cumulative, message.firstTsn) ? message.firstTsn : this.#cumulative + 1;
    let rest = message.fragments;
    for (let tsn = first >>> 0; rest > 0 && tsn !== this.#nextTsn; tsn = (tsn + 1) >>> 0) {
      const flight = this.#at(tsn);
      if (flight.message !== message) continue;
      rest -= 1;
      if (flight.acked) continue;
      if (flight.lost) {
        flight.lost = false;
        this.#lostCount -= 1;
      } else this.#bytes -= flight.length;
    }
    message.abandoned = true;
  }

  /** Messages on the way that are too old, or were sent too often, and have lost something. RFC 3758 §3.5 A1, C. */
  takeHopeless(now: Millis): Iterable<OutgoingMessage> {
    if (this.#lostCount === 0 || this.#limitedCount === 0) return [];
    const hopeless = new Set<OutgoingMessage>();
    for (let tsn = this.#lostFrom; tsn !== this.#nextTsn; tsn = (tsn + 1) >>> 0) {
      const flight = this.#at(tsn);
      if (!flight.lost) continue;
      const { message } = flight;
      if (message.expiresAt <= now || flight.sends > message.maxRetransmits) hopeless.add(message);
    }
    return hopeless;
  }

  /** RFC 3758 §3.5 C: how far the peer may be sent, and what it must no longer wait for; `undefined` when there is nothing. */
  forwardPoint(): { cumulativeTsn: number; skipped: SkippedMessage[] } | undefined {
    if (this.#limitedCount === 0) return undefined;
    let point = this.#cumulative;
    const skipped = new Map<string, SkippedMessage>();
    for (let tsn = (point + 1) >>> 0; tsn !== this.#nextTsn; tsn = (tsn + 1) >>> 0) {
      const { message } = this.#at(tsn);
      if (!message.abandoned) break;
      point = tsn;
      const { stream, unordered, messageId } = message;
      skipped.set(`${stream} ${unordered}`, { stream, unordered, messageId });
    }
    return point === this.#cumulative ? undefined : { cumulativeTsn: point, skipped: [...skipped.values()] };
  }

  #at(tsn: number): Flight {
    return this.#ring[tsn & this.#mask] as Flight;
  }

  #grow(): void {
    const old = this.#ring;
    const mask = old.length * 2 - 1;
    const ring = Array.from({ length: old.length * 2 }, () => new Flight());
    for (const flight of old) ring[flight.tsn & mask] = flight;
    this.#ring = ring;
    this.#mask = mask;
  }

  /** RFC 8985 §6.2, `RACK_sent_after`: something that left later has arrived. */
  #isOvertaken(flight: Flight): boolean {
    if (flight.sentAt !== this.#newestSentAt) return flight.sentAt < this.#newestSentAt;
    return serialLess(flight.tsn, this.#newestTsn);
  }

  #acknowledge(
    now: Millis,
    flight: Flight,
    news: { ackedBytes: number; sampleSentAt: Millis; reordered: boolean },
  ): void {
    if (flight.acked) return;
    if (flight.lost) {
      flight.lost = false;
      this.#lostCount -= 1;
    } else if (!flight.message.abandoned) this.#bytes -= flight.length;
    news.ackedBytes += flight.length;
    if (flight.sends === 1) {
      // Karn: what was sent twice does not tell which of both was acknowledged.
      news.sampleSentAt = Math.max(news.sampleSentAt, flight.sentAt);
      if (serialLess(flight.tsn, this.#highest)) news.reordered = true;
    }
    const roundTripMs = now - flight.sentAt;
    if (flight.sends === 1) this.#shortestRoundTripMs = Math.min(this.#shortestRoundTripMs, roundTripMs);
    // RFC 8985 §6.2 step 2: what was sent twice and comes back too soon is an answer to the first.
    else if (roundTripMs < this.#shortestRoundTripMs) return;
    if (this.#isOvertaken(flight)) return;
    this.#newestSentAt = flight.sentAt;
    this.#newestTsn = flight.tsn;
    this.#newestRoundTripMs = roundTripMs;
  }

  /** Marks what the blocks name, and takes back what they no longer name. RFC 9260 §6.2.1 D iii. */
  #readGaps(
    now: Millis,
    sack: Sack,
    news: { ackedBytes: number; sampleSentAt: Millis; reordered: boolean },
  ): void {
    const before = this.#highest;
    const last = serialLess(before, (sack.cumulativeTsn + sack.reach) >>> 0)
      ? (sack.cumulativeTsn + sack.reach) >>> 0
      : before;
    let tsn = (this.#cumulative + 1) >>> 0;
    for (let block = 0; block < sack.gapCount; block++) {
      const start = (sack.cumulativeTsn + sack.gapStart(block)) >>> 0;
      const end = (sack.cumulativeTsn + sack.gapEnd(block)) >>> 0;
      for (; tsn !== start; tsn = (tsn + 1) >>> 0) this.#takeBack(this.#at(tsn));
      for (; !serialLess(end, tsn); tsn = (tsn + 1) >>> 0) {
        const flight = this.#at(tsn);
        this.#acknowledge(now, flight, news);
        if (flight.acked) continue;
        flight.acked = true;
        this.#gapBytes += flight.length;
      }
    }
    for (; !serialLess(last, tsn); tsn = (tsn + 1) >>> 0) this.#takeBack(this.#at(tsn));
  }

  /** The peer no longer says that it has it: it may have dropped it, or this SACK was overtaken. It is on the way again. */
  #takeBack(flight: Flight): void {
    if (!flight.acked) return;
    flight.acked = false;
    this.#gapBytes -= flight.length;
    if (!flight.message.abandoned) this.#bytes += flight.length;
  }

  #lose(flight: Flight): void {
    if (this.#lostCount === 0 || serialLess(flight.tsn, this.#lostFrom)) this.#lostFrom = flight.tsn;
    flight.lost = true;
    this.#lostCount += 1;
    this.#bytes -= flight.length;
  }
}
