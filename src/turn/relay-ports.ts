/** Which relayed ports are taken, and a random free one. RFC 8656 §7.2, RFC 6056 §3.3.1. */
import { type IpFamily, type Random, randomBelow } from '../base/index.ts';
import { portSlice, type Shard, shardOfPort } from './shard.ts';

/** `pair`: an even port, with the next one free too. */
export type PortWish = 'any' | 'even' | 'pair';

export class RelayPorts {
  readonly #random: Random;
  readonly #all: { readonly min: number; readonly max: number };
  readonly #shard: Shard;
  /** Our own slice. */
  readonly #min: number;
  readonly #max: number;
  readonly #taken = { 4: new Set<number>(), 6: new Set<number>() };

  /** Inclusive. Throws `RangeError` unless 1024 ≤ min ≤ max ≤ 65535, and when the shard's slice is empty. */
  constructor(random: Random, min: number, max: number, shard: Shard) {
    const valid =
      Number.isInteger(min) && Number.isInteger(max) && min >= 1024 && min <= max && max <= 65_535;
    if (!valid) throw new RangeError(`Relay ports ${min}-${max} are no range within 1024-65535.`);
    const slice = portSlice(min, max, shard);
    if (slice.max < slice.min) {
      throw new RangeError(`Relay ports ${min}-${max} are too few for ${shard.count} shards.`);
    }
    this.#random = random;
    this.#all = { min, max };
    this.#shard = shard;
    this.#min = slice.min;
    this.#max = slice.max;
  }

  /** Whether a port could be a relayed one, of whatever shard. */
  covers(port: number): boolean {
    return port >= this.#all.min && port <= this.#all.max;
  }

  /** The other shard that has this port in its slice; `undefined` when it is our own or nobody's. */
  foreignShardOf(port: number): number | undefined {
    if (this.#shard.count === 1 || !this.covers(port)) return undefined;
    const owner = shardOfPort(this.#all.min, this.#all.max, this.#shard.count, port);
    return owner === this.#shard.index ? undefined : owner;
  }

  /**
   * Takes a port (of a pair: the even one and the next). `avoid` are ports that other programs were found to hold.
   * `undefined` when there is none left.
   */
  take(family: IpFamily, wish: PortWish, avoid: ReadonlySet<number>): number | undefined {
    const count = this.#max - this.#min + 1;
    const start = randomBelow(this.#random, count);
    for (let i = 0; i < count; i++) {
      const port = this.#min + ((start + i) % count);
      if (wish !== 'any' && port % 2 !== 0) continue;
      if (!this.#isFree(family, port, avoid)) continue;
      if (wish === 'pair' && (port === this.#max || !this.#isFree(family, port + 1, avoid))) continue;
      this.#taken[family].add(port);
      if (wish === 'pair') this.#taken[family].add(port + 1);
      return port;
    }
    return undefined;
  }

  release(family: IpFamily, port: number): void {
    this.#taken[family].delete(port);
  }

  #isFree(family: IpFamily, port: number, avoid: ReadonlySet<number>): boolean {
    return !this.#taken[family].has(port) && !avoid.has(port);
  }
}
