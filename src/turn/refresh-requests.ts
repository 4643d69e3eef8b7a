/** Refresh: an allocation lives on, or ends. RFC 8656 §8.2. */
import type { Millis } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import { grantedLifetimeSeconds } from './allocate-wish.ts';
import type { Allocation } from './allocation.ts';
import type { AllocationBook } from './allocation-book.ts';
import { ticketOf } from './answer-memory.ts';
import type { Answers } from './answers.ts';
import { decodeFirstOfFour, decodeU32, ipFamilyOf } from './attributes.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { TurnAttribute } from './code-points.ts';
import type { Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import type { Moves } from './moves.ts';
import type { Replies } from './replies.ts';

export class RefreshRequests {
  readonly #book: AllocationBook;
  readonly #answers: Answers;
  readonly #replies: Replies;
  readonly #moves: Moves;
  readonly #settings: LiveSettings;

  constructor(
    book: AllocationBook,
    answers: Answers,
    replies: Replies,
    moves: Moves,
    settings: LiveSettings,
  ) {
    this.#book = book;
    this.#answers = answers;
    this.#replies = replies;
    this.#moves = moves;
    this.#settings = settings;
  }

  /**
   * By the user who made the allocation. `ticketSequence`: of the ticket by which it was named and moves here;
   * `undefined` when it is the one on this 5-tuple. RFC 8016 §3.2.2.
   */
  handle(
    now: Millis,
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    allocation: Allocation,
    ticketSequence: number | undefined,
  ): Uint8Array {
    const familyValue = request.get(TurnAttribute.REQUESTED_ADDRESS_FAMILY);
    const family = familyValue && ipFamilyOf(decodeFirstOfFour(familyValue));
    const relays = allocation.relays.filter((relay) => !familyValue || relay.family === family);
    if (relays.length === 0) return this.#replies.refuse(now, leg, request, user, 443);
    const lifetimeValue = request.get(TurnAttribute.LIFETIME);
    const asked = lifetimeValue && decodeU32(lifetimeValue);
    if (lifetimeValue && asked === undefined) return this.#replies.refuse(now, leg, request, user, 400);

    // RFC 7635 §9: from now on the key of the fresh token counts.
    if (user.token !== undefined) allocation.user = { ...user, quotaName: allocation.user.quotaName };

    // "Desired lifetime": zero deletes.
    const lifetimeSeconds = asked === 0 ? 0 : grantedLifetimeSeconds(request, this.#settings.lifetimes, user);
    if (lifetimeSeconds === 0) this.#book.end(now, allocation, relays, 'deleted');
    else for (const relay of relays) this.#book.extend(relay, now + lifetimeSeconds * 1000);
    allocation.prune(now);
    const moves = ticketSequence !== undefined && allocation.relays.length > 0;
    const ticket = moves ? this.#moves.carryOut(allocation, leg, ticketSequence) : undefined;
    const answer = this.#answers.success(request, user, (writer) => {
      writer.u32(TurnAttribute.LIFETIME, lifetimeSeconds);
      if (ticket) writer.attribute(TurnAttribute.MOBILITY_TICKET, ticket);
    });
    return this.#replies.remember(now, leg, ticketOf(leg, request), answer);
  }
}
