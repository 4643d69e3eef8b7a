/**
 * How many relayed ports are held under which name, counted by all threads together. Names are hashed into counters, three
 * for each name: the smallest of them is at least what the name holds, and seldom more. Never grows. RFC 8656 §21.3.1.
 */
import { type QuotaLedger, TOTAL_QUOTA } from '../../../turn/index.ts';

/** There are at most 131,072 relayed ports, with two names each besides the total; ordinarily some hundreds. */
const COUNTERS = 2 ** 15;
const ROWS = 3;
/** And one for the total, exact. */
const CELLS = ROWS * COUNTERS + 1;

export class SharedQuotas implements QuotaLedger {
  readonly #cells: Int32Array;
  readonly #shard: number;
  readonly #shards: number;
  readonly #seed: number;

  /** `seed`: random and the same for all, so that nobody can choose names that collide. */
  constructor(buffer: SharedArrayBuffer, shard: number, shards: number, seed: number) {
    this.#cells = new Int32Array(buffer);
    this.#shard = shard;
    this.#shards = shards;
    this.#seed = seed;
  }

  /** Each shard has its own counters, so that they go with it. 400 KB each. */
  static buffer(shards: number): SharedArrayBuffer {
    return new SharedArrayBuffer(shards * CELLS * Int32Array.BYTES_PER_ELEMENT);
  }

  mayHold(name: string, count: number, most: number): boolean {
    return this.held(name) + count <= most;
  }

  /** At least what is held under this name. */
  held(name: string): number {
    let least = Number.POSITIVE_INFINITY;
    for (const cell of this.#cellsOf(name)) {
      let sum = 0;
      for (let shard = 0; shard < this.#shards; shard++)
        sum += Atomics.load(this.#cells, shard * CELLS + cell);
      least = Math.min(least, sum);
    }
    return least;
  }

  hold(name: string): void {
    for (const cell of this.#cellsOf(name)) Atomics.add(this.#cells, this.#shard * CELLS + cell, 1);
  }

  release(name: string): void {
    for (const cell of this.#cellsOf(name)) Atomics.sub(this.#cells, this.#shard * CELLS + cell, 1);
  }

  /** A shard has died with all that it held. */
  forgetShard(shard: number): void {
    this.#cells.fill(0, shard * CELLS, (shard + 1) * CELLS);
  }

  #cellsOf(name: string): readonly number[] {
    if (name === TOTAL_QUOTA) return [CELLS - 1];
    return Array.from({ length: ROWS }, (_, row) => row * COUNTERS + hashOf(name, this.#seed + row));
  }
}

/** FNV-1a over UTF-16 units, mixed at the end. */
function hashOf(name: string, seed: number): number {
  let hash = Math.imul(seed ^ 0x811c9dc5, 0x9e3779b1);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  return ((hash ^ (hash >>> 13)) >>> 0) % COUNTERS;
}
