/** What a TURN client can be told. RFC 8656 §7.1, RFC 8016 §3.1.1, RFC 6062 §4.1. */
import type { IpFamily, SocketAddress } from '../base/index.ts';
import type { ClientCredentials } from './client-identity.ts';

export type ClientTransport = 'udp' | 'tcp' | 'tls' | 'dtls';

export interface TurnClientOptions {
  readonly server: SocketAddress;
  readonly transport: ClientTransport;
  /** Without them only `bind` makes sense. */
  readonly credentials?: ClientCredentials | undefined;
}

export interface AllocateOptions {
  /** REQUESTED-ADDRESS-FAMILY; IPv4 when left out. `both`: ADDITIONAL-ADDRESS-FAMILY. */
  readonly family?: IpFamily | 'both';
  readonly lifetimeSeconds?: number;
  /** EVEN-PORT, with or without the next port reserved. */
  readonly evenPort?: 'even' | 'reserve-next';
  /** RESERVATION-TOKEN of an earlier allocation, 8 bytes, borrowed. */
  readonly token?: Uint8Array;
  /** Ask for a ticket, so that the allocation can go with us to another address; done without where the server gives none. */
  readonly mobile?: boolean;
  /** Learn whether the server can set DF: 420 if not. */
  readonly dontFragment?: boolean;
  /** What is relayed. `tcp` needs a client over TCP or TLS, and excludes `evenPort`, `token` and `dontFragment`. */
  readonly protocol?: 'udp' | 'tcp';
}

export interface SendOptions {
  /** Set DF on the way to the peer; it then travels as an indication, whatever channel there is. RFC 8656 §11.1. */
  readonly dontFragment?: boolean;
}

/** Throws `TypeError` for what cannot be had with a relay of TCP. */
export function checkTcpWish({ evenPort, token, dontFragment }: AllocateOptions, overStream: boolean): void {
  if (!overStream) throw new TypeError('TCP is relayed to clients over TCP or TLS only (RFC 6062 §4.1).');
  if (evenPort || token || dontFragment) {
    throw new TypeError('A relay of TCP has no even port, no reservation and no DF bit (RFC 6062 §4.1).');
  }
}
