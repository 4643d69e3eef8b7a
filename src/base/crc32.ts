/** CRC-32 as in ITU-T V.42, the checksum behind STUN's FINGERPRINT. RFC 8489 §14.7. */
const TABLE = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let word = n;
  for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ 0xedb88320 : word >>> 1;
  TABLE[n] = word;
}

/** Unsigned 32 bits. */
export function crc32(bytes: Uint8Array): number {
  let word = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) word = (word >>> 8) ^ (TABLE[(word ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return (word ^ 0xffffffff) >>> 0;
}
