/**
 * What is on its way from thread to thread: one number for each receiving shard, kept by all threads together. Beyond its
 * bound a datagram is dropped, as a full UDP queue would; without it, a flood to a slow thread is kept in memory.
 */

/** 4 MiB holds about 30 ms of a gigabit, as a listening socket does. */
const MOST_BYTES = 4 * 2 ** 20;
/** What a message takes besides its datagram: addresses, and the objects that hold them. An estimate. */
const MESSAGE_BYTES = 512;

export class SharedBacklog {
  /** For each shard, what others have posted to it and it has not taken yet. */
  readonly #bytes: Int32Array;
  /** Datagrams that this thread had to drop. */
  #dropped = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#bytes = new Int32Array(buffer);
  }

  static buffer(shards: number): SharedArrayBuffer {
    return new SharedArrayBuffer(shards * Int32Array.BYTES_PER_ELEMENT);
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Whether a datagram of `length` bytes may be posted to this shard; else it is counted as dropped. */
  mayPost(shard: number, length: number): boolean {
    const cost = length + MESSAGE_BYTES;
    if (Atomics.add(this.#bytes, shard, cost) + cost <= MOST_BYTES) return true;
    this.taken(shard, length);
    this.#dropped += 1;
    return false;
  }

  /** This shard has it in hand, or it cannot be delivered any more. Never falls below nothing, so that `forget` is safe. */
  taken(shard: number, length: number): void {
    for (;;) {
      const before = Atomics.load(this.#bytes, shard);
      const after = Math.max(0, before - length - MESSAGE_BYTES);
      if (Atomics.compareExchange(this.#bytes, shard, before, after) === before) return;
    }
  }

  /** A thread has died, with messages to it and perhaps from it. What is still under way counts as nothing. */
  forget(): void {
    for (const shard of this.#bytes.keys()) Atomics.store(this.#bytes, shard, 0);
  }
}
