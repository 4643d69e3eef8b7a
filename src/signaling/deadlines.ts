/**
 * Many named deadlines, earliest first: a binary heap, where `TimerTable` of the base floor scans a handful. Equal
 * deadlines come in the order in which they were set, so that runs can be replayed. Holds no clock.
 */
import { type Millis, NEVER } from '../base/index.ts';

interface Entry<Key> {
  readonly key: Key;
  readonly at: Millis;
  readonly order: number;
}

export class Deadlines<Key> {
  /** May hold entries that were replaced or cleared since; they are skipped when they come up. */
  #heap: Entry<Key>[] = [];
  readonly #current = new Map<Key, Entry<Key>>();
  #order = 0;

  get size(): number {
    return this.#current.size;
  }

  /** Arms `key`, replacing an earlier deadline of that name. */
  set(key: Key, at: Millis): void {
    const entry = { key, at, order: this.#order++ };
    this.#current.set(key, entry);
    this.#push(entry);
    // Dead entries are at most as many as live ones, plus a little, so memory follows `size`.
    if (this.#heap.length > 2 * this.#current.size + 64) this.#rebuild();
  }

  clear(key: Key): void {
    this.#current.delete(key);
  }

  next(): Millis {
    this.#dropDead();
    return this.#heap[0]?.at ?? NEVER;
  }

  /** Removes and returns the earliest name due at `now`. */
  takeDue(now: Millis): Key | undefined {
    this.#dropDead();
    const top = this.#heap[0];
    if (!top || top.at > now) return undefined;
    this.#pop();
    this.#current.delete(top.key);
    return top.key;
  }

  #dropDead(): void {
    for (let top = this.#heap[0]; top && this.#current.get(top.key) !== top; top = this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    this.#heap = [];
    for (const entry of this.#current.values()) this.#push(entry);
  }

  #push(entry: Entry<Key>): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (!parent || before(parent, entry)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || before(last, child)) break;
      heap[at] = child;
      at = child === right ? 2 * at + 2 : 2 * at + 1;
    }
    heap[at] = last;
  }
}

function before<Key>(a: Entry<Key>, b: Entry<Key>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
