/**
 * Drives one machine in real time: mutate, drain, arm one timer. The only place where a machine meets a clock.
 * Knows nothing of what is transmitted. ARCHITECTURE.md, law 1.
 */
import { type Machine, type Millis, NEVER } from '../base/index.ts';
import { monotonicNow } from './clock.ts';

export interface DriverOptions<Event, Out> {
  /** Takes what leaves the machine, oldest first; the bytes are given away. */
  readonly onTransmit: (out: Out) => void;
  /** May call `run` again. */
  readonly onEvent: (event: Event) => void;
  /** Whatever was thrown by the machine (a broken invariant) or by the handlers above. Must not throw. */
  readonly onFailure: (error: unknown) => void;
  /** Whether an armed timer keeps the process alive. Default: no. */
  readonly keepAlive?: boolean;
  readonly now?: () => Millis;
}

export interface Driver {
  /** Calls `step` with the time, then drains. */
  run(step: (now: Millis) => void): void;
  /** Stops the timer; later calls of `run` do nothing. */
  close(): void;
}

/** setTimeout fires at once when it is given more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A machine that fails at its own deadline would fail again at once: give the rest of the process room. */
const WAIT_AFTER_FAILURE_MS = 1_000;

/** One bad item is skipped; a queue that throws again and again would never run dry. */
const MAX_FAILURES_PER_DRAIN = 16;

export function driveMachine<Event, Out>(
  machine: Machine<Event, Out>,
  options: DriverOptions<Event, Out>,
): Driver {
  return new MachineDriver(machine, options);
}

class MachineDriver<Event, Out> implements Driver {
  readonly #machine: Machine<Event, Out>;
  readonly #options: DriverOptions<Event, Out>;
  readonly #now: () => Millis;
  #timer: NodeJS.Timeout | undefined;
  /** When the armed timer fires. It may be earlier than needed: moving a timer for every packet costs more than one idle wake-up. */
  #armedFor: Millis = NEVER;
  #draining = false;
  #closed = false;
  #quietUntil: Millis = 0;

  constructor(machine: Machine<Event, Out>, options: DriverOptions<Event, Out>) {
    this.#machine = machine;
    this.#options = options;
    this.#now = options.now ?? monotonicNow;
    this.#arm();
  }

  run(step: (now: Millis) => void): void {
    if (this.#closed) return;
    this.#attempt(() => step(this.#now()));
    // A handler called from the drain below: the loop that is already running takes what this step gave.
    if (this.#draining) return;
    this.#draining = true;
    this.#drain();
    this.#draining = false;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #drain(): void {
    const { onTransmit, onEvent } = this.#options;
    let failures = 0;
    for (let more: boolean | undefined = true; more !== false && !this.#closed; ) {
      more = this.#attempt(() => {
        const out = this.#machine.pollTransmit();
        if (out !== undefined) {
          onTransmit(out);
          return true;
        }
        const event = this.#machine.pollEvent();
        if (event === undefined) return false;
        onEvent(event);
        return true;
      });
      if (more === undefined) failures += 1;
      if (failures >= MAX_FAILURES_PER_DRAIN) return;
    }
  }

  #arm(): void {
    if (this.#closed) return;
    const next = Math.max(this.#machine.nextTimeout(), this.#quietUntil);
    if (next === NEVER) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined && this.#armedFor <= next) return;
    clearTimeout(this.#timer);
    this.#armedFor = next;
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(next - this.#now())));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.run((now) => this.#machine.handleTimeout(now));
    }, delayMs);
    if (this.#options.keepAlive !== true) this.#timer.unref();
  }

  /** The result of `work`, or `undefined` after reporting what it threw. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#quietUntil = this.#now() + WAIT_AFTER_FAILURE_MS;
      this.#options.onFailure(error);
      return undefined;
    }
  }
}
