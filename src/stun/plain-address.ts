/** MAPPED-ADDRESS and the attributes that have its format: an address as it is, not exclusive-ored. RFC 8489 §14.1. */
import { formatIp, parseIp, type SocketAddress } from '../base/index.ts';
import { AddressFamily } from './xor-address.ts';

/** The value of the attribute. A text that is no address throws `TypeError`. */
export function encodePlainAddress({ ip, port }: SocketAddress): Uint8Array {
  const bytes = parseIp(ip);
  if (!bytes) throw new TypeError(`${ip} is no IP address.`);
  const family = bytes.length === 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
  return Uint8Array.of(0, family, port >> 8, port & 0xff, ...bytes);
}

/** `undefined` when the family is unknown or the length does not fit it. */
export function decodePlainAddress(value: Uint8Array): SocketAddress | undefined {
  const family = value[1];
  const ipBytes = value.length - 4;
  const fits =
    (family === AddressFamily.IPV4 && ipBytes === 4) || (family === AddressFamily.IPV6 && ipBytes === 16);
  if (!fits) return undefined;
  return { ip: formatIp(value.subarray(4)), port: ((value[2] ?? 0) << 8) | (value[3] ?? 0) };
}
