/**
 * stun:, stuns:, turn: and turns: URIs. They are no hierarchical URIs, so no generic parser may read them. Resolves no
 * names. RFC 7064, RFC 7065.
 *
 * ```
 * turnURI = scheme ":" host [ ":" port ] [ "?transport=" transport ]
 * stunURI = scheme ":" host [ ":" port ]
 * ```
 */
import { canonicalIp } from '../base/index.ts';

export interface ServerUri {
  readonly protocol: 'stun' | 'turn';
  /** TLS or DTLS. */
  readonly secure: boolean;
  /** A name, or an address in canonical text without brackets. */
  readonly host: string;
  /** 3478, or 5349 where it is secure, unless it is given. */
  readonly port: number;
  readonly portGiven: boolean;
  /** What is below TLS or DTLS, where there is one. `undefined`: whatever works. */
  readonly transport: 'udp' | 'tcp' | undefined;
}

/** RFC 8489 §18.6. */
const PORT = 3478;
const SECURE_PORT = 5349;

const URI = /^(stun|turn)(s?):(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;
/** RFC 3986 §3.2.2 allows more, but DNS has no such names. */
const NAME = /^(?!-)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?$/i;

/** `undefined` for what is none of the four, or has a transport that nobody here knows. */
export function parseServerUri(text: string): ServerUri | undefined {
  const [, scheme, s, hostText = '', portText, transport] = URI.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const protocol = scheme.toLowerCase() === 'stun' ? 'stun' : 'turn';
  // RFC 7064 §3.1 knows no transport.
  if (protocol === 'stun' && transport !== undefined) return undefined;
  const host = readHost(hostText);
  const secure = s !== '';
  const port = portText === undefined ? (secure ? SECURE_PORT : PORT) : Number(portText);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return {
    protocol,
    secure,
    host,
    port,
    portGiven: portText !== undefined,
    transport: transport === undefined ? undefined : transport.toLowerCase() === 'udp' ? 'udp' : 'tcp',
  };
}

function readHost(text: string): string | undefined {
  if (text.startsWith('[')) return canonicalIp(text.slice(1, -1));
  // Digits and dots alone are an address, or a mistake.
  if (/^[\d.]+$/.test(text)) return canonicalIp(text);
  return NAME.test(text) ? text.toLowerCase() : undefined;
}
