/**
 * An allocation goes with its client to another address: which one a ticket names, whether it may move, and the next
 * ticket. The Refresh that asks for it is answered by others. RFC 8016 §3.2.2.
 */
import type { Millis, Queue } from '../base/index.ts';
import type { Allocation } from './allocation.ts';
import type { AllocationBook } from './allocation-book.ts';
import { canBeHandedOver, type Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import { MAX_SEQUENCE, type MobilityTicket, type MobilityTickets } from './mobility-tickets.ts';
import type { TurnServerEvent } from './server-events.ts';
import type { Shard } from './shard.ts';

/** What may become of a Refresh with a ticket. */
export type MoveVerdict =
  | { readonly kind: 'refused'; readonly code: 400 | 405 | 437 }
  /** Another shard answers. */
  | { readonly kind: 'handed-over' }
  | { readonly kind: 'may-move'; readonly allocation: Allocation; readonly sequence: number };

export class Moves {
  readonly #book: AllocationBook;
  readonly #tickets: MobilityTickets;
  readonly #settings: LiveSettings;
  readonly #shard: Shard;
  readonly #events: Queue<TurnServerEvent>;

  constructor(
    book: AllocationBook,
    tickets: MobilityTickets,
    settings: LiveSettings,
    shard: Shard,
    events: Queue<TurnServerEvent>,
  ) {
    this.#book = book;
    this.#tickets = tickets;
    this.#settings = settings;
    this.#shard = shard;
    this.#events = events;
  }

  /** Whose allocation it would be: its user's key may be needed to check the request. Believes the seal alone. */
  find(now: Millis, ticket: Uint8Array): Allocation | undefined {
    const known = this.#tickets.read(ticket);
    return known && this.#allocationOf(now, known);
  }

  /** For an authenticated request. `request` are its bytes, borrowed. Whether the user is the right one is left open. */
  judge(now: Millis, leg: Leg, ticket: Uint8Array, request: Uint8Array): MoveVerdict {
    if (!this.#settings.mobility) return { kind: 'refused', code: 405 };
    const known = this.#tickets.read(ticket);
    if (!known) return { kind: 'refused', code: 400 };
    const { shard, sequence } = known;
    const here = this.#book.find(now, leg.id) ?? this.#book.openingOf(leg.id);
    // Who has an allocation on this 5-tuple stays: handed over, nobody could reach it any more.
    if (shard !== this.#shard.index && shard < this.#shard.count && canBeHandedOver(leg) && !here) {
      this.#events.push({ type: 'hand-over', leg, shard, bytes: request.slice() });
      return { kind: 'handed-over' };
    }
    const allocation = this.#allocationOf(now, known);
    // Gone, or of another shard, or this 5-tuple has an allocation of its own.
    if (!allocation || (here && here !== allocation)) return { kind: 'refused', code: 437 };
    // "the same as the stored 5-tuple": nobody has moved.
    if (allocation.attached && allocation.leg.id === leg.id) return { kind: 'refused', code: 400 };
    const { oldest = 0, latest = 0 } = allocation.mobility ?? {};
    if (sequence < oldest || sequence > latest || latest >= MAX_SEQUENCE)
      return { kind: 'refused', code: 400 };
    return { kind: 'may-move', allocation, sequence };
  }

  /** Moves, and returns the next ticket. Tickets older than the one that came are void. */
  carryOut(allocation: Allocation, to: Leg, sequence: number): Uint8Array | undefined {
    const { mobility } = allocation;
    if (!mobility) return undefined;
    this.#book.move(allocation, to);
    mobility.oldest = sequence;
    mobility.latest += 1;
    return this.#tickets.mint(mobility.handle, mobility.latest);
  }

  #allocationOf(now: Millis, { shard, handle }: MobilityTicket): Allocation | undefined {
    return shard === this.#shard.index ? this.#book.findMobile(now, handle) : undefined;
  }
}
