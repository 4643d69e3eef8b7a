/**
 * XOR-MAPPED-ADDRESS and the attributes encoded like it. RFC 8489 §14.1, §14.2.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0 0 0 0 0 0 0 0|    Family     |         X-Port                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                X-Address (32 or 128 bits)
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
import { formatIp, parseIp, type SocketAddress } from '../base/index.ts';

/** The family codes of RFC 8489 §14.1; TURN's REQUESTED-ADDRESS-FAMILY uses them too. */
export const AddressFamily = { IPV4: 0x01, IPV6: 0x02 } as const;

const COOKIE = Uint8Array.of(0x21, 0x12, 0xa4, 0x42);

/** The value of the attribute. `transactionId` is 12 bytes. A text that is no address throws `TypeError`. */
export function encodeXorAddress(address: SocketAddress, transactionId: Uint8Array): Uint8Array {
  const ip = parseIp(address.ip);
  if (!ip) throw new TypeError(`${address.ip} is no IP address.`);
  const value = new Uint8Array(4 + ip.length);
  value[1] = ip.length === 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
  value[2] = (address.port >> 8) ^ 0x21;
  value[3] = (address.port & 0xff) ^ 0x12;
  for (let i = 0; i < ip.length; i++) value[4 + i] = (ip[i] ?? 0) ^ maskAt(i, transactionId);
  return value;
}

/** `undefined` when the family is unknown or the length does not fit it. */
export function decodeXorAddress(value: Uint8Array, transactionId: Uint8Array): SocketAddress | undefined {
  const family = value[1];
  const ipBytes = value.length - 4;
  const fits =
    (family === AddressFamily.IPV4 && ipBytes === 4) || (family === AddressFamily.IPV6 && ipBytes === 16);
  if (!fits) return undefined;
  const port = (((value[2] ?? 0) ^ 0x21) << 8) | ((value[3] ?? 0) ^ 0x12);
  const ip = value.slice(4);
  for (let i = 0; i < ip.length; i++) ip[i] = (ip[i] ?? 0) ^ maskAt(i, transactionId);
  return { ip: formatIp(ip), port };
}

/** RFC 8489 §14.2: the cookie, and for IPv6 the transaction id after it. */
function maskAt(i: number, transactionId: Uint8Array): number {
  return (i < 4 ? COOKIE[i] : transactionId[i - 4]) ?? 0;
}
