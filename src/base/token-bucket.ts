/** Token buckets: how often someone may do something. One bucket, and a bounded table of them by key. */
import { AgingMap } from './aging-map.ts';
import type { Millis } from './machine.ts';

export interface Rate {
  /** Steady tokens each second. */
  readonly perSecond: number;
  /** How many may be spent at once. */
  readonly burst: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #refilledAt: Millis;

  constructor(rate: Rate, now: Millis) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#refilledAt = now;
  }

  /** Spends `cost` tokens if there are as many; tells whether it did. */
  take(now: Millis, cost = 1): boolean {
    const elapsedMs = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsedMs / 1000) * this.#rate.perSecond);
    this.#refilledAt = Math.max(now, this.#refilledAt);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}

export class BucketTable {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  readonly #buckets = new AgingMap<string, TokenBucket>();

  /** `maxKeys` bounds the memory that many spoofed keys can take; the key unused longest is forgotten first. */
  constructor(rate: Rate, maxKeys = 10_000) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, now: Millis, cost = 1): boolean {
    let bucket = this.#buckets.touch(key);
    if (!bucket) {
      const { oldest } = this.#buckets;
      if (oldest && this.#buckets.size >= this.#maxKeys) this.#buckets.delete(oldest.key);
      bucket = new TokenBucket(this.#rate, now);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(now, cost);
  }
}
