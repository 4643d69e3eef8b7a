/** Where the pure floors get randomness from. An interface, and even draws from it. */
/** Cryptographically strong in the shells, seeded in tests. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** Uniform in 0 … 2³² − 1. */
  uint32(): number;
}

/** Uniform in 0 … `bound` − 1, without modulo bias. `bound` is 1 … 2³². */
export function randomBelow(random: Random, bound: number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let value = random.uint32();
  while (value >= limit) value = random.uint32();
  return value % bound;
}
