/** Drives one machine in virtual time: mutate, drain, one deadline. As the driver of a real clock, for a `World`. ARCHITECTURE.md, law 1. */
import { type Machine, type Millis, NEVER } from '../base/index.ts';
import type { Scheduled } from './schedule.ts';
import type { World } from './world.ts';

export interface VirtualDriverOptions<Event, Out> {
  /** Takes what leaves the machine, oldest first; the bytes are given away. */
  readonly onTransmit: (out: Out) => void;
  /** May call `run` again. */
  readonly onEvent: (event: Event) => void;
}

/** What one drain may bring forth: more is a machine that answers itself. */
const MAX_OUTPUTS_PER_DRAIN = 1_000_000;

export class VirtualDriver<Event, Out> {
  readonly #world: World;
  readonly #machine: Machine<Event, Out>;
  readonly #options: VirtualDriverOptions<Event, Out>;
  #deadline: Scheduled | undefined;
  #draining = false;
  #closed = false;

  constructor(world: World, machine: Machine<Event, Out>, options: VirtualDriverOptions<Event, Out>) {
    this.#world = world;
    this.#machine = machine;
    this.#options = options;
    this.#arm();
  }

  /** Calls `step` with the time, then drains. What the machine throws comes out: in a simulation it is a finding. */
  run(step: (now: Millis) => void): void {
    if (this.#closed) return;
    step(this.#world.now);
    // A handler called from the drain below: the loop that is already running takes what this step gave.
    if (this.#draining) return;
    this.#draining = true;
    try {
      this.#drain();
    } finally {
      this.#draining = false;
    }
    this.#arm();
  }

  /** Later calls of `run` do nothing. */
  close(): void {
    this.#closed = true;
    this.#deadline?.cancel();
  }

  #drain(): void {
    for (let outputs = 0; !this.#closed; outputs++) {
      if (outputs > MAX_OUTPUTS_PER_DRAIN) throw new Error('A machine brings forth output without end.');
      const out = this.#machine.pollTransmit();
      if (out !== undefined) {
        this.#options.onTransmit(out);
        continue;
      }
      const event = this.#machine.pollEvent();
      if (event === undefined) return;
      this.#options.onEvent(event);
    }
  }

  #arm(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    const next = this.#machine.nextTimeout();
    if (this.#closed || next === NEVER) return;
    this.#deadline = this.#world.at(next, () => this.run((now) => this.#machine.handleTimeout(now)));
  }
}
