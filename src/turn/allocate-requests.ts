/** Allocate: from the authenticated request to the answer, which may have to wait for a socket. RFC 8656 §7.2. */
import type { Millis, Queue } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import { grantedLifetimeSeconds, readAllocateWish } from './allocate-wish.ts';
import { Allocation, type Mobility } from './allocation.ts';
import type { AllocationBook, OpeningOutcome } from './allocation-book.ts';
import { alternatesFor } from './alternates.ts';
import { isTicketOf, ticketOf } from './answer-memory.ts';
import type { Answers } from './answers.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { canBeHandedOver, isReliable, type Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import type { MobilityTickets } from './mobility-tickets.ts';
import type { Replies } from './replies.ts';
import type { TurnServerEvent } from './server-events.ts';
import { foreignShardOf, type Shard } from './shard.ts';

export class AllocateRequests {
  readonly #book: AllocationBook;
  readonly #answers: Answers;
  readonly #replies: Replies;
  readonly #tickets: MobilityTickets;
  readonly #settings: LiveSettings;
  readonly #shard: Shard;
  readonly #events: Queue<TurnServerEvent>;

  constructor(
    book: AllocationBook,
    answers: Answers,
    replies: Replies,
    tickets: MobilityTickets,
    settings: LiveSettings,
    shard: Shard,
    events: Queue<TurnServerEvent>,
  ) {
    this.#book = book;
    this.#answers = answers;
    this.#replies = replies;
    this.#tickets = tickets;
    this.#settings = settings;
    this.#shard = shard;
    this.#events = events;
  }

  /** Step 1, authentication, is done. `undefined` when the answer comes later, by `conclude`, or from another shard. */
  handle(
    now: Millis,
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    existing: Allocation | undefined,
  ): Uint8Array | undefined {
    // Step 2: is the 5-tuple in use? The same transaction again is a retransmission, not a second request.
    if (existing) {
      if (!isTicketOf(existing.createdBy, leg, request)) {
        return this.#replies.refuse(now, leg, request, user, 437);
      }
      this.#replies.retransmissions += 1;
      return existing.answer.slice();
    }
    const opening = this.#book.openingOf(leg.id);
    if (opening) {
      const repeated = isTicketOf(opening.request.ticket, leg, request);
      return repeated ? undefined : this.#replies.refuse(now, leg, request, user, 437);
    }
    // Steps 3 … 9, as far as the request alone tells.
    const result = readAllocateWish(request, {
      has: (family) => this.#book.supports(family),
      mobility: this.#settings.mobility,
      tcpRelay: this.#settings.tcpRelay,
      reliable: isReliable(leg),
      dontFragment: this.#settings.capabilities.dontFragment,
    });
    if (result.kind === 'refused') {
      const unknown = result.code === 420 ? [TurnAttribute.DONT_FRAGMENT] : [];
      return this.#replies.refuse(now, leg, request, user, result.code, unknown);
    }
    const token = request.get(TurnAttribute.RESERVATION_TOKEN);
    const shard = token && canBeHandedOver(leg) ? foreignShardOf(this.#shard, token) : undefined;
    if (shard !== undefined) {
      this.#events.push({ type: 'hand-over', leg, shard, bytes: request.bytes.slice() });
      return undefined;
    }
    // Steps 5, 8, 9, 10: tokens, ports and quotas. The answer may have to wait for a socket.
    const wanted = {
      leg,
      user,
      transactionId: request.transactionId.slice(),
      ticket: ticketOf(leg, request),
      lifetimeSeconds: grantedLifetimeSeconds(request, this.#settings.lifetimes, user),
      wish: result.wish,
    };
    const outcome: OpeningOutcome = this.#settings.draining
      ? { kind: 'refused', request: wanted, code: 508 }
      : this.#book.open(now, wanted);
    this.conclude(now, outcome);
    return undefined;
  }

  /** Answers, when the outcome is one. */
  conclude(now: Millis, outcome: OpeningOutcome | undefined): void {
    if (!outcome || outcome.kind === 'waiting') return;
    const { leg, ticket } = outcome.request;
    const answer = outcome.kind === 'granted' ? this.#grant(now, outcome) : this.#deny(outcome);
    this.#replies.send(leg, this.#replies.remember(now, leg, ticket, answer));
  }

  #grant(now: Millis, outcome: Extract<OpeningOutcome, { kind: 'granted' }>): Uint8Array {
    const { leg, user, transactionId, ticket, lifetimeSeconds, wish } = outcome.request;
    const failed = wish.missingFamily
      ? { family: wish.missingFamily, code: 440 as const }
      : outcome.failedFamily && { family: outcome.failedFamily, code: 508 as const };
    const { relays, token } = outcome;
    const mobility: Mobility | undefined = wish.mobile
      ? { handle: this.#tickets.newHandle(), oldest: 0, latest: 0, next: undefined }
      : undefined;
    const answer = this.#answers.allocated(transactionId, user, leg, {
      relays,
      lifetimeSeconds,
      token,
      ticket: mobility && this.#tickets.mint(mobility.handle, mobility.latest),
      failed,
    });
    const id = this.#book.nextAllocationId();
    const allocation = new Allocation(now, id, leg, user, relays, ticket, answer.slice(), mobility);
    this.#book.add(allocation, now + lifetimeSeconds * 1000);
    const relayed = relays.map((relay) => relay.address);
    this.#events.push({ type: 'allocation-created', leg, username: user.username, relayed, lifetimeSeconds });
    return answer;
  }

  #deny({ request, code }: Extract<OpeningOutcome, { kind: 'refused' }>): Uint8Array {
    const { leg, user, transactionId } = request;
    const id = { method: TurnMethod.ALLOCATE, transactionId };
    // Step 11: who has no room, or is about to leave, may know somebody else.
    const other = code === 508 ? alternatesFor(this.#settings.alternateServers, leg, user) : undefined;
    this.#replies.note(leg, TurnMethod.ALLOCATE, other ? 300 : code);
    return other ? this.#answers.tryAlternate(id, user, other) : this.#answers.error(id, user, code);
  }
}
