/** What an operator sees of one allocation, and how he names those that he wants ended. Reads no message. */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { Allocation } from './allocation.ts';
import type { Leg } from './leg.ts';
import type { Traffic } from './traffic.ts';

export interface SessionFacts {
  /** `<shard>-<number>`: the same for as long as the allocation lives, whatever address its client moves to. */
  readonly id: string;
  readonly username: string;
  readonly transport: Leg['transport'];
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  readonly relayed: readonly SocketAddress[];
  /** Between server and peers. */
  readonly protocol: 'udp' | 'tcp';
  readonly ageMs: Millis;
  /** Until it ends unless it is refreshed. */
  readonly remainingMs: Millis;
  /** IP addresses with a permission or a channel. */
  readonly peers: number;
  readonly channels: number;
  /** To peers, over TCP. */
  readonly connections: number;
  readonly traffic: Readonly<Traffic>;
}

/** All that is given must fit. An empty filter fits everybody. */
export interface SessionFilter {
  readonly id?: string;
  readonly username?: string;
  /** In canonical text. */
  readonly clientIp?: string;
}

export function factsOf(now: Millis, allocation: Allocation): SessionFacts {
  const { id, user, leg, relays, createdAt, channels, connections, peerCount, traffic } = allocation;
  return {
    id,
    username: user.username,
    transport: leg.transport,
    client: leg.client,
    server: leg.server,
    relayed: relays.map((relay) => relay.address),
    protocol: allocation.protocol,
    ageMs: now - createdAt,
    remainingMs: Math.max(0, ...relays.map((relay) => relay.expiresAt - now)),
    peers: peerCount,
    channels: channels.size,
    connections: connections.size,
    traffic: { ...traffic },
  };
}

export function fits({ id, user, leg }: Allocation, filter: SessionFilter): boolean {
  return (
    (filter.id === undefined || filter.id === id) &&
    (filter.username === undefined || filter.username === user.username) &&
    (filter.clientIp === undefined || filter.clientIp === leg.client.ip)
  );
}
