/**
 * PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM: how the key is made of a password. Makes no key. RFC 8489 §14.11, §14.12, §18.5.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Algorithm            |  Algorithm Parameters Length  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                  Algorithm Parameters (variable, padded)
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
import { ByteReader, concatBytes } from '../base/index.ts';
import type { PasswordAlgorithm } from './long-term-key.ts';

const CODES: Readonly<Record<PasswordAlgorithm, number>> = { md5: 0x0001, sha256: 0x0002 };

/** The value of PASSWORD-ALGORITHMS, the preferred one first. */
export function encodePasswordAlgorithms(algorithms: readonly PasswordAlgorithm[]): Uint8Array {
  return concatBytes(...algorithms.map(encodePasswordAlgorithm));
}

/** The value of PASSWORD-ALGORITHM, 4 bytes: neither of the two has parameters. */
export function encodePasswordAlgorithm(algorithm: PasswordAlgorithm): Uint8Array {
  return Uint8Array.of(0, CODES[algorithm], 0, 0);
}

/** In the sender's order; `undefined` in place of one that is not known. `undefined` when the value is cut short. */
export function decodePasswordAlgorithms(value: Uint8Array): (PasswordAlgorithm | undefined)[] | undefined {
  const algorithms: (PasswordAlgorithm | undefined)[] = [];
  const reader = new ByteReader(value);
  while (reader.remaining > 0) {
    const code = reader.u16();
    const parameters = reader.take(reader.u16());
    if (reader.failed) return undefined;
    reader.skip(Math.min(-parameters.length & 3, reader.remaining));
    algorithms.push(parameters.length === 0 ? algorithmOf(code) : undefined);
  }
  return algorithms;
}

/** `undefined` when it is not known, or when the value holds not exactly one. */
export function decodePasswordAlgorithm(value: Uint8Array): PasswordAlgorithm | undefined {
  const algorithms = decodePasswordAlgorithms(value);
  return algorithms?.length === 1 ? algorithms[0] : undefined;
}

function algorithmOf(code: number): PasswordAlgorithm | undefined {
  if (code === CODES.md5) return 'md5';
  return code === CODES.sha256 ? 'sha256' : undefined;
}
