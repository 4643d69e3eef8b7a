/** What somebody on the way can do to a sealed message: add an attribute behind the integrity and correct the length. */
import { concatBytes } from '../../../src/base/index.ts';
import { HEADER_BYTES } from '../../../src/stun/index.ts';

/** `value` has a length that is a multiple of four. */
export function append(message: Uint8Array, type: number, value: Uint8Array): Uint8Array {
  const header = Uint8Array.of(type >> 8, type & 0xff, value.length >> 8, value.length & 0xff);
  const bytes = concatBytes(message, header, value);
  const length = bytes.length - HEADER_BYTES;
  bytes[2] = length >> 8;
  bytes[3] = length & 0xff;
  return bytes;
}
