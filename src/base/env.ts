/** What the pure floors may ask of the world: randomness, cryptography, a log, the wall clock. Interfaces only. */
import type { Millis } from './machine.ts';

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** Synchronous primitives. Inputs are borrowed, results are given away. */
export interface CryptoProvider {
  hash(name: HashName, data: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Compares in time that depends on the lengths only. Different lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** Cryptographically strong in the shells, seeded in tests. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** Uniform in 0 … 2³² − 1. */
  uint32(): number;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. The message is a constant sentence; what varies goes into the fields. Secrets go nowhere. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One argument that carries everything impure. Monotonic time is not in it: `now` comes with each call. */
export interface Env {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds since 1970, for what must mean something to others: expiry stamps, certificates. */
  wallClock(): Millis;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Uniform in 0 … `bound` − 1, without modulo bias. `bound` is 1 … 2³². */
export function randomBelow(random: Random, bound: number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let value = random.uint32();
  while (value >= limit) value = random.uint32();
  return value % bound;
}
