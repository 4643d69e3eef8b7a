/**
 * What one side has said and the other has not yet confirmed: numbers it, keeps it, says it again after a cut.
 * Together with "ignore what is not newer than the newest" on the other side each item arrives exactly once, in order.
 * Used by both sides. Sends nothing itself.
 */

export interface OutboxLimits {
  /** 256: the mesh ICE exchange of six people with twenty candidates each, twice over. */
  readonly maxFrames: number;
  /** 1 MiB: some thirty large descriptions; times 10,000 sessions the worst case still fits a server. */
  readonly maxBytes: number;
}

export const OUTBOX_LIMITS: OutboxLimits = { maxFrames: 256, maxBytes: 1_048_576 };

export interface OutboxItem<Body> {
  readonly number: number;
  readonly body: Body;
  readonly bytes: number;
}

export class Outbox<Body> {
  readonly #limits: OutboxLimits;
  /** By number, oldest first. */
  readonly #items = new Map<number, OutboxItem<Body>>();
  #bytes = 0;
  #last = 0;
  #acknowledged = 0;
  /** The highest number that was dropped unconfirmed: what ended before it cannot be continued. */
  #droppedUpTo = 0;

  constructor(limits: OutboxLimits = OUTBOX_LIMITS) {
    this.#limits = limits;
  }

  /** The number of the newest item; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Items kept. */
  get frames(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many numbers were given out and not confirmed, dropped ones included. */
  get unacknowledged(): number {
    return this.#last - this.#acknowledged;
  }

  /** Whether `bytes` more can be kept while `share` (0 … 1) of the limits is not exceeded. */
  fits(bytes: number, share = 1): boolean {
    return (
      this.#items.size + 1 <= this.#limits.maxFrames * share &&
      this.#bytes + bytes <= this.#limits.maxBytes * share
    );
  }

  /**
   * Numbers and keeps `body`. Beyond the limits the oldest items are dropped: then `after` refuses to continue from
   * before them. Who must not lose anything asks `fits` first.
   */
  push(body: Body, bytes: number): OutboxItem<Body> {
    this.#last += 1;
    const item = { number: this.#last, body, bytes };
    this.#items.set(item.number, item);
    this.#bytes += bytes;
    for (const oldest of this.#items.values()) {
      if (this.#items.size <= this.#limits.maxFrames && this.#bytes <= this.#limits.maxBytes) break;
      this.#delete(oldest);
      this.#droppedUpTo = oldest.number;
    }
    return item;
  }

  /** The other side has everything up to `number`. `false`, and nothing changes, when that was never sent. */
  acknowledge(number: number): boolean {
    if (number > this.#last) return false;
    this.#acknowledged = Math.max(this.#acknowledged, number);
    for (const item of this.#items.values()) {
      if (item.number > number) break;
      this.#delete(item);
    }
    return true;
  }

  /** Forgets an item that a newer one makes useless, such as an old list: a gap in the numbers, not a loss. */
  supersede(number: number): void {
    const item = this.#items.get(number);
    if (item) this.#delete(item);
  }

  /** What must be said again to a side that has everything up to `number`; `undefined` when that is impossible. */
  after(number: number): readonly OutboxItem<Body>[] | undefined {
    if (number > this.#last || number < this.#droppedUpTo) return undefined;
    return [...this.#items.values()].filter((item) => item.number > number);
  }

  #delete(item: OutboxItem<Body>): void {
    this.#items.delete(item.number);
    this.#bytes -= item.bytes;
  }
}
