/** What the extensions of a hello hold. Which are offered and chosen is the handshake's. */
import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { UNCOMPRESSED_POINT } from './code-points.ts';
import {
  decodeNumbers,
  readVector8,
  readVector16,
  writeNumbers,
  writeVector8,
  writeVector16,
} from './vectors.ts';

/** Supported groups, signature algorithms: a list of 16-bit numbers. RFC 8422 §5.1.1, RFC 5246 §7.4.1.4.1. */
export function encodeNumberList(numbers: readonly number[]): Uint8Array {
  return writeNumbers(new ByteWriter(2 + 2 * numbers.length), numbers).finish();
}

export function decodeNumberList(data: Uint8Array): readonly number[] | undefined {
  const reader = new ByteReader(data);
  const numbers = decodeNumbers(readVector16(reader));
  return reader.failed || reader.remaining > 0 ? undefined : numbers;
}

/** RFC 8422 §5.1.2: the one format that is left. */
export function encodePointFormats(): Uint8Array {
  return Uint8Array.of(1, UNCOMPRESSED_POINT);
}

/** RFC 8422 §5.1.2: the list must have the uncompressed format. */
export function hasUncompressedPoints(data: Uint8Array): boolean {
  const reader = new ByteReader(data);
  const formats = readVector8(reader);
  return !reader.failed && reader.remaining === 0 && formats.includes(UNCOMPRESSED_POINT);
}

/** RFC 5764 §4.1.1: profiles, and a master key identifier that we leave empty. */
export function encodeUseSrtp(profiles: readonly number[]): Uint8Array {
  return writeNumbers(new ByteWriter(3 + 2 * profiles.length), profiles)
    .u8(0)
    .finish();
}

export function decodeUseSrtp(
  data: Uint8Array,
): { readonly profiles: readonly number[]; readonly mki: Uint8Array } | undefined {
  const reader = new ByteReader(data);
  const profiles = decodeNumbers(readVector16(reader));
  const mki = readVector8(reader);
  return reader.failed || reader.remaining > 0 || !profiles ? undefined : { profiles, mki };
}

/** RFC 7301 §3.1. */
export function encodeProtocolNames(names: readonly string[]): Uint8Array {
  const list = new ByteWriter(64);
  for (const name of names) writeVector8(list, encodeUtf8(name));
  return writeVector16(new ByteWriter(64), list.written()).finish();
}

/** Names that are no UTF-8 cannot be one of ours, and are left out. */
export function decodeProtocolNames(data: Uint8Array): readonly string[] | undefined {
  const reader = new ByteReader(data);
  const list = new ByteReader(readVector16(reader));
  if (reader.failed || reader.remaining > 0 || list.remaining === 0) return undefined;
  const names: string[] = [];
  while (list.remaining > 0) {
    const bytes = readVector8(list);
    if (list.failed || bytes.length === 0) return undefined;
    const name = decodeUtf8(bytes);
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** RFC 6066 §3: a list with one host_name (type 0). */
export function encodeServerName(name: string): Uint8Array {
  const entry = writeVector16(new ByteWriter(64).u8(0), encodeUtf8(name));
  return writeVector16(new ByteWriter(64), entry.written()).finish();
}

/** The first host_name; `undefined` when malformed or when there is none. */
export function decodeServerName(data: Uint8Array): string | undefined {
  const reader = new ByteReader(data);
  const list = new ByteReader(readVector16(reader));
  if (reader.failed || reader.remaining > 0) return undefined;
  while (list.remaining > 0) {
    const type = list.u8();
    const name = readVector16(list);
    if (list.failed) return undefined;
    if (type === 0) return decodeUtf8(name);
  }
  return undefined;
}

/** RFC 5746 §3.2: in a first handshake the field is empty. */
export function encodeRenegotiationInfo(): Uint8Array {
  return Uint8Array.of(0);
}

export function isEmptyRenegotiationInfo(data: Uint8Array): boolean {
  return data.length === 1 && data[0] === 0;
}
