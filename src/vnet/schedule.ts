/** What is still to happen, in the order of time and, at equal times, of being asked for: a binary heap. Holds no clock. */
import { type Millis, NEVER } from '../base/index.ts';

export interface Scheduled {
  readonly at: Millis;
  /** Does nothing once it has happened. */
  cancel(): void;
}

interface Action extends Scheduled {
  readonly order: number;
  act: (() => void) | undefined;
}

export class Schedule {
  readonly #heap: Action[] = [];
  #lastOrder = 0;

  add(at: Millis, act: () => void): Scheduled {
    this.#lastOrder += 1;
    const action: Action = {
      at,
      order: this.#lastOrder,
      act,
      cancel() {
        this.act = undefined;
      },
    };
    this.#heap.push(action);
    this.#rise(this.#heap.length - 1);
    return action;
  }

  /** When the next action is due; `NEVER` when there is none. */
  next(): Millis {
    this.#dropCancelled();
    return this.#heap[0]?.at ?? NEVER;
  }

  /** Removes and returns the next action. */
  take(): (() => void) | undefined {
    this.#dropCancelled();
    return this.#removeFirst()?.act;
  }

  #dropCancelled(): void {
    while (this.#heap[0] && this.#heap[0].act === undefined) this.#removeFirst();
  }

  #removeFirst(): Action | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLater(parent, at)) return;
      at = parent;
    }
  }

  #sink(start: number): void {
    for (let at = start; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      const child = this.#isLater(left, right) ? right : left;
      if (!this.#swapIfLater(at, child)) return;
      at = child;
    }
  }

  #swapIfLater(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined || !this.#isLater(a, b)) return false;
    this.#heap[a] = second;
    this.#heap[b] = first;
    return true;
  }

  /** Whether the action at `a` comes after that at `b`. */
  #isLater(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return false;
    return first.at > second.at || (first.at === second.at && first.order > second.order);
  }
}
