/**
 * Handshake messages with their DTLS header, whole and in fragments. Knows nothing of what they say. RFC 6347 §4.2.2, §4.2.3.
 *
 *      0       1..3        4..5            6..8              9..11
 *   +------+----------+-------------+-----------------+-----------------+---- - -
 *   | type |  length  | message_seq | fragment_offset | fragment_length | body
 *   +------+----------+-------------+-----------------+-----------------+---- - -
 */
import { ByteReader, ByteWriter } from '../base/index.ts';

export const HANDSHAKE_HEADER_BYTES = 12;

export interface HandshakeMessage {
  readonly type: number;
  /** message_seq. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

export interface HandshakeFragment {
  readonly type: number;
  readonly sequence: number;
  /** Of the whole message. */
  readonly length: number;
  readonly offset: number;
  /** Borrowed from the record. */
  readonly bytes: Uint8Array;
}

/** The part of `message` from `offset`, `length` bytes of its body. Given away. */
export function encodeFragment(message: HandshakeMessage, offset: number, length: number): Uint8Array {
  const writer = new ByteWriter(HANDSHAKE_HEADER_BYTES + length);
  const { body } = message;
  const part = length === body.length ? body : body.subarray(offset, offset + length);
  return writeFragment(writer, message, offset, part).finish();
}

/** RFC 6347 §4.2.6: as it counts for the transcript, as if it had been sent in one fragment. */
export function writeWhole(writer: ByteWriter, message: HandshakeMessage): ByteWriter {
  return writeFragment(writer, message, 0, message.body);
}

function writeFragment(
  writer: ByteWriter,
  { type, sequence, body }: HandshakeMessage,
  offset: number,
  part: Uint8Array,
): ByteWriter {
  writeU24(writer.u8(type), body.length).u16(sequence);
  return writeU24(writeU24(writer, offset), part.length).bytes(part);
}

/** The fragments in one record, of one message or of several; `undefined` when it is not made of them. Borrows. */
export function decodeFragments(record: Uint8Array): readonly HandshakeFragment[] | undefined {
  const reader = new ByteReader(record);
  const fragments: HandshakeFragment[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    const length = readU24(reader);
    const sequence = reader.u16();
    const offset = readU24(reader);
    const fragmentBytes = readU24(reader);
    const bytes = reader.take(fragmentBytes);
    if (reader.failed || offset + fragmentBytes > length) return undefined;
    fragments.push({ type, sequence, length, offset, bytes });
  }
  return fragments.length > 0 ? fragments : undefined;
}

export function readU24(reader: ByteReader): number {
  return reader.u8() * 2 ** 16 + reader.u16();
}

export function writeU24(writer: ByteWriter, value: number): ByteWriter {
  return writer.u8(value >>> 16).u16(value & 0xffff);
}
