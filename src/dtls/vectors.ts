/** Vectors: a length, then as many bytes. RFC 5246 §4.3. */
import { ByteReader, type ByteWriter } from '../base/index.ts';

/** opaque <0..2^8-1>; borrowed. A length that leads past the end makes the reader fail. */
export function readVector8(reader: ByteReader): Uint8Array {
  return reader.take(reader.u8());
}

/** opaque <0..2^16-1>; borrowed. */
export function readVector16(reader: ByteReader): Uint8Array {
  return reader.take(reader.u16());
}

export function writeVector8(writer: ByteWriter, bytes: Uint8Array): ByteWriter {
  return writer.u8(bytes.length).bytes(bytes);
}

export function writeVector16(writer: ByteWriter, bytes: Uint8Array): ByteWriter {
  return writer.u16(bytes.length).bytes(bytes);
}

/** The 16-bit numbers that `bytes` consist of; `undefined` for half a number or for none. */
export function decodeNumbers(bytes: Uint8Array): readonly number[] | undefined {
  if (bytes.length === 0 || bytes.length % 2 !== 0) return undefined;
  const reader = new ByteReader(bytes);
  const numbers: number[] = [];
  while (reader.remaining > 0) numbers.push(reader.u16());
  return numbers;
}

/** A vector of 16-bit numbers, <0..2^16-1>. */
export function writeNumbers(writer: ByteWriter, numbers: readonly number[]): ByteWriter {
  writer.u16(2 * numbers.length);
  for (const number of numbers) writer.u16(number);
  return writer;
}
