/** Named deadlines of one machine. A handful of names, so a linear scan beats a heap. Holds no clock. */
import { type Millis, NEVER } from './machine.ts';

/** Two arrays side by side: asked after every packet, and iterators of a map are garbage. */
export class TimerTable<Name extends string> {
  readonly #names: Name[] = [];
  readonly #deadlines: Millis[] = [];

  /** Arms `name` for `at`, replacing an earlier deadline of that name. */
  set(name: Name, at: Millis): void {
    const index = this.#names.indexOf(name);
    if (index >= 0) this.#deadlines[index] = at;
    else {
      this.#names.push(name);
      this.#deadlines.push(at);
    }
  }

  clear(name: Name): void {
    const index = this.#names.indexOf(name);
    if (index >= 0) this.#remove(index);
  }

  clearAll(): void {
    this.#names.length = 0;
    this.#deadlines.length = 0;
  }

  has(name: Name): boolean {
    return this.#names.includes(name);
  }

  /** The earliest deadline, or `NEVER`. */
  next(): Millis {
    let earliest = NEVER;
    for (let index = 0; index < this.#deadlines.length; index++) {
      const at = this.#deadlines[index] ?? NEVER;
      if (at < earliest) earliest = at;
    }
    return earliest;
  }

  /** Removes and returns the earliest deadline due at `now`; `undefined` when none is due. */
  takeDue(now: Millis): Name | undefined {
    let due = -1;
    let earliest = NEVER;
    for (let index = 0; index < this.#deadlines.length; index++) {
      const at = this.#deadlines[index] ?? NEVER;
      if (at <= now && at < earliest) {
        due = index;
        earliest = at;
      }
    }
    return due < 0 ? undefined : this.#remove(due);
  }

  #remove(index: number): Name | undefined {
    this.#deadlines.splice(index, 1);
    return this.#names.splice(index, 1)[0];
  }
}
