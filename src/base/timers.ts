/** Named deadlines of one machine. A handful of names, so a linear scan beats a heap. Holds no clock. */
import { type Millis, NEVER } from './machine.ts';

export class TimerTable<Name extends string> {
  readonly #deadlines = new Map<Name, Millis>();

  /** Arms `name` for `at`, replacing an earlier deadline of that name. */
  set(name: Name, at: Millis): void {
    this.#deadlines.set(name, at);
  }

  clear(name: Name): void {
    this.#deadlines.delete(name);
  }

  clearAll(): void {
    this.#deadlines.clear();
  }

  has(name: Name): boolean {
    return this.#deadlines.has(name);
  }

  /** The earliest deadline, or `NEVER`. */
  next(): Millis {
    let earliest = NEVER;
    for (const at of this.#deadlines.values()) if (at < earliest) earliest = at;
    return earliest;
  }

  /** Removes and returns the earliest deadline due at `now`; `undefined` when none is due. */
  takeDue(now: Millis): Name | undefined {
    let due: Name | undefined;
    let earliest = NEVER;
    for (const [name, at] of this.#deadlines) {
      if (at <= now && at < earliest) {
        due = name;
        earliest = at;
      }
    }
    if (due !== undefined) this.#deadlines.delete(due);
    return due;
  }
}
