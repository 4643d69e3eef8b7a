/**
 * A Data indication written around its data, where that lies: header in front, padding behind. RFC 8656 §11.3.
 *
 * ```
 * STUN header (20) | XOR-PEER-ADDRESS (12, or 24 for IPv6) | DATA header (4) | data | 0 … 3 zeros
 * ```
 */

import type { SocketAddress } from '../base/index.ts';
import { encodeMessageType, encodeXorAddress, MAGIC_COOKIE, MessageClass } from '../stun/index.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';

const STUN_HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;

/**
 * `length` bytes of data are at `at` of `into`, with 48 free bytes in front (36 for an IPv4 peer) and 3 behind. Returns where the message begins; it ends with the padding, at the next
 * multiple of four after the data. `transactionId`: 12 bytes, copied.
 */
export function writeDataIndication(
  into: Uint8Array,
  at: number,
  length: number,
  peer: SocketAddress,
  transactionId: Uint8Array,
): number {
  const value = encodeXorAddress(peer, transactionId);
  const padding = -length & 3;
  const header = ATTRIBUTE_HEADER_BYTES + value.length + ATTRIBUTE_HEADER_BYTES;
  const start = at - header - STUN_HEADER_BYTES;
  setU16(into, start, encodeMessageType(TurnMethod.DATA, MessageClass.INDICATION));
  setU16(into, start + 2, header + length + padding);
  setU16(into, start + 4, MAGIC_COOKIE >>> 16);
  setU16(into, start + 6, MAGIC_COOKIE & 0xffff);
  into.set(transactionId, start + 8);
  setU16(into, start + STUN_HEADER_BYTES, TurnAttribute.XOR_PEER_ADDRESS);
  setU16(into, start + STUN_HEADER_BYTES + 2, value.length);
  into.set(value, start + STUN_HEADER_BYTES + ATTRIBUTE_HEADER_BYTES);
  setU16(into, at - ATTRIBUTE_HEADER_BYTES, TurnAttribute.DATA);
  setU16(into, at - 2, length);
  for (let i = 0; i < padding; i++) into[at + length + i] = 0;
  return start;
}

function setU16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >> 8;
  into[at + 1] = value & 0xff;
}
