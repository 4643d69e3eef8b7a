/** What the pure floors may ask of the world: randomness, cryptography, a log, the wall clock. Interfaces only. */
import type { CryptoProvider } from './crypto.ts';
import type { Millis } from './machine.ts';
import type { Random } from './random.ts';

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
