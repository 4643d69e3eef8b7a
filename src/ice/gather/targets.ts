/** The list of STUN and TURN servers as it is configured, as what is to be asked. Resolves no names. RFC 7064, RFC 7065. */
import { parseServerUri, prepareOpaqueString, type ServerUri } from '../../stun/index.ts';
import type { ClientCredentials } from '../../turn/index.ts';
import type { IceServer } from '../options.ts';
import { MAX_TARGETS, type ServerWay } from './preferences.ts';

export interface ServerTarget {
  readonly url: string;
  readonly protocol: 'stun' | 'turn';
  readonly way: ServerWay;
  /** A name, or an address in canonical text. */
  readonly host: string;
  readonly port: number;
  /** Place in the list. */
  readonly index: number;
  readonly credentials: ClientCredentials | undefined;
}

export interface UnusableUrl {
  readonly url: string;
  /** For people. */
  readonly why: string;
}

/** In order; what cannot be used is told apart. */
export function readTargets(servers: readonly IceServer[]): {
  readonly targets: readonly ServerTarget[];
  readonly unusable: readonly UnusableUrl[];
} {
  const targets: ServerTarget[] = [];
  const unusable: UnusableUrl[] = [];
  for (const { urls, credentials } of servers) {
    for (const url of urls) {
      const uri = parseServerUri(url);
      const why = reasonAgainst(uri, credentials, targets.length);
      if (!uri || why !== undefined) {
        // As many errors as servers: the list comes from the page.
        if (unusable.length < MAX_TARGETS) unusable.push({ url, why: why ?? '' });
        continue;
      }
      const { protocol, host, port } = uri;
      targets.push({ url, protocol, way: wayOf(uri), host, port, index: targets.length, credentials });
    }
  }
  return { targets, unusable };
}

/** What stays the same when the list is given again: one allocation serves it. */
export function targetKey({ protocol, way, host, port, credentials }: ServerTarget): string {
  const who = credentials && ('token' in credentials ? credentials.kid : credentials.username);
  return [protocol, way, host, port, who ?? ''].join(' ');
}

function reasonAgainst(
  uri: ServerUri | undefined,
  credentials: ClientCredentials | undefined,
  taken: number,
): string | undefined {
  if (!uri) return 'This is no URL of a STUN or TURN server (RFC 7064, RFC 7065).';
  if (uri.protocol === 'turn' && !credentials)
    return 'A TURN server needs a user name and a credential, and there is none.';
  if (uri.protocol === 'turn' && credentials && !areUsable(credentials))
    return 'The user name or the credential is empty or holds what it must not (RFC 8265, RFC 7635).';
  if (taken >= MAX_TARGETS) return `Only the first ${MAX_TARGETS} server URLs are used.`;
  return undefined;
}

/** RFC 8489 §9.2.2; RFC 7635 §6.2: HMAC-SHA-1 takes a key of 20 bytes, HMAC-SHA-256 one of 32. */
function areUsable(credentials: ClientCredentials): boolean {
  if ('token' in credentials) return credentials.macKey.length === 20 || credentials.macKey.length === 32;
  const { username, password } = credentials;
  return prepareOpaqueString(username) !== undefined && prepareOpaqueString(password) !== undefined;
}

/** RFC 7065 §3.1: UDP unless the URL says otherwise; of `turns` TCP, as browsers do. A STUN server tells datagram addresses only. */
function wayOf({ protocol, secure, transport }: ServerUri): ServerWay {
  if (protocol === 'stun') return secure ? 'dtls' : 'udp';
  if (secure) return transport === 'udp' ? 'dtls' : 'tls';
  return transport === 'tcp' ? 'tcp' : 'udp';
}
