/**
 * One SCTP packet: the common header, its checksum, and the chunks in it as views. Interprets no chunk.
 * RFC 9260 §3, §6.8; zero checksum: RFC 9653.
 *
 *  0                   1                   2                   3
 *  | source port                   | destination port              |
 *  | verification tag                                              |
 *  | checksum (CRC32c, least significant byte first)               |
 *  | chunk type    | flags         | length                        | …
 */
import { CRC32C_START, crc32c, updateCrc32c } from '../base/index.ts';

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
  readonly chunks: readonly Chunk[];
}

/** Chunks of one packet that are looked at; an honest packet of 64 KB has fewer. */
const MAX_CHUNKS = 4096;

/** Borrows `bytes`. `undefined` for what is no packet: too short, a chunk that runs past the end, a wrong checksum. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < PACKET_HEADER_BYTES + CHUNK_HEADER_BYTES || bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimed = view.getUint32(8, true);
  const zeroChecksum = claimed === 0;
  if (!zeroChecksum && checksumOf(bytes) !== claimed) return undefined;
  const chunks = decodeChunks(bytes, view);
  return (
    chunks && {
      sourcePort: view.getUint16(0),
      destinationPort: view.getUint16(2),
      verificationTag: view.getUint32(4),
      zeroChecksum,
      chunks,
    }
  );
}

function decodeChunks(bytes: Uint8Array, view: DataView): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  let at = PACKET_HEADER_BYTES;
  while (at < bytes.length) {
    if (at + CHUNK_HEADER_BYTES > bytes.length || chunks.length === MAX_CHUNKS) return undefined;
    const length = view.getUint16(at + 2);
    if (length < CHUNK_HEADER_BYTES || at + length > bytes.length) return undefined;
    chunks.push({
      type: view.getUint8(at),
      flags: view.getUint8(at + 1),
      value: bytes.subarray(at + CHUNK_HEADER_BYTES, at + length),
    });
    at += (length + 3) & ~3;
  }
  return chunks;
}

/** Builds one packet into a buffer of its own; `finish` gives it away. */
export class PacketWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #length = PACKET_HEADER_BYTES;

  /** `capacityBytes`: the whole packet. */
  constructor(sourcePort: number, destinationPort: number, verificationTag: number, capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#view.setUint16(0, sourcePort);
    this.#view.setUint16(2, destinationPort);
    this.#view.setUint32(4, verificationTag);
  }

  get isEmpty(): boolean {
    return this.#length === PACKET_HEADER_BYTES;
  }

  /** Bytes left for chunks, their headers and padding included. */
  get roomBytes(): number {
    return this.#bytes.length - this.#length;
  }

  /** Room for a chunk with a value of so many bytes. */
  fits(valueBytes: number): boolean {
    return CHUNK_HEADER_BYTES + ((valueBytes + 3) & ~3) <= this.roomBytes;
  }

  chunk(type: number, flags: number, value: Uint8Array): this {
    const at = this.open(type, flags, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Begins a chunk; returns where its value goes, to be filled through `view` and `bytes`. Padding is zero. */
  open(type: number, flags: number, valueBytes: number): number {
    const at = this.#length;
    this.#view.setUint8(at, type);
    this.#view.setUint8(at + 1, flags);
    this.#view.setUint16(at + 2, CHUNK_HEADER_BYTES + valueBytes);
    this.#length = at + CHUNK_HEADER_BYTES + ((valueBytes + 3) & ~3);
    return at + CHUNK_HEADER_BYTES;
  }

  get view(): DataView {
    return this.#view;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Given to the caller. `zeroChecksum`: only where the peer has said that it accepts it. */
  finish(zeroChecksum: boolean): Uint8Array {
    const packet = this.#bytes.subarray(0, this.#length);
    if (!zeroChecksum) this.#view.setUint32(8, crc32c(packet), true);
    return packet;
  }
}

/** Of a packet whose checksum field is zero: whether that is what CRC32c gives, as it does for one in 2³². */
export function hasZeroChecksumByRight(bytes: Uint8Array): boolean {
  return checksumOf(bytes) === 0;
}

const CHECKSUM_AT = 8;
const NO_CHECKSUM = new Uint8Array(4);

/** Over the packet with the checksum field taken for zero. RFC 9260 §6.8. */
function checksumOf(bytes: Uint8Array): number {
  let state = updateCrc32c(CRC32C_START, bytes.subarray(0, CHECKSUM_AT));
  state = updateCrc32c(state, NO_CHECKSUM);
  state = updateCrc32c(state, bytes.subarray(PACKET_HEADER_BYTES));
  return (state ^ 0xffffffff) >>> 0;
}
