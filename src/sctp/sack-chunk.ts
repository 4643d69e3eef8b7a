/** SACK: what has arrived. RFC 9260 §3.3.4. */
import { ByteReader, ByteWriter } from '../base/index.ts';

/** Received TSNs behind the cumulative one: offsets from it, both inclusive. */
export interface GapBlock {
  readonly start: number;
  readonly end: number;
}

export interface Sack {
  readonly cumulativeTsn: number;
  readonly receiveWindowBytes: number;
  readonly gaps: readonly GapBlock[];
  /** TSNs that came more than once since the last SACK. */
  readonly duplicates: readonly number[];
}

const FIXED_BYTES = 12;

/** `undefined` when the counts do not fit the length, or when a block is empty, out of order or overlaps. */
export function decodeSack(value: Uint8Array): Sack | undefined {
  const reader = new ByteReader(value);
  const cumulativeTsn = reader.u32();
  const receiveWindowBytes = reader.u32();
  const gapCount = reader.u16();
  const duplicateCount = reader.u16();
  if (reader.failed || value.length < FIXED_BYTES + 4 * (gapCount + duplicateCount)) return undefined;
  const gaps: GapBlock[] = [];
  let previousEnd = 0;
  for (let i = 0; i < gapCount; i++) {
    const start = reader.u16();
    const end = reader.u16();
    if (start <= previousEnd || end < start) return undefined;
    gaps.push({ start, end });
    previousEnd = end;
  }
  const duplicates: number[] = [];
  for (let i = 0; i < duplicateCount; i++) duplicates.push(reader.u32());
  return { cumulativeTsn, receiveWindowBytes, gaps, duplicates };
}

export function encodeSack({ cumulativeTsn, receiveWindowBytes, gaps, duplicates }: Sack): Uint8Array {
  const writer = new ByteWriter(FIXED_BYTES + 4 * (gaps.length + duplicates.length))
    .u32(cumulativeTsn)
    .u32(receiveWindowBytes)
    .u16(gaps.length)
    .u16(duplicates.length);
  for (const { start, end } of gaps) writer.u16(start).u16(end);
  for (const tsn of duplicates) writer.u32(tsn);
  return writer.finish();
}
