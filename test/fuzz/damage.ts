/** Damage that knows nothing of formats: what lines, bad memory and bored people do to bytes. */
import { concatBytes, type SeededRandom } from '../../src/base/index.ts';

/** Never more than a datagram holds. */
const MAX_BYTES = 65_507;

export function pick<T>(random: SeededRandom, list: readonly T[]): T {
  if (list.length === 0) throw new Error('There is nothing to pick from.');
  return list[random.uint32() % list.length] as T;
}

/** True once in `times`. */
export function once(random: SeededRandom, times: number): boolean {
  return random.uint32() % times === 0;
}

/** Borders of number ranges are where code goes wrong. */
export function oddNumber(random: SeededRandom, bound: number): number {
  const borders = [
    0, 1, 2, 3, 4, 7, 8, 19, 20, 21, 127, 128, 255, 256, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xffff,
  ];
  return once(random, 3) ? random.uint32() % bound : pick(random, borders) % bound;
}

/** One to three injuries. `others`: bytes of the same kind, to graft from. The input is left alone. */
export function damage(random: SeededRandom, input: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = input.slice();
  for (let i = random.uint32() % 3; i >= 0; i--) bytes = injure(random, bytes, others);
  return bytes.length > MAX_BYTES ? bytes.slice(0, MAX_BYTES) : bytes;
}

function injure(random: SeededRandom, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  const at = bytes.length === 0 ? 0 : random.uint32() % bytes.length;
  const other = others.length > 0 ? pick(random, others) : bytes;
  switch (random.uint32() % 9) {
    case 0:
      bytes[at] = random.uint32();
      return bytes;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (random.uint32() & 7));
      return bytes;
    case 2:
      bytes[at] = oddNumber(random, 256);
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4:
      return concatBytes(bytes, random.bytes(random.uint32() % 24));
    case 5: // a piece of another message in the middle
      return concatBytes(bytes.subarray(0, at), other.subarray(random.uint32() % (other.length + 1)));
    case 6: // a piece twice
      return concatBytes(bytes.subarray(0, at), bytes.subarray(at - (at % 4)));
    case 7: // a piece missing
      return concatBytes(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 4)));
    default: {
      // A length that lies: of the message, or of whatever stands at an even place.
      const place = once(random, 2) ? 2 : at & ~1;
      const value = once(random, 2) ? bytes.length - 20 : oddNumber(random, 65_536);
      if (place + 1 < bytes.length) {
        bytes[place] = value >> 8;
        bytes[place + 1] = value & 0xff;
      }
      return bytes;
    }
  }
}
