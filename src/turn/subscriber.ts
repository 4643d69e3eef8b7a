/** Under which name a client's address is counted. RFC 6177. */
import { encodeHex, parseIp } from '../base/index.ts';

/** One IPv4 address, or one IPv6 network of 64 bits, which is what one subscriber gets. `ip` in canonical text. */
export function subscriberOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  return encodeHex((parseIp(ip) ?? new Uint8Array(0)).subarray(0, 8));
}
