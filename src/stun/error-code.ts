/** ERROR-CODE: a number of 300 … 699 and a phrase for people. RFC 8489 §14.8. */
import { decodeUtf8, encodeUtf8 } from '../base/index.ts';

export interface ErrorCode {
  /** 300 … 699. */
  readonly code: number;
  /** For logs; may be empty. */
  readonly reason: string;
}

/** RFC 8489 §18.4, RFC 8656 §19 and RFC 6062 §6.3, with the phrase that IANA recommends. */
export const ERROR_REASONS: ReadonlyMap<number, string> = new Map([
  [300, 'Try Alternate'],
  [400, 'Bad Request'],
  [401, 'Unauthenticated'],
  [403, 'Forbidden'],
  [405, 'Mobility Forbidden'],
  [420, 'Unknown Attribute'],
  [437, 'Allocation Mismatch'],
  [438, 'Stale Nonce'],
  [440, 'Address Family not Supported'],
  [441, 'Wrong Credentials'],
  [442, 'Unsupported Transport Protocol'],
  [443, 'Peer Address Family Mismatch'],
  [446, 'Connection Already Exists'],
  [447, 'Connection Timeout or Failure'],
  [486, 'Allocation Quota Reached'],
  [500, 'Server Error'],
  [508, 'Insufficient Capacity'],
]);

export function encodeErrorCode(code: number, reason: string): Uint8Array {
  const phrase = encodeUtf8(reason);
  const value = new Uint8Array(4 + phrase.length);
  value[2] = Math.floor(code / 100);
  value[3] = code % 100;
  value.set(phrase, 4);
  return value;
}

/** `undefined` when the value is too short or the number is out of range. */
export function decodeErrorCode(value: Uint8Array): ErrorCode | undefined {
  const hundreds = (value[2] ?? 0) & 0x07; // RFC 8489 §14.8: the 21 reserved bits before it are ignored.
  const number = value[3] ?? 100;
  if (value.length < 4 || hundreds < 3 || hundreds > 6 || number > 99) return undefined;
  return { code: hundreds * 100 + number, reason: decodeUtf8(value.subarray(4)) };
}

/** UNKNOWN-ATTRIBUTES: attribute types of 16 bits each. RFC 8489 §14.13. An odd last byte is ignored. */
export function decodeUnknownAttributes(value: Uint8Array): number[] {
  const types: number[] = [];
  for (let i = 0; i + 1 < value.length; i += 2) types.push(((value[i] ?? 0) << 8) | (value[i + 1] ?? 0));
  return types;
}
