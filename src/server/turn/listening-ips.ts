/** Which addresses of this machine STUN and TURN listen on. Binds nothing. */
import { lookup } from 'node:dns/promises';
import { canonicalIp, familyOf, StackError } from '../../base/index.ts';
import type { OwnAddress } from '../../node/index.ts';

/**
 * Sockets are bound one by one: a datagram on a wildcard socket does not say which address it came to, and the answer
 * would leave from another one. So many interfaces are a container host, and its guests have addresses of their own.
 */
const MAX_ADDRESSES = 64;

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The addresses behind a wildcard, best first: IPv4 only for `0.0.0.0`, both for `::`. At most 64. */
export function wildcardIps(host: string, own: readonly OwnAddress[]): readonly string[] {
  return own
    .filter(({ family }) => host === '::' || family === 4)
    .filter(({ scope, family }) => !(scope === 'link-local' && family === 6)) // means nothing without a zone
    .map(({ ip }) => ip)
    .slice(0, MAX_ADDRESSES);
}

/** `own`: of this machine. Rejects with StackError `ADDRESS_NOT_LOCAL` when `host` is a name that has no address. */
export async function listeningIps(host: string, own: readonly OwnAddress[]): Promise<readonly string[]> {
  if (isWildcard(host)) return wildcardIps(host, own);
  const ip = canonicalIp(host);
  if (ip !== undefined) return [ip];
  try {
    const found = await lookup(host, { all: true });
    const ips = found.flatMap(({ address }) => canonicalIp(address) ?? []);
    return [...new Set(ips)].sort((a, b) => familyOf(a) - familyOf(b));
  } catch (cause) {
    throw new StackError('ADDRESS_NOT_LOCAL', `${host} is no name that can be resolved; use an address.`, {
      cause,
    });
  }
}
