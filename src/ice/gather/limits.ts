/** The bounds of gathering and their reasons. Times in milliseconds. */
import type { Millis } from '../../base/index.ts';

/** RFC 8445 §14.2: at least 5; a page's list of servers is asked within a fraction of a second. */
export const START_PACING_MS: Millis = 10;

/** Addresses that are gathered on: each costs sockets, and pairs with every remote candidate. */
export const MAX_HOST_ADDRESSES = 16;

/** Addresses of one server name that are tried one after the other. */
export const MAX_SERVER_ADDRESSES = 4;

/**
 * Addresses of one family that a relay is asked for from: bridges of containers have an address each, and every allocation
 * counts against the user's quota. The best come first; where none of them gets out, the next would not either.
 */
export const MAX_RELAY_BASES = 4;

/** How long one address of a server may take: as browsers wait for STUN, seven tenths of what RFC 8489 §6.2.1 allows. */
export const ATTEMPT_MS: Millis = 9500;
/** The same where there is another address to try. */
export const ATTEMPT_WITH_ALTERNATIVE_MS: Millis = 3000;
/** How much longer others may take once the server was reached from one address: the rest is likely to have no way out. */
export const STRAGGLER_MS: Millis = 2000;

/** A resolver that does not answer is a resolver that says no. */
export const LOOKUP_MS: Millis = 5000;
/** Names that are asked for at one time: servers, and remote candidates from mDNS. */
export const MAX_LOOKUPS = 64;

/** RFC 8445 §11: Tr. RFC 4787 REQ-5 lets mappings end after two minutes; real ones end after 30 s. */
export const KEEPALIVE_MS: Millis = 15_000;

/** Remote addresses that one relay asks permissions for: RFC 8445 §6.1.2.5 gives a checklist 100 pairs. */
export const MAX_PERMISSIONS = 128;
/** Pairs that one relay binds a channel for: one carries data at a time, and ICE restarts choose anew. */
export const MAX_CHANNELS = 32;
/** What waits for a permission or a connection: a check and its repetitions, a first flight of DTLS. */
export const MAX_WAITING_DATAGRAMS = 16;
/** Remotes that something waits for, of one relay. */
export const MAX_WAITING_REMOTES = 32;

/** Streams with peers on one listener, and as many opened from one address. RFC 6544: one for each pair. */
export const MAX_PEER_STREAMS = 32;
/** Who connects says something that is ICE, or makes room for others. */
export const SILENT_STREAM_MS: Millis = 10_000;
/** How long a connection to a peer may take. RFC 6544 §7.1 leaves it to TCP, which would take two minutes. */
export const PEER_CONNECT_MS: Millis = 10_000;

/** Ports of a given range that are tried for one socket. */
export const MAX_PORT_TRIES = 32;

/** Candidates of one generation: 16 addresses × (UDP, TCP active, TCP passive), and what 32 servers know of them. */
export const MAX_CANDIDATES = 256;

/** Certificates that the shell judges at one time: 32 servers from 16 addresses. */
export const MAX_VERDICTS = 512;
