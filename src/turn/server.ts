/**
 * The TURN server as a machine: one call for each thing that happens, packets and orders out. Owns no socket and no
 * clock. What somebody without credentials sends leaves nothing behind. RFC 8656; Binding: RFC 8489 §6.
 *
 * The queues hold what one call produced. The driver drains them after each call, so they stay short.
 */
import {
  BucketTable,
  type Env,
  encodeUtf8,
  type Machine,
  type Millis,
  NEVER,
  Queue,
  type SocketAddress,
} from '../base/index.ts';
import {
  bindingResponse,
  checkFingerprint,
  decodeMessage,
  MessageClass,
  prepareOpaqueString,
  type StunMessage,
  StunMethod,
  TRANSACTION_ID_BYTES,
} from '../stun/index.ts';
import { grantedLifetimeSeconds, readAllocateWish } from './allocate-wish.ts';
import { Allocation } from './allocation.ts';
import { AllocationBook, type OpeningOutcome } from './allocation-book.ts';
import { AnswerMemory, isTicketOf, type RequestTicket, ticketOf } from './answer-memory.ts';
import { Answers } from './answers.ts';
import { decodeFirstOfFour, decodeU32, ipFamilyOf } from './attributes.ts';
import { type AuthenticatedUser, Authenticator, type Verdict } from './authenticator.ts';
import { isChannelData } from './channel-data.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { CredentialBook } from './credential-book.ts';
import { DataPath } from './data-path.ts';
import { unknownRequired } from './known-attributes.ts';
import { isReliable, type Leg } from './leg.ts';
import { NonceMint } from './nonce.ts';
import { PeerPolicy } from './peer-policy.ts';
import { PeerRequests } from './peer-requests.ts';
import type { RelayId } from './relay.ts';
import type { TurnServerEvent, TurnStatistics, TurnTransmit } from './server-events.ts';
import {
  DEFAULT_LIFETIMES,
  DEFAULT_LIMITS,
  type TurnLifetimes,
  type TurnServerOptions,
} from './server-options.ts';
import { subscriberOf } from './subscriber.ts';

/** One sweep looks at every allocation, so there is at most one a second; what has expired is refused before that. */
const SWEEP_INTERVAL_MS = 1000;

export class TurnServer implements Machine<TurnServerEvent, TurnTransmit> {
  readonly #env: Env;
  readonly #lifetimes: TurnLifetimes;
  readonly #strictExpiry: boolean;
  readonly #transmits = new Queue<TurnTransmit>();
  readonly #events = new Queue<TurnServerEvent>();
  readonly #nonces: NonceMint;
  readonly #authenticator: Authenticator;
  readonly #answers: Answers;
  readonly #memory: AnswerMemory;
  readonly #unauthenticated: BucketTable;
  readonly #policy: PeerPolicy;
  readonly #book: AllocationBook;
  readonly #peerRequests: PeerRequests;
  readonly #data: DataPath;
  readonly #counts = { bindings: 0, challenges: 0, retransmissions: 0, malformed: 0, rateLimited: 0 };
  #now: Millis = 0;
  #sweptAt: Millis = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Throws `RangeError`, `TypeError` or `StackError` `TURN_USER_INVALID` for options that cannot work. */
  constructor(env: Env, options: TurnServerOptions) {
    const realm = prepareOpaqueString(options.realm);
    if (realm === undefined) throw new TypeError('The TURN realm is empty or holds control characters.');
    const { crypto, random } = env;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#env = env;
    this.#lifetimes = { ...DEFAULT_LIFETIMES, ...options.lifetimes };
    this.#strictExpiry = options.strictExpiry ?? false;
    this.#nonces = new NonceMint(crypto, options.nonceSecret, this.#lifetimes.nonceSeconds);
    const credentials = new CredentialBook(crypto, realm, options.users ?? [], options.restSecrets ?? []);
    this.#authenticator = new Authenticator(
      crypto,
      encodeUtf8(realm),
      this.#nonces,
      credentials,
      random.bytes(16),
    );
    this.#answers = new Answers(crypto, realm, options.software);
    this.#memory = new AnswerMemory(limits.rememberedAnswers);
    this.#unauthenticated = new BucketTable(limits.unauthenticatedAnswers, limits.rateTableKeys);
    this.#policy = new PeerPolicy(options.peerPolicy);
    const reservationMs = this.#lifetimes.reservationSeconds * 1000;
    this.#book = new AllocationBook(
      random,
      options,
      { portAttempts: limits.portAttempts, reservationMs },
      this.#events,
    );
    this.#peerRequests = new PeerRequests(this.#book, this.#policy, this.#lifetimes, limits);
    this.#data = new DataPath(this.#book, this.#policy, this.#transmits, () =>
      random.bytes(TRANSACTION_ID_BYTES),
    );
  }

  get statistics(): TurnStatistics {
    const { relayedPackets, relayedBytes, droppedPackets } = this.#data;
    return {
      ...this.#counts,
      allocations: this.#book.allocationCount,
      relays: this.#book.relayCount,
      rememberedAnswers: this.#memory.size,
      relayedPackets,
      relayedBytes,
      droppedPackets,
    };
  }

  /** Replaces `peerPolicy.ownServices`, when the machine's addresses have changed. */
  setOwnServices(services: readonly SocketAddress[]): void {
    this.#policy.setOwnServices(services);
  }

  /** One STUN message or ChannelData: a datagram, or one frame of a stream. Borrowed. */
  handleClientMessage(now: Millis, leg: Leg, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    // The first byte decides before anything is parsed. RFC 8656 §12, table 3.
    if (isChannelData(bytes)) this.#data.handleChannelData(this.#now, leg, bytes);
    else this.#handleStun(leg, bytes);
  }

  /** The stream to this client has ended, and its allocation with it. RFC 8656 §3.1: a 5-tuple that is gone. */
  handleLegClosed(now: Millis, leg: Leg): void {
    if (this.#advance(now)) this.#book.endLeg(this.#now, leg.id);
  }

  /** A datagram has reached a relayed address. `from.ip` in canonical text, `bytes` borrowed. */
  handlePeerDatagram(now: Millis, relay: RelayId, from: SocketAddress, bytes: Uint8Array): void {
    if (this.#advance(now)) this.#data.handlePeerDatagram(this.#now, relay, from, bytes);
  }

  handleRelayOpened(now: Millis, relay: RelayId): void {
    if (this.#advance(now)) this.#concludeAllocate(this.#book.relayOpened(this.#now, relay));
  }

  handleRelayFailed(now: Millis, relay: RelayId, reason: 'in-use' | 'unavailable'): void {
    if (this.#advance(now)) this.#concludeAllocate(this.#book.relayFailed(this.#now, relay, reason));
  }

  /** Ends every allocation; the orders to close the sockets are the last thing that comes out. */
  close(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#book.endAll(this.#now);
    this.#memory.clear();
    this.#transmits.clear();
    this.#closed = true;
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now) || this.nextTimeout() > this.#now) return;
    this.#sweptAt = this.#now;
    this.#memory.forgetOld(this.#now);
    for (const refused of this.#book.sweep(this.#now)) this.#concludeAllocate(refused);
  }

  nextTimeout(): Millis {
    if (this.#closed) return NEVER;
    const due = Math.min(this.#book.earliestExpiry, this.#memory.nextForget());
    return due === NEVER ? NEVER : Math.max(due, this.#sweptAt + SWEEP_INTERVAL_MS);
  }

  pollTransmit(): TurnTransmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): TurnServerEvent | undefined {
    return this.#events.take();
  }

  #advance(now: Millis): boolean {
    this.#now = Math.max(this.#now, now);
    return !this.#closed;
  }

  #handleStun(leg: Leg, bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (!message || checkFingerprint(message) === 'wrong') {
      this.#counts.malformed += 1;
      if (isReliable(leg)) this.#events.push({ type: 'close-leg', leg, reason: 'malformed STUN message' });
    } else if (message.class === MessageClass.REQUEST) {
      const answer = this.#handleRequest(leg, message);
      if (answer) this.#send(leg, answer);
    } else if (message.class === MessageClass.INDICATION && message.method === TurnMethod.SEND) {
      this.#data.handleSend(this.#now, leg, message);
    }
    // Else: a Binding indication only keeps a NAT awake; a response answers nothing, since we never ask.
  }

  /** The answer, or `undefined` when there is none, or not yet. */
  #handleRequest(leg: Leg, request: StunMessage): Uint8Array | undefined {
    switch (request.method) {
      case StunMethod.BINDING:
        return this.#handleBinding(leg, request);
      case TurnMethod.ALLOCATE:
      case TurnMethod.REFRESH:
      case TurnMethod.CREATE_PERMISSION:
      case TurnMethod.CHANNEL_BIND:
        return this.#handleTurnRequest(leg, request);
      default:
        // RFC 8489 §6.3: a method that is not supported is silently discarded.
        this.#counts.malformed += 1;
        return undefined;
    }
  }

  /** RFC 8489 §6.3.1. Open to everybody, so it is counted against the source address. */
  #handleBinding(leg: Leg, request: StunMessage): Uint8Array | undefined {
    if (!this.#mayAnswerUnauthenticated(leg)) return undefined;
    const unknown = unknownRequired(request);
    if (unknown.length > 0) return this.#answers.bareError(request, 420, unknown);
    this.#counts.bindings += 1;
    return bindingResponse(request, leg.client);
  }

  #handleTurnRequest(leg: Leg, request: StunMessage): Uint8Array | undefined {
    const remembered = isReliable(leg) ? undefined : this.#memory.recall(this.#now, leg, request);
    if (remembered) {
      this.#counts.retransmissions += 1;
      return remembered;
    }
    const allocation = this.#book.find(this.#now, leg.id);
    const holder = this.#strictExpiry ? undefined : allocation?.user;
    const verdict = this.#authenticator.check(this.#env.wallClock(), leg, request, holder);
    if (verdict.kind !== 'user') return this.#rejectStranger(leg, request, verdict);
    const { user } = verdict;
    // RFC 8489 §6.3.1: unknown attributes come after authentication. DONT-FRAGMENT has its own place in Allocate.
    const unknown = unknownRequired(request).filter((type) => type !== TurnAttribute.DONT_FRAGMENT);
    if (unknown.length > 0) return this.#refuse(leg, request, user, 420, unknown);
    if (request.method === TurnMethod.ALLOCATE) return this.#handleAllocate(leg, request, user, allocation);
    // RFC 8656 §5: every other request needs an allocation, and the user who made it.
    if (!allocation) return this.#refuse(leg, request, user, 437);
    if (allocation.user.username !== user.username) return this.#refuse(leg, request, user, 441);
    if (request.method === TurnMethod.REFRESH) return this.#handleRefresh(leg, request, user, allocation);
    const result =
      request.method === TurnMethod.CREATE_PERMISSION
        ? this.#peerRequests.createPermission(this.#now, allocation, request)
        : this.#peerRequests.channelBind(this.#now, allocation, request);
    if (result !== 'done') return this.#refuse(leg, request, user, result);
    return this.#remember(leg, ticketOf(leg, request), this.#answers.success(request, user));
  }

  /** RFC 8489 §9.2.4: what somebody hears who has not proved who they are. Leaves no state. */
  #rejectStranger(
    leg: Leg,
    request: StunMessage,
    verdict: Exclude<Verdict, { kind: 'user' }>,
  ): Uint8Array | undefined {
    if (!this.#mayAnswerUnauthenticated(leg)) return undefined;
    if (verdict.kind === 'bad-request') {
      this.#noteRefusal(leg, request.method, 400);
      return this.#answers.bareError(request, 400);
    }
    if (verdict.firstTry) this.#counts.challenges += 1;
    else this.#noteRefusal(leg, request.method, verdict.code);
    const nonce = this.#nonces.issue(this.#env.wallClock(), leg);
    return this.#answers.challenge(request, verdict.code, nonce);
  }

  /** RFC 8656 §7.2. Step 1, authentication, is done. */
  #handleAllocate(
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    existing: Allocation | undefined,
  ): Uint8Array | undefined {
    // Step 2: is the 5-tuple in use? The same transaction again is a retransmission, not a second request.
    if (existing) {
      if (!isTicketOf(existing.createdBy, leg, request)) return this.#refuse(leg, request, user, 437);
      this.#counts.retransmissions += 1;
      return existing.answer.slice();
    }
    const opening = this.#book.openingOf(leg.id);
    if (opening) {
      const repeated = isTicketOf(opening.request.ticket, leg, request);
      return repeated ? undefined : this.#refuse(leg, request, user, 437);
    }
    // Steps 3 … 9, as far as the request alone tells.
    const result = readAllocateWish(request, (family) => this.#book.supports(family));
    if (result.kind === 'refused') {
      const unknown = result.code === 420 ? [TurnAttribute.DONT_FRAGMENT] : [];
      return this.#refuse(leg, request, user, result.code, unknown);
    }
    // Steps 5, 8, 9, 10: tokens, ports and quotas. The answer may have to wait for a socket.
    const outcome = this.#book.open(this.#now, {
      leg,
      user,
      transactionId: request.transactionId.slice(),
      ticket: ticketOf(leg, request),
      lifetimeSeconds: grantedLifetimeSeconds(request, this.#lifetimes),
      wish: result.wish,
    });
    this.#concludeAllocate(outcome);
    return undefined;
  }

  #concludeAllocate(outcome: OpeningOutcome | undefined): void {
    if (!outcome || outcome.kind === 'waiting') return;
    const { leg, ticket } = outcome.request;
    const answer = outcome.kind === 'granted' ? this.#grant(outcome) : this.#deny(outcome);
    this.#send(leg, this.#remember(leg, ticket, answer));
  }

  #grant(outcome: Extract<OpeningOutcome, { kind: 'granted' }>): Uint8Array {
    const { leg, user, transactionId, ticket, lifetimeSeconds, wish } = outcome.request;
    const failed = wish.missingFamily
      ? { family: wish.missingFamily, code: 440 as const }
      : outcome.failedFamily && { family: outcome.failedFamily, code: 508 as const };
    const { relays, token } = outcome;
    const answer = this.#answers.allocated(transactionId, user, leg, {
      relays,
      lifetimeSeconds,
      token,
      failed,
    });
    const allocation = new Allocation(this.#now, leg, user, relays, ticket, answer.slice());
    this.#book.add(allocation, this.#now + lifetimeSeconds * 1000);
    const relayed = relays.map((relay) => relay.address);
    this.#events.push({ type: 'allocation-created', leg, username: user.username, relayed, lifetimeSeconds });
    return answer;
  }

  #deny(outcome: Extract<OpeningOutcome, { kind: 'refused' }>): Uint8Array {
    const { leg, user, transactionId } = outcome.request;
    this.#noteRefusal(leg, TurnMethod.ALLOCATE, outcome.code);
    return this.#answers.error({ method: TurnMethod.ALLOCATE, transactionId }, user, outcome.code);
  }

  /** RFC 8656 §8.2. */
  #handleRefresh(
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    allocation: Allocation,
  ): Uint8Array {
    const familyValue = request.get(TurnAttribute.REQUESTED_ADDRESS_FAMILY);
    const family = familyValue && ipFamilyOf(decodeFirstOfFour(familyValue));
    const relays = allocation.relays.filter((relay) => !familyValue || relay.family === family);
    if (relays.length === 0) return this.#refuse(leg, request, user, 443);
    const lifetimeValue = request.get(TurnAttribute.LIFETIME);
    const asked = lifetimeValue && decodeU32(lifetimeValue);
    if (lifetimeValue && asked === undefined) return this.#refuse(leg, request, user, 400);

    // "Desired lifetime": zero deletes.
    const lifetimeSeconds = asked === 0 ? 0 : grantedLifetimeSeconds(request, this.#lifetimes);
    if (lifetimeSeconds === 0) this.#book.end(this.#now, allocation, relays, 'deleted');
    else for (const relay of relays) this.#book.extend(relay, this.#now + lifetimeSeconds * 1000);
    allocation.prune(this.#now);
    const answer = this.#answers.success(request, user, (writer) => {
      writer.u32(TurnAttribute.LIFETIME, lifetimeSeconds);
    });
    return this.#remember(leg, ticketOf(leg, request), answer);
  }

  #refuse(
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    code: number,
    unknown: readonly number[] = [],
  ): Uint8Array {
    this.#noteRefusal(leg, request.method, code);
    const answer = this.#answers.error(request, user, code, unknown);
    return this.#remember(leg, ticketOf(leg, request), answer);
  }

  #noteRefusal(leg: Leg, method: number, code: number): void {
    this.#events.push({ type: 'refused', leg, method, code });
  }

  /** An answer to somebody who has proved who they are is kept for retransmissions, where there can be any. */
  #remember(leg: Leg, ticket: RequestTicket, answer: Uint8Array): Uint8Array {
    if (!isReliable(leg)) this.#memory.remember(this.#now, ticket, answer);
    return answer;
  }

  #send(leg: Leg, bytes: Uint8Array): void {
    this.#transmits.push({ kind: 'client', leg, bytes });
  }

  /** A stream's source address is proven by its handshake; a datagram's may be a victim's. */
  #mayAnswerUnauthenticated(leg: Leg): boolean {
    if (isReliable(leg) || this.#unauthenticated.take(subscriberOf(leg.client.ip), this.#now)) return true;
    this.#counts.rateLimited += 1;
    return false;
  }
}
