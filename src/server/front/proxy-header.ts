/**
 * The header by which a load balancer tells whose connection it passes on: the PROXY protocol, version 1 (a line) and
 * version 2 (binary), as HAProxy specifies them. Reads bytes; whom to believe is for others to say.
 *
 * ```text
 * version 2:  0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A | version+command | family | length (2) | addresses, TLVs
 * version 1:  PROXY TCP4 192.0.2.1 203.0.113.7 50000 443\r\n
 * ```
 */
import { canonicalIp, familyOf, formatIp, type SocketAddress } from '../../base/index.ts';

export type ProxyHeader =
  /** What is there may still become a header. */
  | { readonly kind: 'undecided' }
  /** It cannot. */
  | { readonly kind: 'broken' }
  /** `client`: whose connection it is; `undefined` when it is the balancer's own, as its health checks are. */
  | { readonly kind: 'header'; readonly length: number; readonly client: SocketAddress | undefined };

const UNDECIDED: ProxyHeader = { kind: 'undecided' };
const BROKEN: ProxyHeader = { kind: 'broken' };

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a] as const;
const FIXED_BYTES = 16;
/** Addresses take 36 bytes at most; the rest is for TLVs, of which a certificate's names are the longest. */
const MOST_V2_BYTES = 4096;

const COMMAND_LOCAL = 0x20;
const COMMAND_PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

const LINE_START = 'PROXY ';
/** The longest line of version 1, with its end. */
const MOST_V1_BYTES = 107;

/** `heard`: the first bytes of a connection, borrowed. */
export function readProxyHeader(heard: Uint8Array): ProxyHeader {
  if (heard[0] === SIGNATURE[0]) return readBinary(heard);
  return heard.length === 0 ? UNDECIDED : readLine(heard);
}

function readBinary(heard: Uint8Array): ProxyHeader {
  for (const [index, byte] of SIGNATURE.entries()) {
    if (index >= heard.length) return UNDECIDED;
    if (heard[index] !== byte) return BROKEN;
  }
  if (heard.length < FIXED_BYTES) return UNDECIDED;
  const view = new DataView(heard.buffer, heard.byteOffset, heard.byteLength);
  const command = view.getUint8(12);
  const family = view.getUint8(13);
  const rest = view.getUint16(14);
  const length = FIXED_BYTES + rest;
  if ((command !== COMMAND_LOCAL && command !== COMMAND_PROXY) || length > MOST_V2_BYTES) return BROKEN;
  if (heard.length < length) return UNDECIDED;
  if (command === COMMAND_LOCAL) return { kind: 'header', length, client: undefined };
  if (family === TCP_OVER_IPV4 && rest >= 12) return header(length, heard, 4, view.getUint16(24));
  if (family === TCP_OVER_IPV6 && rest >= 36) return header(length, heard, 16, view.getUint16(48));
  // A connection without addresses (UNSPEC) is not said to be anybody's; UDP and Unix sockets do not come by TCP.
  return BROKEN;
}

function header(length: number, heard: Uint8Array, ipBytes: number, port: number): ProxyHeader {
  const ip = canonicalIp(formatIp(heard.slice(FIXED_BYTES, FIXED_BYTES + ipBytes)));
  return ip === undefined ? BROKEN : { kind: 'header', length, client: { ip, port } };
}

function readLine(heard: Uint8Array): ProxyHeader {
  const text = String.fromCharCode(...heard.subarray(0, MOST_V1_BYTES));
  if (!text.startsWith(LINE_START.slice(0, text.length))) return BROKEN;
  const end = text.indexOf('\r\n');
  if (end < 0) return heard.length >= MOST_V1_BYTES ? BROKEN : UNDECIDED;
  const length = end + 2;
  if (/^PROXY UNKNOWN( .*)?$/.test(text.slice(0, end))) return { kind: 'header', length, client: undefined };
  const [, family, source = '', , port = ''] =
    /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) \d{1,5}$/.exec(text.slice(0, end)) ?? [];
  const ip = canonicalIp(source);
  if (ip === undefined || source.includes('%') || familyOf(ip) !== Number(family) || Number(port) > 65_535) {
    return BROKEN;
  }
  return { kind: 'header', length, client: { ip, port: Number(port) } };
}
