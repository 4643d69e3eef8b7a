/** Values of TURN's small attributes, read with their shape checked. RFC 8656 §18. */
import { type IpFamily, parseIp, type SocketAddress } from '../base/index.ts';
import { AddressFamily } from '../stun/index.ts';

/** LIFETIME, seconds; `undefined` unless 4 bytes. RFC 8656 §18.2. */
export function decodeU32(value: Uint8Array): number | undefined {
  if (value.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}

/** CHANNEL-NUMBER: 16 bits, and 16 that are ignored. RFC 8656 §18.1. */
export function decodeChannelNumber(value: Uint8Array): number | undefined {
  return value.length === 4 ? ((value[0] ?? 0) << 8) | (value[1] ?? 0) : undefined;
}

export function encodeChannelNumber(channel: number): Uint8Array {
  return Uint8Array.of(channel >> 8, channel & 0xff, 0, 0);
}

/** The first byte of a value of 4 bytes: REQUESTED-TRANSPORT, REQUESTED-ADDRESS-FAMILY. RFC 8656 §18.6, §18.8. */
export function decodeFirstOfFour(value: Uint8Array): number | undefined {
  return value.length === 4 ? value[0] : undefined;
}

export function encodeFirstOfFour(first: number): Uint8Array {
  return Uint8Array.of(first, 0, 0, 0);
}

export function ipFamilyOf(code: number | undefined): IpFamily | undefined {
  if (code === AddressFamily.IPV4) return 4;
  return code === AddressFamily.IPV6 ? 6 : undefined;
}

export function familyCodeOf(family: IpFamily): number {
  return family === 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
}

/**
 * ADDRESS-ERROR-CODE: why one family of a dual allocation is missing. RFC 8656 §18.12.
 * ```
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Family       |    Reserved             |Class|     Number    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export function encodeAddressErrorCode(family: IpFamily, code: number): Uint8Array {
  return Uint8Array.of(familyCodeOf(family), 0, Math.floor(code / 100), code % 100);
}

/** ALTERNATE-SERVER: an address as it is, not exclusive-ored. RFC 8489 §14.1, §14.15. Throws `TypeError` for no address. */
export function encodePlainAddress({ ip, port }: SocketAddress): Uint8Array {
  const bytes = parseIp(ip);
  if (!bytes) throw new TypeError(`${ip} is no IP address.`);
  const family = familyCodeOf(bytes.length === 4 ? 4 : 6);
  return Uint8Array.of(0, family, port >> 8, port & 0xff, ...bytes);
}

export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** The next hop's MTU in bytes, for "packet too big" and "fragmentation needed"; 0 for all else. */
  readonly data: number;
}

/**
 * ICMP: why a packet was dropped on its way to a peer. The figure of RFC 8656 §18.13 has 7 bits for the type and 9 for
 * the code.
 * ```
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Reserved                     |  ICMP Type  |  ICMP Code      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          Error Data                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export function encodeIcmp(family: IpFamily, { type, code, data }: IcmpError): Uint8Array {
  const value = new Uint8Array(8);
  const view = new DataView(value.buffer);
  view.setUint16(2, (type << 9) | (code & 0x1ff));
  const tellsMtu = family === 6 ? type === 2 : type === 3 && code === 4;
  view.setUint32(4, tellsMtu ? data : 0);
  return value;
}

/** `undefined` unless 8 bytes. */
export function decodeIcmp(value: Uint8Array): IcmpError | undefined {
  if (value.length !== 8) return undefined;
  const view = new DataView(value.buffer, value.byteOffset);
  const both = view.getUint16(2);
  return { type: both >> 9, code: both & 0x1ff, data: view.getUint32(4) };
}
