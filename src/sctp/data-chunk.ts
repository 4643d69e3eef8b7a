/** DATA and I-DATA: one fragment of a message. RFC 9260 §3.3.1, RFC 8260 §2.1. */
import { ChunkType, DataFlag } from './code-points.ts';
import type { Flight } from './outgoing-message.ts';
import { CHUNK_HEADER_BYTES, chunkLength, readU16, readU32 } from './packet.ts';
import type { PacketWriter } from './packet-writer.ts';

/** One record serves all chunks of an association, one after the other: who keeps something of it copies. */
export class DataFragment {
  tsn = 0;
  stream = 0;
  unordered = false;
  begin = false;
  end = false;
  /** The receiver is asked for an acknowledgement at once. RFC 7053. */
  immediate = false;
  /** DATA: stream sequence number, 16 bits. I-DATA: message identifier, 32 bits. */
  messageId = 0;
  /** Only the first fragment of an I-DATA message has it; 0 in the others. */
  ppid = 0;
  /** I-DATA: 0 in the first. DATA: 0. */
  fragment = 0;
  /** The packet, borrowed, and where in it the payload lies. */
  bytes: Uint8Array = NO_BYTES;
  from = 0;
  length = 0;

  /** Reads the chunk that begins at `at`. `false` when it is too short to hold user data (RFC 9260 §3.3.10.9). */
  read(bytes: Uint8Array, at: number): boolean {
    const interleaved = bytes[at] === ChunkType.I_DATA;
    const headBytes = CHUNK_HEADER_BYTES + (interleaved ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES);
    const flags = bytes[at + 1] ?? 0;
    this.length = chunkLength(bytes, at) - headBytes;
    if (this.length <= 0) return false;
    const begin = (flags & DataFlag.BEGIN) !== 0;
    this.begin = begin;
    this.end = (flags & DataFlag.END) !== 0;
    this.unordered = (flags & DataFlag.UNORDERED) !== 0;
    this.immediate = (flags & DataFlag.IMMEDIATE) !== 0;
    this.tsn = readU32(bytes, at + 4);
    this.stream = readU16(bytes, at + 8);
    if (interleaved) {
      const last = readU32(bytes, at + 16);
      this.messageId = readU32(bytes, at + 12);
      this.ppid = begin ? last : 0;
      this.fragment = begin ? 0 : last;
    } else {
      this.messageId = readU16(bytes, at + 10);
      this.ppid = readU32(bytes, at + 12);
      this.fragment = 0;
    }
    this.bytes = bytes;
    this.from = at + headBytes;
    return true;
  }

  /** Lets go of the packet. */
  forget(): void {
    this.bytes = NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Of the chunk's value, payload aside. */
export const DATA_FIELDS_BYTES = 12;
export const I_DATA_FIELDS_BYTES = 16;

/** The caller has checked that it fits. */
export function writeDataFragment(
  writer: PacketWriter,
  flight: Flight,
  immediate: boolean,
  interleaved: boolean,
): void {
  const { message, begin, end, from, length } = flight;
  const fieldsBytes = interleaved ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES;
  const flags =
    (end ? DataFlag.END : 0) |
    (begin ? DataFlag.BEGIN : 0) |
    (message.unordered ? DataFlag.UNORDERED : 0) |
    (immediate ? DataFlag.IMMEDIATE : 0);
  const type = interleaved ? ChunkType.I_DATA : ChunkType.DATA;
  const at = writer.open(type, flags, fieldsBytes + length);
  const { view } = writer;
  view.setUint32(at, flight.tsn);
  view.setUint16(at + 4, message.stream);
  if (interleaved) {
    view.setUint16(at + 6, 0);
    view.setUint32(at + 8, message.messageId);
    view.setUint32(at + 12, begin ? message.ppid : flight.fragment);
  } else {
    view.setUint16(at + 6, message.messageId & 0xffff);
    view.setUint32(at + 8, message.ppid);
  }
  const { payload } = message;
  const isWhole = length === payload.length;
  writer.bytes.set(isWhole ? payload : payload.subarray(from, from + length), at + fieldsBytes);
}
