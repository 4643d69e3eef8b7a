/** Which other servers a client is told of when there is no room for it here. RFC 8489 §10, §14.15, §14.16. */
import { familyOf, type SocketAddress } from '../base/index.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import type { Leg } from './leg.ts';
import type { AlternateServer } from './server-options.ts';

/** What a 300 says. */
export interface Alternates {
  /** One of the family of the client's address, then one of the other family if there is one. */
  readonly servers: readonly [SocketAddress, ...SocketAddress[]];
  /** What the certificate of both must say. */
  readonly domain: string | undefined;
}

/** The first ones of the list that fit this client; `undefined` when none of its own family does. */
export function alternatesFor(
  list: readonly AlternateServer[],
  leg: Leg,
  user: Pick<AuthenticatedUser, 'integrity'>,
): Alternates | undefined {
  const secure = leg.transport === 'tls' || leg.transport === 'dtls';
  const family = familyOf(leg.client.ip);
  const fitting = list.filter((server) => (server.secure ?? false) === secure);
  const first = fitting.find((server) => familyOf(server.ip) === family);
  if (!first) return undefined;
  // Where a name has to be checked, it is one name for both.
  const second = fitting.find(
    (server) => familyOf(server.ip) !== family && (!secure || server.domain === first.domain),
  );
  return {
    servers: second ? [first, second] : [first],
    // §10: only who sealed with SHA-256 is known to understand it.
    domain: secure && user.integrity === 'sha256' ? first.domain : undefined,
  };
}
