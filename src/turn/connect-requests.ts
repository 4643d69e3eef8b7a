/**
 * TCP allocations: Connect, ConnectionBind, and peers that connect by themselves. Opens no socket: orders go out as
 * events, and what became of them comes in. RFC 6062 §5.2 … §5.5.
 */
import { familyOf, type Millis, type Queue, type SocketAddress } from '../base/index.ts';
import { decodeXorAddress, MessageClass, MessageWriter, type StunMessage } from '../stun/index.ts';
import type { Allocation } from './allocation.ts';
import type { AllocationBook } from './allocation-book.ts';
import type { Answers, RequestId } from './answers.ts';
import { decodeU32 } from './attributes.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { type ConnectionId, connectionId } from './connection-id.ts';
import { isReliable, type Leg } from './leg.ts';
import type { PeerConnection, PeerConnections } from './peer-connections.ts';
import type { PeerPolicy } from './peer-policy.ts';
import type { Relay, RelayId } from './relay.ts';
import type { Replies } from './replies.ts';
import { isSameUser } from './same-user.ts';
import type { TurnServerEvent } from './server-events.ts';

/** The code of a refusal. */
type Refusal = 400 | 403 | 437 | 443 | 446 | 508;

export class ConnectRequests {
  readonly #book: AllocationBook;
  readonly #connections: PeerConnections;
  readonly #policy: PeerPolicy;
  readonly #answers: Answers;
  readonly #replies: Replies;
  readonly #events: Queue<TurnServerEvent>;
  readonly #newTransactionId: () => Uint8Array;

  constructor(
    book: AllocationBook,
    connections: PeerConnections,
    policy: PeerPolicy,
    answers: Answers,
    replies: Replies,
    events: Queue<TurnServerEvent>,
    newTransactionId: () => Uint8Array,
  ) {
    this.#book = book;
    this.#connections = connections;
    this.#policy = policy;
    this.#answers = answers;
    this.#replies = replies;
    this.#events = events;
    this.#newTransactionId = newTransactionId;
  }

  /** §5.2, by the user of the allocation. A code to refuse with, or the answer comes when the peer has answered. */
  connect(now: Millis, leg: Leg, request: StunMessage, allocation: Allocation): Refusal | undefined {
    if (allocation.protocol !== 'tcp') return 437;
    const value = request.get(TurnAttribute.XOR_PEER_ADDRESS);
    const peer = value && decodeXorAddress(value, request.transactionId);
    if (!peer || peer.port === 0) return 400;
    const relay = allocation.relayOf(familyOf(peer.ip));
    if (!relay) return 443;
    // "Currently processing", or "pending or active".
    if (this.#connections.has(allocation, peer)) return 446;
    // "Forbidden by local policy". Another client's relayed address is the one thing of ours that may be reached.
    const sibling = this.#tcpRelayAt(now, peer);
    if (this.#policy.refusalOfConnection(peer) !== undefined && !sibling) return 403;
    if (!this.#connections.hasRoom(allocation)) return 508;
    const id: RequestId = { method: TurnMethod.CONNECT, transactionId: request.transactionId.slice() };
    const connection = this.#connections.open(now, allocation, relay, peer, { leg, request: id });
    const order = { type: 'connect-peer', connection: connection.id, relay: relay.id, to: peer } as const;
    this.#events.push(sibling ? { ...order, sibling: sibling.id } : order);
    return undefined;
  }

  /** Whose allocation a ConnectionBind would be for: its user's key may be needed to check the request. */
  holderFor(request: StunMessage): AuthenticatedUser | undefined {
    return this.#named(request)?.allocation.user;
  }

  /** §5.4. `here`: what holds this 5-tuple already. A code to refuse with, or the answer: the last one on this leg. */
  bind(leg: Leg, request: StunMessage, user: AuthenticatedUser, here: unknown): Refusal | 441 | Uint8Array {
    if (!isReliable(leg)) return 400;
    if (here !== undefined) return 437;
    const connection = this.#named(request);
    if (connection?.state.kind !== 'pending') return 400;
    if (!isSameUser(connection.allocation.user, user, false)) return 441;
    this.#connections.join(connection);
    this.#events.push({ type: 'join-connection', connection: connection.id, leg });
    return this.#answers.success(request, user);
  }

  peerConnected(now: Millis, id: ConnectionId): void {
    const connection = this.#connections.find(id);
    if (connection?.state.kind !== 'connecting') return;
    const { leg, request } = connection.state;
    this.#connections.await(now, connection);
    const answer = this.#answers.success(request, connection.allocation.user, (writer) =>
      writer.u32(TurnAttribute.CONNECTION_ID, id),
    );
    this.#replies.send(leg, answer);
  }

  peerConnectFailed(id: ConnectionId): void {
    const connection = this.#connections.find(id);
    if (connection?.state.kind !== 'connecting') return;
    this.#connections.forget(connection);
    this.#answerFailure(connection);
  }

  /** §5.3. `undefined`: close it at once. `from.ip` in canonical text. */
  peerAccepted(now: Millis, relayId: RelayId, from: SocketAddress): ConnectionId | undefined {
    const relay = this.#book.relay(now, relayId);
    const allocation = relay && this.#book.allocationOf(relay);
    if (relay?.protocol !== 'tcp' || !allocation) return undefined;
    const permission = relay.permitted(now, from.ip);
    if (!permission || (permission.insideOnly && !this.#tcpRelayAt(now, from))) return undefined;
    if (this.#connections.has(allocation, from) || !this.#connections.hasRoom(allocation)) return undefined;
    const { id } = this.#connections.open(now, allocation, relay, from, undefined);
    const indication = new MessageWriter(
      TurnMethod.CONNECTION_ATTEMPT,
      MessageClass.INDICATION,
      this.#newTransactionId(),
    )
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, from)
      .u32(TurnAttribute.CONNECTION_ID, id)
      .finish();
    this.#replies.send(allocation.leg, indication);
    return id;
  }

  /** One of the two ends is gone, and the shell has closed the other. §5.5. */
  connectionClosed(id: ConnectionId): void {
    const connection = this.#connections.find(id);
    if (!connection) return;
    this.#connections.forget(connection);
    if (connection.state.kind === 'connecting') this.#answerFailure(connection);
  }

  /** §5.5: a relayed address takes its connections along. */
  relayClosed(relay: Relay): void {
    if (relay.protocol === 'udp') return;
    for (const connection of this.#connections.ofRelay(relay)) this.#close(connection);
  }

  /** §5.2, §5.3: what has waited for 30 seconds. */
  sweep(now: Millis): void {
    for (const connection of this.#connections.overdue(now)) {
      this.#close(connection);
      if (connection.state.kind === 'connecting') this.#answerFailure(connection);
    }
  }

  #close(connection: PeerConnection): void {
    this.#connections.forget(connection);
    this.#events.push({ type: 'close-connection', connection: connection.id });
  }

  #answerFailure({ state, allocation }: PeerConnection): void {
    if (state.kind !== 'connecting') return;
    this.#replies.note(state.leg, TurnMethod.CONNECT, 447);
    this.#replies.send(state.leg, this.#answers.error(state.request, allocation.user, 447));
  }

  #named(request: StunMessage): PeerConnection | undefined {
    const value = request.get(TurnAttribute.CONNECTION_ID);
    const id = value && decodeU32(value);
    return id === undefined ? undefined : this.#connections.find(connectionId(id));
  }

  #tcpRelayAt(now: Millis, address: SocketAddress): Relay | undefined {
    return this.#book.relayAt(now, address, familyOf(address.ip), 'tcp');
  }
}
