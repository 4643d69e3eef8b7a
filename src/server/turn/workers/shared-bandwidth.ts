/**
 * The byte rate of all allocations together, spent by all threads. One number for each direction: when, at the full rate,
 * everything spent so far will have passed. What would push it further ahead than the burst allows has to go.
 */
import type { Millis, Rate } from '../../../base/index.ts';
import type { BandwidthLedger, Direction } from '../../../turn/index.ts';

const NANOS_PER_SECOND = 1e9;
const CELL = { toPeer: 0, toClient: 1 } as const;

export class SharedBandwidth implements BandwidthLedger {
  /** Nanoseconds of the machine's monotonic clock, which all threads share. */
  readonly #passedAt: BigInt64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#passedAt = new BigInt64Array(buffer);
  }

  static buffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
  }

  /** `_now` counts from the start of its thread, so it means nothing here. */
  take(_now: Millis, direction: Direction, bytes: number, { perSecond, burst }: Rate): boolean {
    const now = process.hrtime.bigint();
    const cost = BigInt(Math.round((bytes / perSecond) * NANOS_PER_SECOND));
    const ahead = BigInt(Math.round((burst / perSecond) * NANOS_PER_SECOND));
    const cell = CELL[direction];
    for (;;) {
      const before = Atomics.load(this.#passedAt, cell);
      const after = (before > now ? before : now) + cost;
      if (after - now > ahead) return false;
      if (Atomics.compareExchange(this.#passedAt, cell, before, after) === before) return true;
    }
  }
}
