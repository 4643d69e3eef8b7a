/** What one client holds here: its relayed addresses, channels, credentials and counters. RFC 8656 §6. */
import type { Millis, SocketAddress, TokenBucket } from '../base/index.ts';
import type { RequestTicket } from './answer-memory.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { noMeters } from './bandwidth-ledger.ts';
import type { ConnectionId } from './connection-id.ts';
import type { Leg } from './leg.ts';
import type { Channel, Relay, RelayOwner, RelayProtocol } from './relay.ts';
import type { Traffic } from './traffic.ts';

/** What lets an allocation move from one leg to another. RFC 8016. */
export interface Mobility {
  /** 8 random bytes: by what its tickets name it. */
  readonly handle: Uint8Array;
  /** Of the newest ticket. */
  latest: number;
  /** Of the oldest that is still good: the client may not have had an answer with a newer one. */
  oldest: number;
  /** Where the client says it is, until it has been heard there. */
  next: Leg | undefined;
}

export class Allocation implements RelayOwner {
  /** `<shard>-<number>`. */
  readonly id: string;
  leg: Leg;
  /** `false` when the stream has ended and the client may still move here. */
  attached = true;
  readonly mobility: Mobility | undefined;
  /** Changes with a fresh access token only (RFC 7635 §9). Its `quotaName` never changes. */
  user: AuthenticatedUser;
  readonly createdAt: Millis;
  /** One, or one of each family. */
  readonly relays: Relay[];
  readonly channels = new Map<number, Channel>();
  /** To peers, of a TCP allocation. RFC 6062. */
  readonly connections = new Set<ConnectionId>();
  readonly traffic: Traffic = {
    toPeerPackets: 0,
    toPeerBytes: 0,
    toClientPackets: 0,
    toClientBytes: 0,
    droppedPackets: 0,
  };
  readonly meters = noMeters();
  icmpReports: TokenBucket | undefined;
  /** The Allocate transaction and its answer: a late retransmission gets the same one. RFC 8656 §7.2, note. */
  readonly createdBy: RequestTicket;
  readonly answer: Uint8Array;

  constructor(
    now: Millis,
    id: string,
    leg: Leg,
    user: AuthenticatedUser,
    relays: Relay[],
    createdBy: RequestTicket,
    answer: Uint8Array,
    mobility: Mobility | undefined,
  ) {
    this.id = id;
    this.leg = leg;
    this.user = user;
    this.createdAt = now;
    this.relays = relays;
    this.createdBy = createdBy;
    this.answer = answer;
    this.mobility = mobility;
  }

  /** Goes over to the next leg; the tickets before the newest one are void. Tells whether there was one. */
  settle(): boolean {
    const { mobility } = this;
    if (!mobility?.next) return false;
    this.leg = mobility.next;
    this.attached = true;
    mobility.next = undefined;
    mobility.oldest = mobility.latest;
    return true;
  }

  /** What it speaks with peers. */
  get protocol(): RelayProtocol {
    return this.relays[0]?.protocol ?? 'udp';
  }

  relayOf(family: 4 | 6): Relay | undefined {
    return this.relays.find((relay) => relay.family === family);
  }

  channel(now: Millis, number: number): Channel | undefined {
    const channel = this.channels.get(number);
    return channel && channel.expiresAt > now ? channel : undefined;
  }

  /** The channel bound to this peer, whatever its number. */
  channelTo(now: Millis, relay: Relay, peer: SocketAddress): Channel | undefined {
    const channel = relay.peers.get(peer.ip)?.channels.get(peer.port);
    return channel && channel.expiresAt > now ? channel : undefined;
  }

  /** Peers with a permission or a channel, over all relayed addresses. */
  get peerCount(): number {
    return this.relays.reduce((count, relay) => count + relay.peers.size, 0);
  }

  /** Forgets what has ended, so that bounds count the living only. */
  prune(now: Millis): void {
    for (const [number, channel] of this.channels) if (channel.expiresAt <= now) this.channels.delete(number);
    for (const relay of this.relays) relay.prune(now);
  }
}
