/**
 * One SCTP packet as it comes in: the common header, its checksum, and where its chunks lie. Interprets no chunk.
 * RFC 9260 §3, §6.8; zero checksum: RFC 9653.
 *
 *  0                   1                   2                   3
 *  | source port                   | destination port              |
 *  | verification tag                                              |
 *  | checksum (CRC32c, least significant byte first)               |
 *  | chunk type    | flags         | length                        | …
 */
import { CRC32C_START, updateCrc32c } from '../base/index.ts';

export const PACKET_HEADER_BYTES = 12;
export const CHUNK_HEADER_BYTES = 4;

/** A chunk as it stands in its packet. */
export interface Chunk {
  readonly type: number;
  readonly flags: number;
  /** Behind the chunk's header, without padding; a view (borrowed). */
  readonly value: Uint8Array;
}

export interface Packet {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  /** The checksum field is zero: nothing was checked. RFC 9653 §5.3; `hasZeroChecksumByRight` for who asks for one. */
  readonly zeroChecksum: boolean;
  readonly chunkCount: number;
  /** Borrowed. Every chunk lies in it whole. */
  readonly bytes: Uint8Array;
}

/** Chunks of one packet that are looked at; an honest packet of 64 KB has fewer. */
const MAX_CHUNKS = 4096;

/** Borrows `bytes`. `undefined` for what is no packet: too short, a chunk that runs past the end, a wrong checksum. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < PACKET_HEADER_BYTES + CHUNK_HEADER_BYTES || bytes.length % 4 !== 0) return undefined;
  const zeroChecksum = readU32(bytes, CHECKSUM_AT) === 0;
  if (!zeroChecksum && !hasChecksum(bytes)) return undefined;
  const chunkCount = countChunks(bytes);
  if (chunkCount === undefined) return undefined;
  return {
    sourcePort: readU16(bytes, 0),
    destinationPort: readU16(bytes, 2),
    verificationTag: readU32(bytes, 4),
    zeroChecksum,
    chunkCount,
    bytes,
  };
}

function countChunks(bytes: Uint8Array): number | undefined {
  let count = 0;
  for (let at = PACKET_HEADER_BYTES; at < bytes.length; count++) {
    if (at + CHUNK_HEADER_BYTES > bytes.length || count === MAX_CHUNKS) return undefined;
    const length = chunkLength(bytes, at);
    if (length < CHUNK_HEADER_BYTES || at + length > bytes.length) return undefined;
    at += (length + 3) & ~3;
  }
  return count;
}

/** Of the chunk at `at`: its header and value, without padding. */
export function chunkLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 2);
}

/** Borrows the packet. `at`: where a chunk of a decoded packet begins. */
export function chunkAt(bytes: Uint8Array, at: number): Chunk {
  return {
    type: bytes[at] ?? 0,
    flags: bytes[at + 1] ?? 0,
    value: bytes.subarray(at + CHUNK_HEADER_BYTES, at + chunkLength(bytes, at)),
  };
}

/** Zeros past the end. */
export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Zeros past the end. */
export function readU32(bytes: Uint8Array, at: number): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}

/** Of a packet whose checksum field is zero: whether that is what CRC32c gives, as it does for one in 2³². */
export function hasZeroChecksumByRight(bytes: Uint8Array): boolean {
  return checksumOf(bytes) === 0;
}

const CHECKSUM_AT = 8;
const NO_CHECKSUM = new Uint8Array(4);

function hasChecksum(bytes: Uint8Array): boolean {
  const checksum = checksumOf(bytes);
  // Least significant byte first: RFC 9260 appendix A.
  return (
    bytes[CHECKSUM_AT] === (checksum & 0xff) &&
    bytes[CHECKSUM_AT + 1] === ((checksum >>> 8) & 0xff) &&
    bytes[CHECKSUM_AT + 2] === ((checksum >>> 16) & 0xff) &&
    bytes[CHECKSUM_AT + 3] === checksum >>> 24
  );
}

/** Over the packet with the checksum field taken for zero. RFC 9260 §6.8. */
function checksumOf(bytes: Uint8Array): number {
  let state = updateCrc32c(CRC32C_START, bytes.subarray(0, CHECKSUM_AT));
  state = updateCrc32c(state, NO_CHECKSUM);
  state = updateCrc32c(state, bytes.subarray(PACKET_HEADER_BYTES));
  return (state ^ 0xffffffff) >>> 0;
}
