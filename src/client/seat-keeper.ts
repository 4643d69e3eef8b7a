/** Remembers the seat of this tab, so that a reloaded page joins the same room as the same person. */
import type { SeatStorage } from './dependencies.ts';

const KEY = 'ieum.seat';

export class SeatKeeper {
  readonly #storage: SeatStorage | undefined;

  constructor(storage: SeatStorage | undefined) {
    this.#storage = storage;
  }

  /** The seat token that is kept for `room`. */
  seatFor(room: string): string | undefined {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(KEY) ?? 'null');
      if (typeof kept !== 'object' || kept === null || !('room' in kept) || !('seat' in kept))
        return undefined;
      return kept.room === room && typeof kept.seat === 'string' ? kept.seat : undefined;
    } catch {
      return undefined; // storage is forbidden, or holds what somebody else wrote: the page joins as a new person
    }
  }

  keep(room: string, seat: string): void {
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ room, seat }));
    } catch {
      // Storage is full or forbidden: a reload will cost the seat, the call goes on.
    }
  }

  forget(): void {
    try {
      this.#storage?.removeItem(KEY);
    } catch {
      // Storage is forbidden, so nothing is kept there either.
    }
  }
}
