/**
 * TCP connections between relayed addresses and peers: which there are, in what state, until when, and how many more
 * may be. Answers nobody. RFC 6062 §5.
 */
import { formatAddress, type Millis, NEVER, type Random, type SocketAddress } from '../base/index.ts';
import type { Allocation } from './allocation.ts';
import type { RequestId } from './answers.ts';
import { type ConnectionId, connectionId } from './connection-id.ts';
import type { Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import type { Relay } from './relay.ts';

/** RFC 6062 §5.2: at least 30 seconds, for the connection to the peer … */
const CONNECT_MS = 30_000;
/** … and 30 for the client to bind its own. */
const BIND_MS = 30_000;

type State =
  /** Ordered; the Connect request waits for its answer. */
  | { readonly kind: 'connecting'; readonly leg: Leg; readonly request: RequestId }
  /** Waits for ConnectionBind. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'joined' };

export interface PeerConnection {
  readonly id: ConnectionId;
  readonly allocation: Allocation;
  readonly relay: Relay;
  readonly peer: SocketAddress;
  state: State;
  /** `NEVER` once it is joined. */
  deadline: Millis;
}

export class PeerConnections {
  readonly #random: Random;
  readonly #settings: LiveSettings;
  readonly #byId = new Map<ConnectionId, PeerConnection>();
  /** RFC 6062 §3: one to a peer's address for each allocation. */
  readonly #byPeer = new Map<string, PeerConnection>();
  /** By the name that quotas count. */
  readonly #perUser = new Map<string, number>();
  #earliestDeadline: Millis = NEVER;

  constructor(random: Random, settings: LiveSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** Never later than the first deadline. */
  get earliestDeadline(): Millis {
    return this.#earliestDeadline;
  }

  find(id: ConnectionId): PeerConnection | undefined {
    return this.#byId.get(id);
  }

  has(allocation: Allocation, peer: SocketAddress): boolean {
    return this.#byPeer.has(peerKey(allocation, peer));
  }

  hasRoom(allocation: Allocation): boolean {
    const { connectionsPerAllocation, connectionsPerUser, connections } = this.#settings.limits;
    return (
      allocation.connections.size < connectionsPerAllocation &&
      (this.#perUser.get(allocation.user.quotaName) ?? 0) < connectionsPerUser &&
      this.#byId.size < connections
    );
  }

  /** `connect`: the request that asks for it; `undefined` when the peer has come by itself. */
  open(
    now: Millis,
    allocation: Allocation,
    relay: Relay,
    peer: SocketAddress,
    connect: { readonly leg: Leg; readonly request: RequestId } | undefined,
  ): PeerConnection {
    const connection: PeerConnection = {
      id: this.#newId(),
      allocation,
      relay,
      peer,
      state: connect ? { kind: 'connecting', ...connect } : { kind: 'pending' },
      deadline: now + (connect ? CONNECT_MS : BIND_MS),
    };
    this.#byId.set(connection.id, connection);
    this.#byPeer.set(peerKey(allocation, peer), connection);
    allocation.connections.add(connection.id);
    const { quotaName } = allocation.user;
    this.#perUser.set(quotaName, (this.#perUser.get(quotaName) ?? 0) + 1);
    this.#expect(connection.deadline);
    return connection;
  }

  /** Connected: from now on the client has its time to bind. */
  await(now: Millis, connection: PeerConnection): void {
    connection.state = { kind: 'pending' };
    connection.deadline = now + BIND_MS;
    this.#expect(connection.deadline);
  }

  join(connection: PeerConnection): void {
    connection.state = { kind: 'joined' };
    connection.deadline = NEVER;
  }

  forget({ id, allocation, peer }: PeerConnection): void {
    if (!this.#byId.delete(id)) return;
    this.#byPeer.delete(peerKey(allocation, peer));
    allocation.connections.delete(id);
    const { quotaName } = allocation.user;
    const left = (this.#perUser.get(quotaName) ?? 0) - 1;
    if (left > 0) this.#perUser.set(quotaName, left);
    else this.#perUser.delete(quotaName);
  }

  ofRelay(relay: Relay): PeerConnection[] {
    return [...this.#byId.values()].filter((connection) => connection.relay === relay);
  }

  /** Those whose time is over; the caller forgets them. */
  overdue(now: Millis): PeerConnection[] {
    const overdue: PeerConnection[] = [];
    this.#earliestDeadline = NEVER;
    for (const connection of this.#byId.values()) {
      if (connection.deadline <= now) overdue.push(connection);
      else this.#expect(connection.deadline);
    }
    return overdue;
  }

  #expect(deadline: Millis): void {
    if (deadline < this.#earliestDeadline) this.#earliestDeadline = deadline;
  }

  /** Random, so that nobody can count what others do. */
  #newId(): ConnectionId {
    let id = connectionId(this.#random.uint32());
    while (this.#byId.has(id)) id = connectionId(this.#random.uint32());
    return id;
  }
}

function peerKey(allocation: Allocation, peer: SocketAddress): string {
  return `${allocation.id} ${formatAddress(peer)}`;
}
