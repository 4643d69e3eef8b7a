/**
 * Records as they lie in a datagram: reading their headers, writing them. Protects nothing. RFC 6347 §4.1.
 *
 *      0      1..2     3..4          5..10            11..12
 *   +------+---------+-------+--------------------+-----------+------ - -
 *   | type | version | epoch | sequence (48 bits) |  length   | fragment
 *   +------+---------+-------+--------------------+-----------+------ - -
 */
import { CONTENT_TYPE } from './code-points.ts';

export const RECORD_HEADER_BYTES = 13;

/** What the longest record has around its plaintext: header and explicit nonce before, tag behind. RFC 5288 §3. */
export const DTLS_RECORD_ROOM = { beforeBytes: RECORD_HEADER_BYTES + 8, afterBytes: 16 } as const;

/** RFC 5246 §6.2.3: 2¹⁴ bytes of plaintext, and what protection may add. */
export const MAX_PLAINTEXT_BYTES = 2 ** 14;
const MAX_FRAGMENT_BYTES = MAX_PLAINTEXT_BYTES + 2048;

export interface DtlsRecord {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  /** The whole record, header included; borrowed from the datagram. */
  readonly bytes: Uint8Array;
  /** What follows the header; borrowed from the datagram. */
  readonly fragment: Uint8Array;
}

/** RFC 7983 §7: the first byte of a DTLS record, among all that shares a port with it, is 20 … 63. */
export function looksLikeDtls(datagram: Uint8Array): boolean {
  const first = datagram[0] ?? 0;
  return first >= 20 && first <= 63 && datagram.length >= RECORD_HEADER_BYTES;
}

/** The record that starts at `offset`; `undefined` when none does. Borrows the datagram. */
export function readRecord(datagram: Uint8Array, offset = 0): DtlsRecord | undefined {
  if (datagram.length - offset < RECORD_HEADER_BYTES) return undefined;
  const view = new DataView(datagram.buffer, datagram.byteOffset + offset, RECORD_HEADER_BYTES);
  const type = view.getUint8(0);
  const version = view.getUint16(1);
  const length = view.getUint16(11);
  if (type < CONTENT_TYPE.CHANGE_CIPHER_SPEC || type > CONTENT_TYPE.APPLICATION_DATA) return undefined;
  if (version >> 8 !== 0xfe || length > MAX_FRAGMENT_BYTES) return undefined;
  const end = offset + RECORD_HEADER_BYTES + length;
  if (end > datagram.length) return undefined;
  return {
    type,
    version,
    epoch: view.getUint16(3),
    sequence: view.getUint16(5) * 2 ** 32 + view.getUint32(7),
    bytes: datagram.subarray(offset, end),
    fragment: datagram.subarray(offset + RECORD_HEADER_BYTES, end),
  };
}

/** What stands in a header besides the length. */
export interface RecordHeader {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** Writes 13 bytes to the start of `into`. */
export function writeRecordHeader(into: Uint8Array, header: RecordHeader, fragmentBytes: number): void {
  const view = new DataView(into.buffer, into.byteOffset, RECORD_HEADER_BYTES);
  view.setUint8(0, header.type);
  view.setUint16(1, header.version);
  view.setUint16(3, header.epoch);
  view.setUint16(5, Math.floor(header.sequence / 2 ** 32));
  view.setUint32(7, header.sequence >>> 0);
  view.setUint16(11, fragmentBytes);
}

/** A record of epoch 0, given away. */
export function encodePlainRecord(header: RecordHeader, fragment: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + fragment.length);
  writeRecordHeader(bytes, header, fragment.length);
  bytes.set(fragment, RECORD_HEADER_BYTES);
  return bytes;
}
