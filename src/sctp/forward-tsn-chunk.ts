/** FORWARD-TSN and I-FORWARD-TSN: the sender gives up on messages. RFC 3758 §3.2, RFC 8260 §2.3.1. */
import { ByteReader, ByteWriter } from '../base/index.ts';

/** In this stream nothing up to this message will come any more. */
export interface SkippedMessage {
  readonly stream: number;
  /** FORWARD-TSN names ordered messages only. */
  readonly unordered: boolean;
  /** 16 bits, or 32 for I-FORWARD-TSN. */
  readonly messageId: number;
}

export interface ForwardTsn {
  readonly cumulativeTsn: number;
  readonly skipped: readonly SkippedMessage[];
}

/** `undefined` when it is too short. Borrows nothing. */
export function decodeForwardTsn(value: Uint8Array, interleaved: boolean): ForwardTsn | undefined {
  const entryBytes = interleaved ? 8 : 4;
  const reader = new ByteReader(value);
  const cumulativeTsn = reader.u32();
  if (reader.failed || reader.remaining % entryBytes !== 0) return undefined;
  const skipped: SkippedMessage[] = [];
  while (reader.remaining > 0) {
    const stream = reader.u16();
    const next = reader.u16();
    skipped.push(
      interleaved
        ? { stream, unordered: (next & 1) !== 0, messageId: reader.u32() }
        : { stream, unordered: false, messageId: next },
    );
  }
  return { cumulativeTsn, skipped };
}

export function encodeForwardTsn({ cumulativeTsn, skipped }: ForwardTsn, interleaved: boolean): Uint8Array {
  const writer = new ByteWriter().u32(cumulativeTsn);
  for (const { stream, unordered, messageId } of skipped) {
    writer.u16(stream);
    if (interleaved) writer.u16(unordered ? 1 : 0).u32(messageId);
    else writer.u16(messageId & 0xffff);
  }
  return writer.finish();
}
