/** Type, length, value: the parameters inside chunks, and the error causes, which look the same. RFC 9260 §3.2.1, §3.3.10. */
import { ByteWriter } from '../base/index.ts';

export interface Parameter {
  readonly type: number;
  /** Without padding; a view (borrowed). */
  readonly value: Uint8Array;
}

const HEADER_BYTES = 4;

/** `undefined` when one runs past the end. */
export function decodeParameters(bytes: Uint8Array): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER_BYTES > bytes.length) return undefined;
    const type = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (length < HEADER_BYTES || at + length > bytes.length) return undefined;
    parameters.push({ type, value: bytes.subarray(at + HEADER_BYTES, at + length) });
    at += (length + 3) & ~3;
  }
  return parameters;
}

/** Padded with zeros between parameters, not after the last, whose padding the chunk adds. */
export function encodeParameters(parameters: readonly Parameter[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { type, value } of parameters) writeParameter(writer, type, value);
  return writer.finish();
}

/** Pads what stands before it to whole words. */
export function writeParameter(writer: ByteWriter, type: number, value: Uint8Array): void {
  writeHeader(writer, type, value.length).bytes(value);
}

/** A parameter of 32 bits. */
export function writeWord(writer: ByteWriter, type: number, value: number): void {
  writeHeader(writer, type, 4).u32(value);
}

function writeHeader(writer: ByteWriter, type: number, valueBytes: number): ByteWriter {
  return writer
    .zeros(-writer.length & 3)
    .u16(type)
    .u16(HEADER_BYTES + valueBytes);
}
