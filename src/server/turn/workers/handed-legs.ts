/**
 * Clients of this worker whom another shard answers, because a token or a ticket of theirs is from there. Bounded: who has
 * been silent for longest is forgotten first, so that nobody loses a call to others who authenticate from many ports.
 */
import { AgingMap } from '../../../base/index.ts';
import type { LegId } from '../../../turn/index.ts';
import type { LegTable } from '../leg-table.ts';
import type { DatagramLeg } from './datagram-leg.ts';

/** Only who has authenticated gets here: a client that came by another way, or the second port of a pair. */
const MAX_LEGS = 4096;

export class HandedLegs {
  readonly #legs: LegTable<DatagramLeg>;
  readonly #handed = new AgingMap<LegId, DatagramLeg>();

  constructor(legs: LegTable<DatagramLeg>) {
    this.#legs = legs;
  }

  /** What comes on it goes to this shard from now on. */
  add(leg: DatagramLeg, shard: number): void {
    leg.shard = shard;
    this.#legs.hold(leg);
    this.#handed.set(leg.id, leg);
    const { oldest } = this.#handed;
    if (!oldest || this.#handed.size <= MAX_LEGS) return;
    this.takeBack(oldest.value);
  }

  /** It has been heard from. */
  touch(leg: DatagramLeg): void {
    this.#handed.touch(leg.id);
  }

  /** The other shard says that we answer it, or it is forgotten. Does nothing for those that were not handed over. */
  takeBack(leg: DatagramLeg): void {
    if (!this.#handed.delete(leg.id)) return;
    leg.shard = undefined;
    this.#legs.release(leg);
  }
}
