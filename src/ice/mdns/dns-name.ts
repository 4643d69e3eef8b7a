/** Names in DNS messages: labels, with pointers to what stood before. Reads all, writes without pointers. RFC 1035 §3.1, §4.1.4. */
import { type ByteWriter, decodeUtf8, encodeUtf8 } from '../../base/index.ts';

/** RFC 1035 §2.3.4: of the name on the wire, and of one label. */
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;

const POINTER = 0xc0;

export interface ReadName {
  /** In lower case (RFC 6762 §16: names are equal whatever their case), labels joined by dots, without one at the end. */
  readonly name: string;
  /** Where what follows the name begins. */
  readonly end: number;
}

/** `undefined` for what runs past the end, is too long, or points anywhere but back. */
export function readName(bytes: Uint8Array, at: number): ReadName | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let length = 1;
  for (let cursor = at; ; ) {
    const first = bytes[cursor];
    if (first === undefined) return undefined;
    if (first === 0) return { name: labels.join('.').toLowerCase(), end: end ?? cursor + 1 };
    if ((first & POINTER) === POINTER) {
      const target = ((first & ~POINTER) << 8) | (bytes[cursor + 1] ?? 0);
      end ??= cursor + 2;
      // Each pointer leads further back than the last, so that nobody walks in circles.
      if (cursor + 1 >= bytes.length || target >= Math.min(cursor, at)) return undefined;
      at = target;
      cursor = target;
      continue;
    }
    if (first > MAX_LABEL_BYTES || cursor + 1 + first > bytes.length) return undefined;
    length += 1 + first;
    if (length > MAX_NAME_BYTES) return undefined;
    labels.push(decodeUtf8(bytes.subarray(cursor + 1, cursor + 1 + first)));
    cursor += 1 + first;
  }
}

/** Whether it can be written. */
export function isName(name: string): boolean {
  const labels = name.split('.').map(encodeUtf8);
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  return (
    length <= MAX_NAME_BYTES && labels.every((label) => label.length > 0 && label.length <= MAX_LABEL_BYTES)
  );
}

/** A name for which `isName` holds. */
export function writeName(writer: ByteWriter, name: string): void {
  for (const label of name.split('.').map(encodeUtf8)) writer.u8(label.length).bytes(label);
  writer.u8(0);
}
