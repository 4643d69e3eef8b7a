/**
 * Byte rates: the buckets of one direction and of both. The interface, so that machines in several threads can spend
 * from one total, and the one for a machine alone. Decides nothing.
 */
import { type Millis, type Rate, TokenBucket } from '../base/index.ts';

export type Direction = 'toPeer' | 'toClient';

/** Counts for the total of all allocations. */
export interface BandwidthLedger {
  /** Spends `bytes` of this direction's rate if there are as many; tells whether it did. `now` is the machine's. */
  take(now: Millis, direction: Direction, bytes: number, rate: Rate): boolean;
}

/** What is left in each direction; empty until it is first limited. */
export interface Meters {
  rate: Rate | undefined;
  toPeer: TokenBucket | undefined;
  toClient: TokenBucket | undefined;
}

export function noMeters(): Meters {
  return { rate: undefined, toPeer: undefined, toClient: undefined };
}

/** Another rate begins with a full bucket. */
export function bucketOf(meters: Meters, now: Millis, direction: Direction, rate: Rate): TokenBucket {
  // By value: each machine makes its own rate.
  if (meters.rate?.perSecond !== rate.perSecond || meters.rate.burst !== rate.burst) {
    meters.rate = rate;
    meters.toPeer = undefined;
    meters.toClient = undefined;
  }
  const known = meters[direction];
  if (known) return known;
  const bucket = new TokenBucket(rate, now);
  meters[direction] = bucket;
  return bucket;
}

export class LocalBandwidthLedger implements BandwidthLedger {
  readonly #meters = noMeters();

  take(now: Millis, direction: Direction, bytes: number, rate: Rate): boolean {
    return bucketOf(this.#meters, now, direction, rate).take(now, bytes);
  }
}
