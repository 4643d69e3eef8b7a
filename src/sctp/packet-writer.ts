/**
 * Writes packets, one after the other, into buffers that it cuts from large ones. Leaves room around them for who wraps them
 * where they lie. Interprets no chunk. RFC 9260 §3, §6.8.
 */
import { ByteSlab, crc32c } from '../base/index.ts';
import { CHUNK_HEADER_BYTES, PACKET_HEADER_BYTES } from './packet.ts';

/** Bytes around a packet in its ArrayBuffer that belong to it. */
export interface PacketRoom {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export class PacketWriter {
  readonly #slab = new ByteSlab();
  readonly #sourcePort: number;
  readonly #destinationPort: number;
  readonly #room: PacketRoom;
  /** Where the packet begins, where it may end, and where the next chunk goes: in `bytes`. */
  #start = 0;
  #end = 0;
  #at = 0;

  constructor(sourcePort: number, destinationPort: number, room: PacketRoom) {
    this.#sourcePort = sourcePort;
    this.#destinationPort = destinationPort;
    this.#room = room;
  }

  /** The next packet; what was not finished is forgotten. `capacityBytes`: the whole packet. */
  begin(verificationTag: number, capacityBytes: number): this {
    const { beforeBytes, afterBytes } = this.#room;
    const start = this.#slab.reserve(beforeBytes + capacityBytes + afterBytes) + beforeBytes;
    this.#start = start;
    this.#end = start + capacityBytes;
    this.#at = start + PACKET_HEADER_BYTES;
    const { view } = this.#slab;
    view.setUint16(start, this.#sourcePort);
    view.setUint16(start + 2, this.#destinationPort);
    view.setUint32(start + 4, verificationTag);
    view.setUint32(start + 8, 0);
    return this;
  }

  get isEmpty(): boolean {
    return this.#at === this.#start + PACKET_HEADER_BYTES;
  }

  /** Bytes left for chunks, their headers and padding included. */
  get roomBytes(): number {
    return this.#end - this.#at;
  }

  /** Room for a chunk with a value of so many bytes. */
  fits(valueBytes: number): boolean {
    return CHUNK_HEADER_BYTES + ((valueBytes + 3) & ~3) <= this.roomBytes;
  }

  chunk(type: number, flags: number, value: Uint8Array): this {
    const at = this.open(type, flags, value.length);
    this.bytes.set(value, at);
    return this;
  }

  /** Begins a chunk that fits; returns where its value goes, to be filled through `view` and `bytes`. Padding is zero. */
  open(type: number, flags: number, valueBytes: number): number {
    const at = this.#at;
    const { view } = this.#slab;
    view.setUint8(at, type);
    view.setUint8(at + 1, flags);
    view.setUint16(at + 2, CHUNK_HEADER_BYTES + valueBytes);
    const end = at + CHUNK_HEADER_BYTES + ((valueBytes + 3) & ~3);
    // The last word first: its padding is zero, whatever an unfinished packet left there.
    view.setUint32(end - 4, valueBytes === 0 ? view.getUint32(at) : 0);
    this.#at = end;
    return at + CHUNK_HEADER_BYTES;
  }

  get view(): DataView {
    return this.#slab.view;
  }

  get bytes(): Uint8Array {
    return this.#slab.bytes;
  }

  /** Given to the caller, with the room around it. `zeroChecksum`: only where the peer has said that it accepts it. */
  finish(zeroChecksum: boolean): Uint8Array {
    const packet = this.bytes.subarray(this.#start, this.#at);
    if (!zeroChecksum) this.view.setUint32(this.#start + 8, crc32c(packet), true);
    this.#slab.take(this.#room.beforeBytes + packet.length + this.#room.afterBytes);
    return packet;
  }

  /** Nothing will be written soon. */
  rest(): void {
    this.#slab.rest();
  }
}
