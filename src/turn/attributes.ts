/** Values of TURN's small attributes, read with their shape checked. RFC 8656 §18. */
import type { IpFamily } from '../base/index.ts';
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
