/**
 * How long the STUN message or the ChannelData is that begins somewhere in a byte stream. Reads lengths, not contents.
 * RFC 8489 §6.2.2, RFC 8656 §12.5.
 */
import { HEADER_BYTES } from './message.ts';

/** Why a stream cannot be followed any more; the only cure is to close it. */
export type FramingFault = 'not-stun' | 'too-long';

const CHANNEL_HEADER_BYTES = 4;

/**
 * Of the frame that begins at `at` of what lies before `end`, with its padding; it may end beyond `end`. `undefined` until
 * its header is there.
 */
export function frameLength(bytes: Uint8Array, at: number, end: number): number | 'not-stun' | undefined {
  const available = end - at;
  if (available <= 0) return undefined;
  const first = bytes[at] ?? 0;
  // RFC 8656 §12, table 3: 0…3 STUN, 64…79 ChannelData. Bits of a larger method would reach 0x3f, and clients of
  // RFC 5766 §11 use channels up to 0x7fff.
  const isStun = first < 0x40;
  if (!isStun && first > 0x7f) return 'not-stun';
  if (isStun && !cookieMayMatch(bytes, at, available)) return 'not-stun';
  if (available < CHANNEL_HEADER_BYTES) return undefined;
  const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  if (isStun) return (length & 3) === 0 ? HEADER_BYTES + length : 'not-stun';
  // RFC 8656 §12.5: over a stream ChannelData is padded to a multiple of four, and the length does not say so.
  return CHANNEL_HEADER_BYTES + ((length + 3) & ~3);
}

function cookieMayMatch(bytes: Uint8Array, at: number, available: number): boolean {
  return (
    (available < 5 || bytes[at + 4] === 0x21) &&
    (available < 6 || bytes[at + 5] === 0x12) &&
    (available < 7 || bytes[at + 6] === 0xa4) &&
    (available < 8 || bytes[at + 7] === 0x42)
  );
}
