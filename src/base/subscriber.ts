/** Under which name an address is counted where every client gets its share. RFC 6177. */
import { parseIp } from './address.ts';
import { encodeHex } from './encoding.ts';

/** One IPv4 address, or one IPv6 network of 64 bits, which is what one subscriber gets. `ip` in canonical text. */
export function subscriberOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  return encodeHex((parseIp(ip) ?? new Uint8Array(0)).subarray(0, 8));
}
