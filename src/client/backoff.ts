/** How long to wait before trying again: doubling, bounded, with jitter so that many pages do not return as one. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #attempts = 0;

  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds until the next attempt: the doubled base, of which the upper half is drawn by lot. */
  next(): number {
    const baseMs = Math.min(this.#options.maxMs, this.#options.firstMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return baseMs / 2 + (baseMs / 2) * this.#random();
  }

  reset(): void {
    this.#attempts = 0;
  }
}
