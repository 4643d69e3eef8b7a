/**
 * What a connection speaks, told by its first bytes. Reads nothing else. TLS: RFC 8446 §5.1; STUN: RFC 8489 §5, which
 * RFC 7983 §7 keeps apart from TLS by the first byte; HTTP: RFC 9112 §3.1.
 */

/** `undecided`: what is there may still become one of the others. `noise`: it cannot. */
export type Speech = 'tls' | 'stun' | 'http' | 'noise' | 'undecided';

/** Content type "handshake", then the major version that every TLS record has carried since SSL 3. */
const TLS_START = [0x16, 0x03] as const;

/** RFC 8489 §5: type and length (2 bytes each), then the magic cookie. */
const COOKIE_OFFSET = 4;
const MAGIC_COOKIE = [0x21, 0x12, 0xa4, 0x42] as const;

/** Enough bytes to tell everything apart: the end of the magic cookie. */
export const DECIDING_BYTES = COOKIE_OFFSET + MAGIC_COOKIE.length;

export function speechOf(bytes: Uint8Array): Speech {
  const first = bytes[0];
  if (first === undefined) return 'undecided';
  if (first === TLS_START[0]) return prefixMatches(bytes, 0, TLS_START, 'tls');
  // STUN's two zero bits. HTTP's methods are letters, which begin at 0x41.
  if (first < 0x40) return prefixMatches(bytes, COOKIE_OFFSET, MAGIC_COOKIE, 'stun');
  return isLetter(first) ? 'http' : 'noise';
}

function prefixMatches(
  bytes: Uint8Array,
  at: number,
  wanted: readonly number[],
  speech: 'tls' | 'stun',
): Speech {
  for (const [i, byte] of wanted.entries()) {
    if (at + i >= bytes.length) return 'undecided';
    if (bytes[at + i] !== byte) return 'noise';
  }
  return speech;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
