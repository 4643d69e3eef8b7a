/** What one client holds here: its relayed addresses, channels, credentials and counters. RFC 8656 §6. */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { RequestTicket } from './answer-memory.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { noMeters } from './bandwidth-ledger.ts';
import type { Leg } from './leg.ts';
import type { Channel, Relay, RelayOwner } from './relay.ts';
import type { Traffic } from './traffic.ts';

export class Allocation implements RelayOwner {
  /** `<shard>-<number>`. */
  readonly id: string;
  readonly leg: Leg;
  readonly user: AuthenticatedUser;
  readonly createdAt: Millis;
  /** One, or one of each family. */
  readonly relays: Relay[];
  readonly channels = new Map<number, Channel>();
  readonly traffic: Traffic = {
    toPeerPackets: 0,
    toPeerBytes: 0,
    toClientPackets: 0,
    toClientBytes: 0,
    droppedPackets: 0,
  };
  readonly meters = noMeters();
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
  ) {
    this.id = id;
    this.leg = leg;
    this.user = user;
    this.createdAt = now;
    this.relays = relays;
    this.createdBy = createdBy;
    this.answer = answer;
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
