/** The local preference of a candidate: which address, which server, which way. RFC 8445 §5.1.2, RFC 6544 §4.2. */

/** RFC 8445 §5.1.2.1. */
const MOST_PREFERRED = 65_535;
/** RFC 6544 §4.2: what is left of the local preference below the direction. */
const MOST_PREFERRED_TCP = 8191;
/** RFC 6544 §4.2, of host candidates. */
const DIRECTION_PREFERENCE: Readonly<Record<TcpType, number>> = { active: 6, passive: 4, so: 2 };

/** Addresses have ranks 0 … 31, servers numbers 0 … 31: then every preference below is unique for its type. */
import type { TcpType } from '../candidate-types.ts';

const MAX_RANKS = 32;
export const MAX_TARGETS = 32;

/** How a server is reached, best first: the nearer to plain datagrams, the better. */
const SERVER_WAYS = ['udp', 'dtls', 'tcp', 'tls'] as const;
export type ServerWay = (typeof SERVER_WAYS)[number];

export function hostPreference(rank: number): number {
  return MOST_PREFERRED - rank;
}

export function tcpPreference(rank: number, tcpType: TcpType): number {
  return DIRECTION_PREFERENCE[tcpType] * 2 ** 13 + (MOST_PREFERRED_TCP - rank);
}

/** The address decides before the server: servers see the same mapping, addresses have different ways out. */
export function reflexivePreference(rank: number, server: number): number {
  return MOST_PREFERRED - rank * MAX_TARGETS - server;
}

/** IPv4 before IPv6 of one allocation: fewer peers are reached by a relay's IPv6. */
export function relayPreference(way: ServerWay, server: number, rank: number, family: 4 | 6): number {
  const place = (SERVER_WAYS.indexOf(way) * MAX_TARGETS + server) * MAX_RANKS + rank;
  return MOST_PREFERRED - place * 2 - (family === 4 ? 0 : 1);
}
