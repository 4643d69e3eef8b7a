/**
 * The TURN server as a machine: one call for each thing that happens, packets and orders out. Owns no socket and no
 * clock. What somebody without credentials sends leaves nothing behind. RFC 8656; Binding: RFC 8489 §6.
 *
 * The queues hold what one call produced. The driver drains them after each call, so they stay short.
 */
import { type Env, type Machine, type Millis, NEVER, Queue, type SocketAddress } from '../base/index.ts';
import {
  bindingResponse,
  checkFingerprint,
  decodeMessage,
  MessageClass,
  prepareOpaqueString,
  StunAttribute,
  type StunMessage,
  StunMethod,
  TRANSACTION_ID_BYTES,
} from '../stun/index.ts';
import { AllocateRequests } from './allocate-requests.ts';
import { AllocationBook } from './allocation-book.ts';
import { AnswerMemory, ticketOf } from './answer-memory.ts';
import { Answers } from './answers.ts';
import type { FoundCredentials } from './asked-credentials.ts';
import type { IcmpError } from './attributes.ts';
import { Bandwidth } from './bandwidth.ts';
import type { Direction } from './bandwidth-ledger.ts';
import { LocalBandwidthLedger } from './bandwidth-ledger.ts';
import { isChannelData } from './channel-data.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { ConnectRequests } from './connect-requests.ts';
import type { ConnectionId } from './connection-id.ts';
import { noDataCounts } from './data-counts.ts';
import { DataPath } from './data-path.ts';
import { Gate } from './gate.ts';
import { IcmpReports } from './icmp-reports.ts';
import { unknownRequired } from './known-attributes.ts';
import { isReliable, type Leg } from './leg.ts';
import { applyChanges, type LiveSettings, liveSettings } from './live-settings.ts';
import { MobilityTickets } from './mobility-tickets.ts';
import { Moves } from './moves.ts';
import { PeerConnections } from './peer-connections.ts';
import { PeerPolicy } from './peer-policy.ts';
import { PeerRequests } from './peer-requests.ts';
import { RefreshRequests } from './refresh-requests.ts';
import type { RelayId } from './relay.ts';
import { Replies } from './replies.ts';
import type { Route, RouteMemo } from './route.ts';
import { Routes } from './routes.ts';
import { isSameUser } from './same-user.ts';
import type { TurnServerEvent, TurnStatistics, TurnTransmit } from './server-events.ts';
import type { TurnServerChanges, TurnServerOptions } from './server-options.ts';
import { factsOf, fits, type SessionFacts, type SessionFilter } from './session-facts.ts';
import { checkShard, ONLY_SHARD } from './shard.ts';
import { StreamData } from './stream-data.ts';

/** One sweep looks at every allocation, so there is at most one a second; what has expired is refused before that. */
const SWEEP_INTERVAL_MS = 1000;

export class TurnServer implements Machine<TurnServerEvent, TurnTransmit> {
  readonly #settings: LiveSettings;
  readonly #transmits = new Queue<TurnTransmit>();
  readonly #events = new Queue<TurnServerEvent>();
  readonly #answers: Answers;
  readonly #memory: AnswerMemory;
  readonly #replies: Replies;
  readonly #gate: Gate;
  readonly #policy: PeerPolicy;
  readonly #book: AllocationBook;
  readonly #allocates: AllocateRequests;
  readonly #moves: Moves;
  readonly #refreshes: RefreshRequests;
  readonly #peerRequests: PeerRequests;
  readonly #carried = noDataCounts();
  readonly #data: DataPath;
  readonly #routes: Routes;
  readonly #icmp: IcmpReports;
  readonly #connections: PeerConnections;
  readonly #streamData: StreamData;
  readonly #connects: ConnectRequests;
  readonly #counts = { bindings: 0, malformed: 0 };
  #now: Millis = 0;
  #sweptAt: Millis = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Throws `RangeError`, `TypeError` or `StackError` `TURN_USER_INVALID` for options that cannot work. */
  constructor(env: Env, options: TurnServerOptions) {
    const realm = prepareOpaqueString(options.realm);
    if (realm === undefined) throw new TypeError('The TURN realm is empty or holds control characters.');
    const { crypto, random } = env;
    const shard = options.shard ?? ONLY_SHARD;
    checkShard(shard);
    this.#settings = liveSettings(options);
    this.#answers = new Answers(crypto, realm, options.software);
    this.#memory = new AnswerMemory(this.#settings.limits.rememberedAnswers);
    this.#replies = new Replies(this.#answers, this.#memory, this.#transmits, this.#events);
    this.#gate = new Gate(env, realm, options, this.#settings, this.#answers, this.#replies, this.#events);
    this.#policy = new PeerPolicy(options.peerPolicy);
    this.#book = new AllocationBook(random, options, this.#settings, this.#events, (relay) =>
      this.#connects.relayClosed(relay),
    );
    const tickets = new MobilityTickets(crypto, random, options.nonceSecret, shard);
    this.#allocates = new AllocateRequests(
      this.#book,
      this.#answers,
      this.#replies,
      tickets,
      this.#settings,
      shard,
      this.#events,
    );
    this.#moves = new Moves(this.#book, tickets, this.#settings, shard, this.#events);
    this.#refreshes = new RefreshRequests(
      this.#book,
      this.#answers,
      this.#replies,
      this.#moves,
      this.#settings,
    );
    this.#peerRequests = new PeerRequests(this.#book, this.#policy, this.#settings);
    const bandwidth = new Bandwidth(this.#settings, options.bandwidthLedger ?? new LocalBandwidthLedger());
    const newTransactionId = (): Uint8Array => random.bytes(TRANSACTION_ID_BYTES);
    this.#data = new DataPath(
      this.#book,
      this.#policy,
      bandwidth,
      this.#settings.capabilities.dontFragment,
      this.#carried,
      this.#transmits,
      newTransactionId,
    );
    this.#routes = new Routes(this.#book, bandwidth, this.#carried);
    this.#icmp = new IcmpReports(this.#book, this.#transmits, newTransactionId);
    this.#connections = new PeerConnections(random, this.#settings);
    this.#streamData = new StreamData(this.#connections, bandwidth, this.#carried);
    this.#connects = new ConnectRequests(
      this.#book,
      this.#connections,
      this.#policy,
      this.#answers,
      this.#replies,
      this.#events,
      newTransactionId,
    );
  }

  get statistics(): TurnStatistics {
    return {
      ...this.#counts,
      ...this.#carried,
      challenges: this.#gate.challenges,
      rateLimited: this.#gate.rateLimited,
      retransmissions: this.#replies.retransmissions,
      allocations: this.#book.allocationCount,
      relays: this.#book.relayCount,
      rememberedAnswers: this.#memory.size,
      icmpReports: this.#icmp.reported,
      connections: this.#connections.count,
    };
  }

  /** Replaces `peerPolicy.ownServices`, when the machine's addresses have changed. */
  setOwnServices(services: readonly SocketAddress[]): void {
    this.#policy.setOwnServices(services);
  }

  /**
   * A reload. Allocations stay, with the permissions that they have; how answers are remembered, how often the
   * unauthenticated are answered, and how long nonces live stays too. Throws `StackError` `TURN_USER_INVALID`, and
   * has changed nothing then.
   */
  reconfigure(now: Millis, changed: TurnServerChanges): void {
    if (!this.#advance(now)) return;
    this.#gate.reconfigure(changed);
    if (changed.peerPolicy) this.#policy.reconfigure(changed.peerPolicy);
    applyChanges(this.#settings, changed);
  }

  /** While set, Allocate is answered with 508, or with 300 where there is an alternate server; all else goes on. */
  setDraining(draining: boolean): void {
    this.#settings.draining = draining;
  }

  /** All allocations. */
  sessions(now: Millis): readonly SessionFacts[] {
    const at = Math.max(this.#now, now);
    return [...this.#book.allocations()].map((allocation) => factsOf(at, allocation));
  }

  /** Ends what fits, and the streams it came by. Returns how many. */
  kick(now: Millis, filter: SessionFilter): number {
    if (!this.#advance(now)) return 0;
    const kicked = [...this.#book.allocations()].filter((allocation) => fits(allocation, filter));
    for (const allocation of kicked) {
      this.#book.end(this.#now, allocation, [...allocation.relays], 'kicked');
      const { leg } = allocation;
      if (isReliable(leg)) this.#events.push({ type: 'close-leg', leg, reason: 'ended by an operator' });
    }
    return kicked.length;
  }

  /** One STUN message or ChannelData: a datagram, or one frame of a stream. Borrowed. */
  handleClientMessage(now: Millis, leg: Leg, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    // The first byte decides before anything is parsed. RFC 8656 §12, table 3.
    if (isChannelData(bytes)) this.#data.handleChannelData(this.#now, leg, bytes);
    else this.#handleStun(leg, bytes);
  }

  /**
   * Where ChannelData goes: `packets` of one channel of this leg, with `bytes` of data together (at most 65,507). They go
   * or are dropped as a whole, and have been counted. `undefined`: give each of them to `handleClientMessage`.
   * `memo`: of this leg alone. The same route again is the same object.
   */
  routeChannelData(
    now: Millis,
    leg: Leg,
    channel: number,
    packets: number,
    bytes: number,
    memo: RouteMemo,
  ): Route | undefined {
    if (!this.#advance(now)) return undefined;
    return this.#routes.channelData(this.#now, leg, channel, packets, bytes, memo);
  }

  /**
   * Likewise where datagrams of one peer go. `undefined`: give each of them to `handlePeerDatagram`. `memo`: of this relay
   * alone; best with the same object for the same peer.
   */
  routePeerData(
    now: Millis,
    relay: RelayId,
    from: SocketAddress,
    packets: number,
    bytes: number,
    memo: RouteMemo,
  ): Route | undefined {
    if (!this.#advance(now)) return undefined;
    return this.#routes.peerData(this.#now, relay, from, packets, bytes, memo);
  }

  /** The stream to this client has ended, and its allocation with it. RFC 8656 §3.1: a 5-tuple that is gone. */
  handleLegClosed(now: Millis, leg: Leg): void {
    if (!this.#advance(now)) return;
    this.#gate.forgetLeg(leg);
    this.#book.endLeg(this.#now, leg.id);
  }

  /**
   * After `want-credentials`: what this user's are, `undefined` if there is no such user, `unavailable` if nobody could
   * tell. Borrowed. May come for a name that nobody waits for any more.
   */
  handleCredentials(now: Millis, name: string, found: FoundCredentials | undefined | 'unavailable'): void {
    if (!this.#advance(now)) return;
    for (const { leg, bytes } of this.#gate.learn(this.#now, name, found)) this.#handleStun(leg, bytes);
  }

  /** A datagram has reached a relayed address. `from.ip` in canonical text, `bytes` borrowed. */
  handlePeerDatagram(now: Millis, relay: RelayId, from: SocketAddress, bytes: Uint8Array): void {
    if (this.#advance(now)) this.#data.handlePeerDatagram(this.#now, relay, from, bytes);
  }

  /**
   * An ICMP message about a packet from this relayed address to `peer` (port 0: not known), as far as the system tells
   * of them. RFC 8656 §11.5.
   */
  handlePeerIcmp(now: Millis, relay: RelayId, peer: SocketAddress, icmp: IcmpError): void {
    if (this.#advance(now)) this.#icmp.handle(this.#now, relay, peer, icmp);
  }

  /** After `connect-peer`. */
  handlePeerConnected(now: Millis, connection: ConnectionId): void {
    if (this.#advance(now)) this.#connects.peerConnected(this.#now, connection);
  }

  handlePeerConnectFailed(now: Millis, connection: ConnectionId): void {
    if (this.#advance(now)) this.#connects.peerConnectFailed(connection);
  }

  /**
   * A peer has connected to a relayed address. `undefined`: close it. Else keep it, and what it sends, until
   * `join-connection` or `close-connection` names it. RFC 6062 §5.3.
   */
  handlePeerAccepted(now: Millis, relay: RelayId, from: SocketAddress): ConnectionId | undefined {
    return this.#advance(now) ? this.#connects.peerAccepted(this.#now, relay, from) : undefined;
  }

  /** The shell has closed it, at both ends: one of them ended, or failed. */
  handleConnectionClosed(now: Millis, connection: ConnectionId): void {
    if (this.#advance(now)) this.#connects.connectionClosed(connection);
  }

  /**
   * Before the shell moves at most 65,536 bytes of a joined connection. 0: go on; they are counted. Else: hold them for
   * so many milliseconds, and ask again.
   */
  passConnectionData(now: Millis, connection: ConnectionId, direction: Direction, bytes: number): Millis {
    return this.#advance(now) ? this.#streamData.pass(this.#now, connection, direction, bytes) : 0;
  }

  /** A transmit of kind `sibling` from another shard. Borrowed. */
  handleSiblingData(now: Millis, from: SocketAddress, to: SocketAddress, bytes: Uint8Array): void {
    if (this.#advance(now)) this.#data.handleSiblingData(this.#now, from, to, bytes);
  }

  handleRelayOpened(now: Millis, relay: RelayId): void {
    if (this.#advance(now)) this.#allocates.conclude(this.#now, this.#book.relayOpened(this.#now, relay));
  }

  handleRelayFailed(now: Millis, relay: RelayId, reason: 'in-use' | 'unavailable'): void {
    if (!this.#advance(now)) return;
    this.#allocates.conclude(this.#now, this.#book.relayFailed(this.#now, relay, reason));
  }

  /** Ends every allocation; the orders to close the sockets are the last thing that comes out. */
  close(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#book.endAll(this.#now);
    this.#memory.clear();
    this.#gate.clear();
    this.#transmits.clear();
    this.#closed = true;
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now) || this.nextTimeout() > this.#now) return;
    this.#sweptAt = this.#now;
    this.#memory.forgetOld(this.#now);
    this.#gate.sweep(this.#now);
    this.#connects.sweep(this.#now);
    for (const refused of this.#book.sweep(this.#now)) this.#allocates.conclude(this.#now, refused);
  }

  nextTimeout(): Millis {
    if (this.#closed) return NEVER;
    const due = Math.min(
      this.#book.earliestExpiry,
      this.#connections.earliestDeadline,
      this.#memory.nextForget(),
      this.#gate.earliestDeadline,
    );
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
      if (answer) this.#replies.send(leg, answer);
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
      case TurnMethod.CONNECT:
      case TurnMethod.CONNECTION_BIND:
        return this.#handleTurnRequest(leg, request);
      default:
        // RFC 8489 §6.3: a method that is not supported is silently discarded.
        this.#counts.malformed += 1;
        return undefined;
    }
  }

  /** RFC 8489 §6.3.1. Open to everybody, so it is counted against the source address. */
  #handleBinding(leg: Leg, request: StunMessage): Uint8Array | undefined {
    if (!this.#gate.mayAnswerStranger(this.#now, leg)) return undefined;
    const unknown = unknownRequired(request);
    if (unknown.length > 0) return this.#answers.bareError(request, 420, unknown);
    this.#counts.bindings += 1;
    return bindingResponse(request, leg.client);
  }

  #handleTurnRequest(leg: Leg, request: StunMessage): Uint8Array | undefined {
    const remembered = this.#replies.recall(this.#now, leg, request);
    if (remembered) return remembered;
    const ticket =
      request.method === TurnMethod.REFRESH ? request.get(TurnAttribute.MOBILITY_TICKET) : undefined;
    const allocation = ticket ? this.#moves.find(this.#now, ticket) : this.#book.find(this.#now, leg.id);
    const joins = request.method === TurnMethod.CONNECTION_BIND;
    const holder = joins ? this.#connects.holderFor(request) : allocation?.user;
    const admission = this.#gate.admit(this.#now, leg, request, holder);
    if (admission.kind === 'turned-away') return admission.answer;
    const { user } = admission;
    // RFC 8489 §6.3.1: unknown attributes come after authentication, which is where ACCESS-TOKEN was looked at.
    // DONT-FRAGMENT has its own place in Allocate.
    const unknown = unknownRequired(request).filter(
      (type) => type !== TurnAttribute.DONT_FRAGMENT && type !== StunAttribute.ACCESS_TOKEN,
    );
    if (unknown.length > 0) return this.#replies.refuse(this.#now, leg, request, user, 420, unknown);
    if (request.method === TurnMethod.ALLOCATE)
      return this.#allocates.handle(this.#now, leg, request, user, allocation);
    if (joins) {
      const here = allocation ?? this.#book.openingOf(leg.id);
      const answer = this.#connects.bind(leg, request, user, here);
      return typeof answer === 'number'
        ? this.#replies.refuse(this.#now, leg, request, user, answer)
        : answer;
    }
    const move = ticket && this.#moves.judge(this.#now, leg, ticket, request.bytes);
    if (move?.kind === 'handed-over') return undefined;
    if (move?.kind === 'refused') return this.#replies.refuse(this.#now, leg, request, user, move.code);
    // RFC 8656 §5: every other request needs an allocation, and the user who made it.
    if (!allocation) return this.#replies.refuse(this.#now, leg, request, user, 437);
    if (!isSameUser(allocation.user, user, allocation.leg.id === leg.id))
      return this.#replies.refuse(this.#now, leg, request, user, 441);
    if (request.method === TurnMethod.REFRESH)
      return this.#refreshes.handle(this.#now, leg, request, user, allocation, move?.sequence);
    if (request.method === TurnMethod.CONNECT) {
      const refusal = this.#connects.connect(this.#now, leg, request, allocation);
      return refusal && this.#replies.refuse(this.#now, leg, request, user, refusal);
    }
    const result =
      request.method === TurnMethod.CREATE_PERMISSION
        ? this.#peerRequests.createPermission(this.#now, allocation, request)
        : this.#peerRequests.channelBind(this.#now, allocation, request);
    if (result !== 'done') return this.#replies.refuse(this.#now, leg, request, user, result);
    return this.#replies.remember(
      this.#now,
      leg,
      ticketOf(leg, request),
      this.#answers.success(request, user),
    );
  }
}
