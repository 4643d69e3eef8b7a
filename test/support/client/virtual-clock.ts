/** Time that stands still until it is told to move, with all promises settled between two timers. */
import type { Clock, TimerHandle } from '../../../src/client/index.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #made = 0;
  readonly #timers = new Map<number, Timer>();

  now = (): number => this.#now;

  setTimeout = (callback: () => void, delayMs: number): TimerHandle => {
    this.#made += 1;
    this.#timers.set(this.#made, { at: this.#now + Math.max(0, delayMs), order: this.#made, callback });
    return this.#made;
  };

  clearTimeout = (handle: TimerHandle): void => {
    this.#timers.delete(handle as number);
  };

  /** Runs everything due within `ms`, in order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      const [handle, timer] = next;
      this.#timers.delete(handle);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await settle();
    }
    this.#now = until;
  }

  /** Advances in small steps until `condition` holds; fails after `withinMs`. Resolves with the time it took. */
  async until(what: string, condition: () => boolean, withinMs = 10_000): Promise<number> {
    const startedAt = this.#now;
    await settle();
    while (!condition()) {
      if (this.#now - startedAt > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
      await this.advance(5);
    }
    return this.#now - startedAt;
  }

  #next(until: number): [number, Timer] | undefined {
    let first: [number, Timer] | undefined;
    for (const [handle, timer] of this.#timers) {
      if (timer.at > until) continue;
      const isSooner =
        !first || timer.at < first[1].at || (timer.at === first[1].at && timer.order < first[1].order);
      if (isSooner) first = [handle, timer];
    }
    return first;
  }
}

/** Lets every promise that can settle without time do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
