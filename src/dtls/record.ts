/**
 * Records as they lie in a datagram: reading their headers, writing them. Protects nothing. RFC 6347 §4.1.
 *
 *      0      1..2     3..4          5..10            11..12
 *   +------+---------+-------+--------------------+-----------+------ - -
 *   | type | version | epoch | sequence (48 bits) |  length   | fragment
 *   +------+---------+-------+--------------------+-----------+------ - -
 */
import { CONTENT_TYPE, VERSION } from './code-points.ts';

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

/** Where the record that starts at `offset` ends; `undefined` when none does. */
export function recordEnd(datagram: Uint8Array, offset: number): number | undefined {
  if (datagram.length - offset < RECORD_HEADER_BYTES) return undefined;
  const type = datagram[offset] as number;
  if (type < CONTENT_TYPE.CHANGE_CIPHER_SPEC || type > CONTENT_TYPE.APPLICATION_DATA) return undefined;
  const length = u16(datagram, offset + 11);
  if (datagram[offset + 1] !== 0xfe || length > MAX_FRAGMENT_BYTES) return undefined;
  const end = offset + RECORD_HEADER_BYTES + length;
  return end > datagram.length ? undefined : end;
}

/** Of the record that starts at `offset`: 48 bits. */
export function recordSequence(datagram: Uint8Array, offset: number): number {
  const high = u16(datagram, offset + 5);
  return high * 2 ** 32 + u16(datagram, offset + 7) * 2 ** 16 + u16(datagram, offset + 9);
}

/** Whether the record that starts at `offset` is sealed application data of DTLS 1.2. */
export function isSealedData(datagram: Uint8Array, offset: number): boolean {
  return (
    datagram[offset] === CONTENT_TYPE.APPLICATION_DATA &&
    u16(datagram, offset + 1) === VERSION.DTLS_1_2 &&
    u16(datagram, offset + 3) === 1
  );
}

/** The record that starts at `offset`; `undefined` when none does. Borrows the datagram. */
export function readRecord(datagram: Uint8Array, offset = 0): DtlsRecord | undefined {
  const end = recordEnd(datagram, offset);
  if (end === undefined) return undefined;
  return {
    type: datagram[offset] as number,
    version: u16(datagram, offset + 1),
    epoch: u16(datagram, offset + 3),
    sequence: recordSequence(datagram, offset),
    bytes: datagram.subarray(offset, end),
    fragment: datagram.subarray(offset + RECORD_HEADER_BYTES, end),
  };
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
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
  const { type, version, epoch, sequence } = header;
  const high = Math.floor(sequence / 2 ** 32);
  const low = sequence >>> 0;
  into[0] = type;
  into[1] = version >>> 8;
  into[2] = version & 0xff;
  into[3] = epoch >>> 8;
  into[4] = epoch & 0xff;
  into[5] = high >>> 8;
  into[6] = high & 0xff;
  into[7] = low >>> 24;
  into[8] = (low >>> 16) & 0xff;
  into[9] = (low >>> 8) & 0xff;
  into[10] = low & 0xff;
  into[11] = fragmentBytes >>> 8;
  into[12] = fragmentBytes & 0xff;
}

/** A record of epoch 0, given away. */
export function encodePlainRecord(header: RecordHeader, fragment: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + fragment.length);
  writeRecordHeader(bytes, header, fragment.length);
  bytes.set(fragment, RECORD_HEADER_BYTES);
  return bytes;
}
