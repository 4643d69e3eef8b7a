/**
 * What was last found for a name of the kernel, without making a string of it. A cache, not a table: each name has one
 * place, and who comes later takes it. So it never grows, whoever sends.
 */
import type { KernelMemory } from './kernel-memory.ts';
import { isName, type NameWords, wordsOf } from './socket-name.ts';

interface Place<T> {
  readonly words: NameWords;
  readonly value: T;
}

export class NameCache<T> {
  readonly #places: (Place<T> | undefined)[];
  readonly #mask: number;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#places = new Array(places).fill(undefined);
    this.#mask = places - 1;
  }

  get(memory: KernelMemory, at: number): T | undefined {
    const place = this.#places[placeOf(memory, at) & this.#mask];
    return place && isName(place.words, memory, at) ? place.value : undefined;
  }

  set(memory: KernelMemory, at: number, value: T): void {
    this.#places[placeOf(memory, at) & this.#mask] = { words: wordsOf(memory, at), value };
  }

  delete(memory: KernelMemory, at: number): void {
    const place = placeOf(memory, at) & this.#mask;
    const found = this.#places[place];
    if (found && isName(found.words, memory, at)) this.#places[place] = undefined;
  }

  clear(): void {
    this.#places.fill(undefined);
  }
}

/** Multipliers of xxHash32 (primes with well spread bits). An IPv4 name has zeros behind word 1. */
function placeOf({ i32 }: KernelMemory, at: number): number {
  const i = at >> 2;
  let hash = Math.imul(i32[i] ?? 0, 0x9e3779b1) ^ Math.imul(i32[i + 1] ?? 0, 0x85ebca77);
  if (((i32[i] ?? 0) & 0xffff) !== 2) {
    hash ^= Math.imul((i32[i + 2] ?? 0) ^ Math.imul(i32[i + 3] ?? 0, 0x27d4eb2f), 0xc2b2ae3d);
    hash ^= Math.imul((i32[i + 4] ?? 0) ^ Math.imul(i32[i + 5] ?? 0, 0x165667b1), 0x9e3779b1);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca77);
  return (hash ^ (hash >>> 13)) >>> 0;
}
