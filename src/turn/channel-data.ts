/**
 * The ChannelData message. RFC 8656 §12.4, §12.5.
 *
 * ```
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Channel Number        |            Length             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Application Data                        |
 * ```
 */

const CHANNEL_HEADER_BYTES = 4;

/** By the first byte alone: 64 … 127. RFC 8656 §12, table 3 says 64 … 79; see `LAST_LEGACY_CHANNEL`. */
export function isChannelData(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xc0) === 0x40;
}

/** The channel that the message names. Call it for ChannelData of at least 4 bytes. */
export function channelNumberOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

/** The data as a view; `undefined` when the message is shorter than it claims. Padding is cut off. */
export function channelDataOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < CHANNEL_HEADER_BYTES) return undefined;
  const length = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (bytes.length < CHANNEL_HEADER_BYTES + length) return undefined;
  return bytes.subarray(CHANNEL_HEADER_BYTES, CHANNEL_HEADER_BYTES + length);
}

/** `data` of at most 65,535 bytes is copied. Streams need `padded`: to a multiple of four. RFC 8656 §12.5. */
export function encodeChannelData(channel: number, data: Uint8Array, padded: boolean): Uint8Array {
  const dataBytes = padded ? (data.length + 3) & ~3 : data.length;
  const bytes = new Uint8Array(CHANNEL_HEADER_BYTES + dataBytes);
  bytes[0] = channel >> 8;
  bytes[1] = channel & 0xff;
  bytes[2] = data.length >> 8;
  bytes[3] = data.length & 0xff;
  bytes.set(data, CHANNEL_HEADER_BYTES);
  return bytes;
}
