/**
 * A world of its own: one clock that jumps from action to action, one seed from which all chance comes, one log of
 * packets. Equal seeds and equal deeds give equal logs. ARCHITECTURE.md, "vnet: the internet in virtual time".
 */
import {
  type CryptoProvider,
  type Env,
  type Log,
  type Millis,
  SeededRandom,
  silentLog,
} from '../base/index.ts';
import { PacketLog } from './packet-log.ts';
import { Schedule, type Scheduled } from './schedule.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Milliseconds since 1970 at virtual time 0. */
  readonly epoch?: Millis;
  /** Packet records kept; what comes after them is only digested. */
  readonly maxLogRecords?: number;
}

/** June 2025: any fixed day will do. */
const DEFAULT_EPOCH = 1_750_000_000_000;

/** About 100 bytes each beside their payload. */
const DEFAULT_MAX_LOG_RECORDS = 100_000;

/** Actions at one and the same time: more is a loop that never lets time pass. */
const MAX_ACTIONS_WITHOUT_TIME = 1_000_000;

export class World {
  readonly epoch: Millis;
  readonly log: PacketLog;
  /** What names stand for, for `Host.lookup`. */
  readonly names = new Map<string, readonly string[]>();
  readonly #schedule = new Schedule();
  readonly #random: SeededRandom;
  #now: Millis = 0;

  constructor(options: WorldOptions) {
    this.epoch = options.epoch ?? DEFAULT_EPOCH;
    this.log = new PacketLog(options.maxLogRecords ?? DEFAULT_MAX_LOG_RECORDS);
    this.#random = new SeededRandom(options.seed);
  }

  /** Milliseconds since the world began. */
  get now(): Millis {
    return this.#now;
  }

  /** A source of chance of its own, so that what one part draws does not change what another gets. */
  newRandom(): SeededRandom {
    return new SeededRandom(this.#random.uint32());
  }

  /** For a machine in this world. Only the cryptography comes from outside. */
  newEnv(crypto: CryptoProvider, log: Log = silentLog): Env {
    return { crypto, random: this.newRandom(), log, wallClock: () => this.epoch + this.#now };
  }

  /** Does `act` after `delayMs` (0: after all that is due now), never from inside this call. */
  after(delayMs: Millis, act: () => void): Scheduled {
    return this.at(this.#now + delayMs, act);
  }

  /** Does `act` at a point in time; one that has passed is now. */
  at(atMs: Millis, act: () => void): Scheduled {
    return this.#schedule.add(Math.max(this.#now, atMs), act);
  }

  /** Lets `ms` pass. What an action throws comes out here. */
  run(ms: Millis): void {
    this.runUntil(this.#now + ms);
  }

  /** Runs until `end`, or until `done` says so after an action; returns what `done` says then. */
  runUntil(end: Millis, done: () => boolean = () => false): boolean {
    let withoutTime = 0;
    while (!done()) {
      const next = this.#schedule.next();
      if (next > end) {
        this.#now = Math.max(this.#now, end);
        return done();
      }
      withoutTime = next > this.#now ? 0 : withoutTime + 1;
      if (withoutTime > MAX_ACTIONS_WITHOUT_TIME) {
        throw new Error(
          `The virtual network does not get beyond ${this.#now} ms: something acts again and again.`,
        );
      }
      this.#now = Math.max(this.#now, next);
      this.#schedule.take()?.();
    }
    return true;
  }
}
