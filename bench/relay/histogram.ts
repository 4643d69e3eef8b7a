/** Counts of whole microseconds, for percentiles. Everything above the last one is counted as the last. */
const LAST_US = 100_000;

export interface HistogramData {
  /** Value and count by turns, without the empty ones. */
  readonly pairs: readonly number[];
}

export class Histogram {
  readonly #counts = new Uint32Array(LAST_US + 1);
  #total = 0;

  add(microseconds: number): void {
    const at = microseconds < 0 ? 0 : microseconds > LAST_US ? LAST_US : microseconds | 0;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total += 1;
  }

  merge({ pairs }: HistogramData): this {
    for (let i = 0; i < pairs.length; i += 2) {
      const [at = 0, count = 0] = pairs.slice(i, i + 2);
      this.#counts[at] = (this.#counts[at] ?? 0) + count;
      this.#total += count;
    }
    return this;
  }

  /** The value that `share` (0 … 1) of all do not exceed; NaN when there are none. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (let at = 0; at <= LAST_US; at += 1) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return at;
    }
    return Number.NaN;
  }

  get data(): HistogramData {
    const pairs: number[] = [];
    for (let at = 0; at <= LAST_US; at += 1) {
      const count = this.#counts[at] ?? 0;
      if (count > 0) pairs.push(at, count);
    }
    return { pairs };
  }
}

/** The middle one; of an even number the mean of both; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (upper + lower) / 2;
}
