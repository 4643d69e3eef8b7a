/**
 * What a worker does all day: wait for its sockets, drain them, send. It waits inside the kernel, not in the event loop of
 * Node, which has its turn when somebody rings and now and then. Under load packets gather for a moment before it
 * looks again, so that they share a wake-up. docs/adr/0008.
 */
import { monotonicNow, type Poller } from '../../../node/index.ts';
import type { SourceTable } from './source-table.ts';
import type { TurnShard } from './turn-shard.ts';

/** A third of what may be added to the way of a packet at the 99th percentile (1 ms). */
const GATHER_MICROS = 300;
/** Gathering pays from this many packets in that time on. */
const WORTH_GATHERING = 2;
/** How fast the estimate of the load follows: some ten rounds. */
const SMOOTHING = 0.1;
/** Timers and messages of Node wait no longer than this while packets never stop. */
const NODE_TURN_EVERY_MS = 10;
const LONGEST_WAIT_MS = 1000;

export class WorkerLoop {
  readonly #poller: Poller;
  readonly #sources: SourceTable;
  readonly #shard: TurnShard;
  readonly #onBell: () => void;
  #stopping = false;

  constructor(poller: Poller, sources: SourceTable, shard: TurnShard, onBell: () => void) {
    this.#poller = poller;
    this.#sources = sources;
    this.#shard = shard;
    this.#onBell = onBell;
  }

  stop(): void {
    this.#stopping = true;
  }

  async run(): Promise<void> {
    const { machine } = this.#shard;
    let nodeTurnAt = 0;
    let packetsPerMs = 0;
    let lastRoundAt = monotonicNow();
    while (!this.#stopping) {
      const gathers = packetsPerMs * GATHER_MICROS >= WORTH_GATHERING * 1000;
      if (gathers) this.#poller.pause(GATHER_MICROS);
      const idleMs = Math.min(
        LONGEST_WAIT_MS,
        Math.max(0, Math.ceil(machine.nextTimeout() - monotonicNow())),
      );
      const ready = this.#poller.wait(gathers ? 0 : idleMs);
      const now = monotonicNow();
      const { packets, rang } = this.#round(now, ready);
      const passedMs = Math.max(0.001, now - lastRoundAt);
      lastRoundAt = now;
      // A pause that found nothing counts in full, so that the load is soon known to be gone.
      packetsPerMs += (packets / passedMs - packetsPerMs) * Math.min(1, SMOOTHING * Math.max(1, passedMs));
      if (machine.nextTimeout() <= now) this.#shard.handleTimeout(now);
      if (rang || now - nodeTurnAt >= NODE_TURN_EVERY_MS) {
        nodeTurnAt = now;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }

  #round(now: number, ready: number): { packets: number; rang: boolean } {
    const { mover } = this.#shard;
    let packets = 0;
    let rang = false;
    for (let i = 0; i < ready; i++) {
      const source = this.#sources.get(this.#poller.tagOf(i));
      if (!source) continue;
      if (source.kind === 'listener') packets += mover.readListener(now, source);
      else if (source.kind === 'relay') packets += mover.readRelay(now, source);
      else {
        rang = true;
        this.#onBell();
      }
    }
    mover.flush();
    return { packets, rang };
  }
}
