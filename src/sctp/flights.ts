/**
 * The fragments that have left and are not acknowledged for good, by TSN: what a SACK says about them, which are lost,
 * which are given up. Sends nothing. RFC 9260 §6.2.1, §7.2.4, RFC 3758 §3.5, time-based loss: RFC 8985 §6.2.
 */
import { type Millis, serialDistance, serialLess } from '../base/index.ts';
import type { SkippedMessage } from './forward-tsn-chunk.ts';
import type { Flight, OutgoingMessage } from './outgoing-message.ts';
import type { Sack } from './sack-chunk.ts';

/** RFC 9260 §7.2.4. */
const MISSED_MEANS_LOST = 3;

export interface SackOutcome {
  /** The cumulative TSN has moved. */
  readonly advanced: boolean;
  /** Heard of for the first time. */
  readonly ackedBytes: number;
  /** Of the newest fragment that was sent once and is acknowledged with this SACK. */
  readonly roundTripMs: Millis | undefined;
  readonly newlyLost: number;
}

export class Flights {
  /** In order of TSN; before `#head` they are done. */
  #flights: Flight[] = [];
  #head = 0;
  /** The peer has everything up to here. */
  #cumulative: number;
  #nextTsn: number;
  /** On the way: neither acknowledged nor lost nor given up. */
  #bytes = 0;
  /** RFC 8985: when the newest acknowledged fragment was sent. */
  #newestAckedSentAt: Millis = Number.NEGATIVE_INFINITY;
  #lostCount = 0;
  #hadGaps = false;
  #freed = new Map<number, number>();

  constructor(initialTsn: number) {
    this.#nextTsn = initialTsn;
    this.#cumulative = (initialTsn - 1) >>> 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#flights.length;
  }

  get hasLost(): boolean {
    return this.#lostCount > 0;
  }

  get cumulative(): number {
    return this.#cumulative;
  }

  get lastTsn(): number {
    return (this.#nextTsn - 1) >>> 0;
  }

  /** A fragment leaves for the first time. Gives it its TSN. */
  launch(
    now: Millis,
    message: OutgoingMessage,
    payload: Uint8Array,
    place: { readonly begin: boolean; readonly end: boolean; readonly fragment: number },
  ): Flight {
    const flight: Flight = {
      tsn: this.#nextTsn,
      message,
      begin: place.begin,
      end: place.end,
      fragment: place.fragment,
      payload,
      sentAt: now,
      sends: 1,
      acked: false,
      lost: false,
      missed: 0,
    };
    this.#nextTsn = (this.#nextTsn + 1) >>> 0;
    this.#flights.push(flight);
    this.#bytes += payload.length;
    return flight;
  }

  /** The first that is to be sent again. */
  firstLost(): Flight | undefined {
    if (this.#lostCount === 0) return undefined;
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (flight?.lost) return flight;
    }
    return undefined;
  }

  relaunch(now: Millis, flight: Flight): void {
    flight.lost = false;
    flight.missed = 0;
    flight.sentAt = now;
    flight.sends += 1;
    this.#lostCount -= 1;
    this.#bytes += flight.payload.length;
  }

  /** `undefined` for a SACK that is older than one before, or that acknowledges what never left. RFC 9260 §6.2.1 D. */
  handleSack(now: Millis, sack: Sack, reorderingMs: Millis): SackOutcome | undefined {
    if (serialLess(sack.cumulativeTsn, this.#cumulative)) return undefined;
    const lastGap = sack.gaps.at(-1)?.end ?? 0;
    const highest = (sack.cumulativeTsn + lastGap) >>> 0;
    if (!serialLess(highest, this.#nextTsn)) return undefined;

    const sample = { sentAt: Number.NEGATIVE_INFINITY };
    let ackedBytes = 0;
    const advanced = sack.cumulativeTsn !== this.#cumulative;
    while (this.#head < this.#flights.length) {
      const flight = this.#flights[this.#head];
      if (!flight || serialLess(sack.cumulativeTsn, flight.tsn)) break;
      ackedBytes += this.#acknowledge(flight, sample);
      this.#free(flight);
      this.#head += 1;
    }
    this.#cumulative = sack.cumulativeTsn;
    this.#compact();
    let newlyLost = 0;
    if (sack.gaps.length > 0 || this.#hadGaps) {
      ackedBytes += this.#readGaps(sack, sample);
      newlyLost = this.#findLost(sack, advanced || ackedBytes > 0, reorderingMs);
    }
    this.#hadGaps = sack.gaps.length > 0;
    const roundTripMs = sample.sentAt === Number.NEGATIVE_INFINITY ? undefined : now - sample.sentAt;
    return { advanced, ackedBytes, roundTripMs, newlyLost };
  }

  /** RFC 9260 §6.3.3: everything that is on the way counts as lost. */
  loseAll(): void {
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (flight && !flight.acked && !flight.lost && !flight.message.abandoned) this.#lose(flight);
    }
  }

  /** No fragment of it is sent again. RFC 3758 §3.5 A3. */
  abandon(message: OutgoingMessage): void {
    if (message.abandoned) return;
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (flight?.message !== message || flight.acked) continue;
      if (flight.lost) {
        flight.lost = false;
        this.#lostCount -= 1;
      } else this.#bytes -= flight.payload.length;
    }
    message.abandoned = true;
  }

  /** Messages on the way that are too old, or were sent too often, and have lost something. RFC 3758 §3.5 A1, C. */
  takeHopeless(now: Millis): OutgoingMessage[] {
    const hopeless = new Set<OutgoingMessage>();
    if (this.#lostCount === 0) return [];
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (!flight?.lost) continue;
      const { message } = flight;
      if (message.expiresAt <= now || flight.sends > message.maxRetransmits) hopeless.add(message);
    }
    return [...hopeless];
  }

  /** RFC 3758 §3.5 C: how far the peer may be sent, and what it must no longer wait for; `undefined` when there is nothing. */
  forwardPoint(): { cumulativeTsn: number; skipped: SkippedMessage[] } | undefined {
    let point = this.#cumulative;
    const skipped = new Map<string, SkippedMessage>();
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (!flight?.message.abandoned) break;
      point = flight.tsn;
      const { stream, unordered, messageId } = flight.message;
      skipped.set(`${stream} ${unordered}`, { stream, unordered, messageId });
    }
    return point === this.#cumulative ? undefined : { cumulativeTsn: point, skipped: [...skipped.values()] };
  }

  /** Bytes by stream that were acknowledged for good since the last call, given-up messages aside. */
  takeFreed(): ReadonlyMap<number, number> {
    const freed = this.#freed;
    if (freed.size > 0) this.#freed = new Map();
    return freed;
  }

  #free({ message, payload }: Flight): void {
    if (message.abandoned) return;
    message.openBytes -= payload.length;
    this.#freed.set(message.stream, (this.#freed.get(message.stream) ?? 0) + payload.length);
  }

  #acknowledge(flight: Flight, sample: { sentAt: Millis }): number {
    if (flight.acked) return 0;
    flight.acked = true;
    if (flight.lost) {
      flight.lost = false;
      this.#lostCount -= 1;
    } else if (!flight.message.abandoned) this.#bytes -= flight.payload.length;
    // Karn: what was sent twice does not tell which of both was acknowledged.
    if (flight.sends === 1) sample.sentAt = Math.max(sample.sentAt, flight.sentAt);
    this.#newestAckedSentAt = Math.max(this.#newestAckedSentAt, flight.sentAt);
    return flight.payload.length;
  }

  /** Marks what the blocks name, and takes back what they no longer name. RFC 9260 §6.2.1 D iii. */
  #readGaps(sack: Sack, sample: { sentAt: Millis }): number {
    let ackedBytes = 0;
    let block = 0;
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (!flight) continue;
      const offset = serialDistance(sack.cumulativeTsn, flight.tsn);
      while (block < sack.gaps.length && (sack.gaps[block]?.end ?? 0) < offset) block += 1;
      const gap = sack.gaps[block];
      const named = gap !== undefined && offset >= gap.start && offset <= gap.end;
      if (named) ackedBytes += this.#acknowledge(flight, sample);
      else if (flight.acked) {
        flight.acked = false;
        if (!flight.message.abandoned) {
          flight.lost = true;
          this.#lostCount += 1;
        }
      }
    }
    return ackedBytes;
  }

  #findLost(sack: Sack, isNews: boolean, reorderingMs: Millis): number {
    const highestNamed = sack.gaps.at(-1)?.end ?? 0;
    let lost = 0;
    for (let i = this.#head; i < this.#flights.length; i++) {
      const flight = this.#flights[i];
      if (!flight || serialDistance(sack.cumulativeTsn, flight.tsn) > highestNamed) break;
      if (flight.acked || flight.lost || flight.message.abandoned) continue;
      if (isNews) flight.missed += 1;
      // RFC 8985 §6.2: something sent later has arrived, and there was time enough for this one to.
      const overtaken = flight.sentAt + reorderingMs < this.#newestAckedSentAt;
      const countedOut = flight.sends === 1 && flight.missed >= MISSED_MEANS_LOST;
      if (!overtaken && !countedOut) continue;
      this.#lose(flight);
      lost += 1;
    }
    return lost;
  }

  #lose(flight: Flight): void {
    flight.lost = true;
    this.#lostCount += 1;
    this.#bytes -= flight.payload.length;
  }

  /** A ring without the arithmetic: the dead half is cut off when it is the larger one. */
  #compact(): void {
    if (this.#head < 256 || this.#head * 2 < this.#flights.length) return;
    this.#flights = this.#flights.slice(this.#head);
    this.#head = 0;
  }
}
