/** Ranges of addresses (CIDR), and the IPv4 address that hides in an IPv6 one. RFC 4632, RFC 4291 §2.3. */
import { parseIp } from './address.ts';
import { sameBytes } from './bytes.ts';

export interface IpRange {
  /** 4 or 16 bytes, host bits zero. */
  readonly prefix: Uint8Array;
  readonly prefixBits: number;
}

/** `10.0.0.0/8`, `fc00::/7`, or one address; `undefined` when it is neither. Host bits are ignored. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const bytes = parseIp(address);
  if (!bytes || rest.length > 0) return undefined;
  const all = bytes.length * 8;
  if (bits === undefined) return { prefix: bytes, prefixBits: all };
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > all) return undefined;
  return { prefix: maskBytes(bytes, Number(bits)), prefixBits: Number(bits) };
}

/** Whether `ip` (4 or 16 bytes) lies in the range. Families never match each other. */
export function inRange(range: IpRange, ip: Uint8Array): boolean {
  return ip.length === range.prefix.length && sameBytes(maskBytes(ip, range.prefixBits), range.prefix);
}

export function inAnyRange(ranges: readonly IpRange[], ip: Uint8Array): boolean {
  return ranges.some((range) => inRange(range, ip));
}

function maskBytes(bytes: Uint8Array, bits: number): Uint8Array {
  const masked = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const keep = Math.min(8, Math.max(0, bits - 8 * i));
    masked[i] = (bytes[i] ?? 0) & (0xff << (8 - keep));
  }
  return masked;
}

/** Where each IPv4-in-IPv6 form keeps its four bytes. */
const EMBEDDINGS: readonly { range: IpRange; at: number; inverted?: true }[] = [
  { range: range('::ffff:0:0/96'), at: 12 }, // IPv4-mapped, RFC 4291 §2.5.5.2
  { range: range('::ffff:0:0:0/96'), at: 12 }, // IPv4-translated, RFC 7915 §2
  { range: range('::/96'), at: 12 }, // IPv4-compatible, RFC 4291 §2.5.5.1
  { range: range('64:ff9b::/96'), at: 12 }, // NAT64 well-known prefix, RFC 6052 §2.1
  { range: range('64:ff9b:1::/48'), at: 12 }, // NAT64 local use, RFC 8215 (its /96 forms)
  { range: range('2002::/16'), at: 2 }, // 6to4, RFC 3056 §2
  { range: range('2001::/32'), at: 12, inverted: true }, // Teredo, RFC 4380 §4: the client's address, inverted
];

/** ISATAP interface identifiers, with the universal bit clear and set. RFC 5214 §6.1. */
const ISATAP = [Uint8Array.of(0, 0, 0x5e, 0xfe), Uint8Array.of(2, 0, 0x5e, 0xfe)];

/**
 * The IPv4 address (4 bytes) inside an IPv6 one (16 bytes); `undefined` when there is none. `::` and `::1`
 * lie in ::/96 but are addresses of their own (RFC 4291 §2.5.2, §2.5.3), so they embed nothing.
 */
export function embeddedIpv4(ip: Uint8Array): Uint8Array | undefined {
  if (ip.length !== 16) return undefined;
  if (ip.subarray(0, 15).every((byte) => byte === 0) && (ip[15] ?? 0) <= 1) return undefined;
  for (const { range: form, at, inverted } of EMBEDDINGS) {
    if (!inRange(form, ip)) continue;
    const bytes = ip.slice(at, at + 4);
    return inverted ? bytes.map((byte) => byte ^ 0xff) : bytes;
  }
  if (ISATAP.some((id) => sameBytes(id, ip.subarray(8, 12)))) return ip.slice(12);
  return undefined;
}

function range(text: string): IpRange {
  const parsed = parseIpRange(text);
  if (!parsed) throw new Error(`${text} is no range`);
  return parsed;
}
