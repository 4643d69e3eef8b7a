/**
 * What a worker does all day: wait for its sockets, drain them, send. It waits inside the kernel, not in the event loop of
 * Node, which has its turn when somebody rings and now and then. Under load packets gather for a moment before it
 * looks again, so that they share a wake-up. docs/adr/0008.
 */
import { type Millis, NEVER } from '../../../base/index.ts';
import { monotonicNow, type Poller } from '../../../node/index.ts';
import type { SourceTable } from './source-table.ts';
import type { Source, TurnShard } from './turn-shard.ts';

/** A third of what may be added to the way of a packet at the 99th percentile (1 ms). */
const GATHER_MICROS = 300;
/** Gathering pays from this many packets in that time on. */
const WORTH_GATHERING = 2;
/** How fast the estimate of the load follows: some ten rounds. */
const SMOOTHING = 0.1;
/** Timers and messages of Node wait no longer than this while packets never stop. */
const REST_EVERY_MS = 10;
const LONGEST_WAIT_MS = 1000;
const EPOLLERR = 8;
/** A machine that fails again and again is better begun anew. */
const MAX_FAILURES = 16;
const FAILURES_FORGOTTEN_AFTER_MS = 60_000;

export interface LoopHandlers {
  /** Somebody rang: there are messages. */
  onBell(): void;
  /** Now and then, and before every long wait. */
  onRest(): void;
  onFailure(error: unknown): void;
}

export class WorkerLoop {
  readonly #poller: Poller;
  readonly #sources: SourceTable<Source>;
  readonly #shard: TurnShard;
  readonly #handlers: LoopHandlers;
  #stopping = false;
  #rang = false;
  #failures = 0;
  #failedAt: Millis = 0;

  constructor(poller: Poller, sources: SourceTable<Source>, shard: TurnShard, handlers: LoopHandlers) {
    this.#poller = poller;
    this.#sources = sources;
    this.#shard = shard;
    this.#handlers = handlers;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Resolves after `stop`. Rejects when the machine fails again and again. */
  async run(): Promise<void> {
    const { machine } = this.#shard;
    let rested = true;
    let restedAt = 0;
    let packetsPerMs = 0;
    let roundAt = monotonicNow();
    while (!this.#stopping) {
      const gathers = packetsPerMs * GATHER_MICROS >= WORTH_GATHERING * 1000;
      if (gathers) this.#poller.pause(GATHER_MICROS);
      // What has happened since the last rest is told soon, even if nothing else happens.
      const longest = rested ? LONGEST_WAIT_MS : REST_EVERY_MS;
      const ready = this.#poller.wait(gathers ? 0 : waitMs(machine.nextTimeout(), longest));
      const now = monotonicNow();
      const packets = this.guard(() => this.#round(now, ready)) ?? 0;
      const passedMs = Math.max(0.001, now - roundAt);
      roundAt = now;
      // A long wait counts in full, so that the load is soon known to be gone.
      packetsPerMs += (packets / passedMs - packetsPerMs) * Math.min(1, SMOOTHING * Math.max(1, passedMs));
      // While packets gather, looking in vain is no pause: only a wait that has ended is.
      rested = this.#rang || (ready === 0 && !gathers) || now - restedAt >= REST_EVERY_MS;
      if (!rested) continue;
      this.#rang = false;
      restedAt = now;
      this.#handlers.onRest();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Returns how many datagrams there were. */
  #round(now: Millis, ready: number): number {
    const { mover, machine } = this.#shard;
    let packets = 0;
    for (let i = 0; i < ready; i++) {
      const source = this.#sources.get(this.#poller.tagOf(i));
      if (!source) continue;
      if (source.kind === 'listener') packets += mover.readListener(now, source);
      else if (source.kind === 'relay') {
        if ((this.#poller.eventsOf(i) & EPOLLERR) !== 0) this.#shard.handleSendErrors(source);
        packets += mover.readRelay(now, source);
      } else if (source.kind === 'stream') {
        packets += this.#shard.readStream(now, source, this.#poller.eventsOf(i));
      } else {
        this.#rang = true;
        this.#handlers.onBell();
      }
    }
    if (machine.nextTimeout() <= now) this.#shard.handleTimeout(now);
    this.#shard.settle(now);
    return packets;
  }

  /** One bad packet or message is skipped; the loop goes on. Throws when that happens again and again. */
  guard<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const now = monotonicNow();
      if (now - this.#failedAt > FAILURES_FORGOTTEN_AFTER_MS) this.#failures = 0;
      this.#failedAt = now;
      this.#failures += 1;
      if (this.#failures >= MAX_FAILURES) throw error;
      this.#shard.mover.abandon();
      this.#handlers.onFailure(error);
      return undefined;
    }
  }
}

/** Whole milliseconds, at most `longest`; else not before the deadline. */
function waitMs(deadline: Millis, longest: Millis): number {
  if (deadline === NEVER) return longest;
  return Math.min(longest, Math.max(0, Math.ceil(deadline - monotonicNow())));
}
