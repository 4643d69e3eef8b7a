/**
 * Under which name an address is counted: an IPv4 address by itself, an IPv6 one by its /64, because one subscriber
 * owns a whole /64 and could else come from a fresh address each time. RFC 4291 §2.5.4, RFC 6177.
 */
import { embeddedIpv4, encodeHex, formatIp, parseIp } from '../base/index.ts';

export function addressKey(address: string): string {
  const ip = parseIp(address);
  if (!ip) return address.slice(0, 64);
  if (ip.length === 4) return formatIp(ip);
  const ipv4 = embeddedIpv4(ip);
  return ipv4 ? formatIp(ipv4) : encodeHex(ip.subarray(0, 8));
}
