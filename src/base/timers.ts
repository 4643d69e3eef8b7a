/** Named deadlines of one machine. A handful of names, so a linear scan beats a heap. Holds no clock. */
import { type Millis, NEVER } from './machine.ts';

interface Deadline<Name> {
  readonly name: Name;
  /** `NEVER` while it is not armed. */
  at: Millis;
  readonly before: Deadline<Name> | undefined;
}

/** A chain of the names that were ever armed: asked after every packet, and what is set and cleared again is no garbage. */
export class TimerTable<Name extends string> {
  #last: Deadline<Name> | undefined;

  /** Arms `name` for `at`, replacing an earlier deadline of that name. */
  set(name: Name, at: Millis): void {
    const deadline = this.#find(name);
    if (deadline) deadline.at = at;
    else this.#last = { name, at, before: this.#last };
  }

  clear(name: Name): void {
    const deadline = this.#find(name);
    if (deadline) deadline.at = NEVER;
  }

  clearAll(): void {
    this.#last = undefined;
  }

  has(name: Name): boolean {
    const deadline = this.#find(name);
    return deadline !== undefined && deadline.at !== NEVER;
  }

  /** The earliest deadline, or `NEVER`. */
  next(): Millis {
    let earliest = NEVER;
    for (let it = this.#last; it; it = it.before) if (it.at < earliest) earliest = it.at;
    return earliest;
  }

  /** Disarms and returns the earliest deadline due at `now`; `undefined` when none is due. */
  takeDue(now: Millis): Name | undefined {
    let due: Deadline<Name> | undefined;
    for (let it = this.#last; it; it = it.before) {
      // Of several at the same time the one whose name was armed first comes first.
      if (it.at <= now && it.at < NEVER && (!due || it.at <= due.at)) due = it;
    }
    if (!due) return undefined;
    due.at = NEVER;
    return due.name;
  }

  #find(name: Name): Deadline<Name> | undefined {
    let it = this.#last;
    while (it && it.name !== name) it = it.before;
    return it;
  }
}
