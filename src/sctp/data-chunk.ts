/** DATA and I-DATA: one fragment of a message. RFC 9260 §3.3.1, RFC 8260 §2.1. */
import { ChunkType, DataFlag } from './code-points.ts';
import type { Chunk, PacketWriter } from './packet.ts';

export interface DataFragment {
  readonly tsn: number;
  readonly stream: number;
  readonly unordered: boolean;
  readonly begin: boolean;
  readonly end: boolean;
  /** The receiver is asked for an acknowledgement at once. RFC 7053. */
  readonly immediate: boolean;
  /** DATA: stream sequence number, 16 bits. I-DATA: message identifier, 32 bits. */
  readonly messageId: number;
  /** Only the first fragment of an I-DATA message has it; 0 in the others. */
  readonly ppid: number;
  /** I-DATA: 0 in the first. DATA: 0. */
  readonly fragment: number;
  /** When decoded a view (borrowed). */
  readonly payload: Uint8Array;
}

/** Of the chunk's value, payload aside. */
export const DATA_FIELDS_BYTES = 12;
export const I_DATA_FIELDS_BYTES = 16;

/** `undefined` when it is too short. An empty payload is the caller's to judge (RFC 9260 §3.3.10.9). */
export function decodeDataFragment({ type, flags, value }: Chunk): DataFragment | undefined {
  const interleaved = type === ChunkType.I_DATA;
  const fieldsBytes = interleaved ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES;
  if (value.length < fieldsBytes) return undefined;
  const begin = (flags & DataFlag.BEGIN) !== 0;
  const last = readU32(value, interleaved ? 12 : 8);
  return {
    tsn: readU32(value, 0),
    stream: readU16(value, 4),
    unordered: (flags & DataFlag.UNORDERED) !== 0,
    begin,
    end: (flags & DataFlag.END) !== 0,
    immediate: (flags & DataFlag.IMMEDIATE) !== 0,
    messageId: interleaved ? readU32(value, 8) : readU16(value, 6),
    ppid: interleaved && !begin ? 0 : last,
    fragment: interleaved && !begin ? last : 0,
    payload: value.subarray(fieldsBytes),
  };
}

/** The caller has checked that it fits. */
export function writeDataFragment(writer: PacketWriter, fragment: DataFragment, interleaved: boolean): void {
  const fieldsBytes = interleaved ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES;
  const flags =
    (fragment.end ? DataFlag.END : 0) |
    (fragment.begin ? DataFlag.BEGIN : 0) |
    (fragment.unordered ? DataFlag.UNORDERED : 0) |
    (fragment.immediate ? DataFlag.IMMEDIATE : 0);
  const type = interleaved ? ChunkType.I_DATA : ChunkType.DATA;
  const at = writer.open(type, flags, fieldsBytes + fragment.payload.length);
  const { view } = writer;
  view.setUint32(at, fragment.tsn);
  view.setUint16(at + 4, fragment.stream);
  if (interleaved) {
    view.setUint32(at + 8, fragment.messageId);
    view.setUint32(at + 12, fragment.begin ? fragment.ppid : fragment.fragment);
  } else {
    view.setUint16(at + 6, fragment.messageId & 0xffff);
    view.setUint32(at + 8, fragment.ppid);
  }
  writer.bytes.set(fragment.payload, at + fieldsBytes);
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}
