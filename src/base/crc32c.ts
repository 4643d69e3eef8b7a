/** CRC-32C (Castagnoli), the checksum of SCTP packets. Eight bytes at a time. RFC 9260 appendix A. */

/** The polynomial 0x1edc6f41 with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** TABLES[k][b]: what byte `b` contributes when `k` more bytes follow it. */
const TABLES: readonly Uint32Array[] = makeTables();

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let word = n;
    for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ POLYNOMIAL : word >>> 1;
    first[n] = word;
  }
  const tables = [first];
  for (let k = 1; k < 8; k++) {
    const previous = tables[k - 1] ?? first;
    tables.push(previous.map((word) => (word >>> 8) ^ (first[word & 0xff] ?? 0)));
  }
  return tables;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as unknown as readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** Unsigned 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  return (updateCrc32c(CRC32C_START, bytes) ^ 0xffffffff) >>> 0;
}

/** What a checksum over several pieces begins with; at its end it is inverted. */
export const CRC32C_START = 0xffffffff;

/** The state after further bytes. */
export function updateCrc32c(state: number, bytes: Uint8Array): number {
  let crc = state;
  let i = 0;
  const wholeEnd = bytes.length & ~7;
  for (; i < wholeEnd; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      (T7[low & 0xff] as number) ^
      (T6[(low >>> 8) & 0xff] as number) ^
      (T5[(low >>> 16) & 0xff] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return crc;
}
