/** Which relayed ports are taken, and a random free one. RFC 8656 §7.2, RFC 6056 §3.3.1. */
import { type IpFamily, type Random, randomBelow } from '../base/index.ts';

/** `pair`: an even port, with the next one free too. */
export type PortWish = 'any' | 'even' | 'pair';

export class RelayPorts {
  readonly #random: Random;
  readonly #min: number;
  readonly #max: number;
  readonly #taken = { 4: new Set<number>(), 6: new Set<number>() };

  /** Inclusive. Throws `RangeError` unless 1024 ≤ min ≤ max ≤ 65535. */
  constructor(random: Random, min: number, max: number) {
    const valid =
      Number.isInteger(min) && Number.isInteger(max) && min >= 1024 && min <= max && max <= 65_535;
    if (!valid) throw new RangeError(`Relay ports ${min}-${max} are no range within 1024-65535.`);
    this.#random = random;
    this.#min = min;
    this.#max = max;
  }

  /** Whether a port could be a relayed one. */
  covers(port: number): boolean {
    return port >= this.#min && port <= this.#max;
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
