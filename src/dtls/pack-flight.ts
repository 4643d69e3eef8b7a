/** Lays a flight out in datagrams: messages in fragments, fragments in records, records side by side. RFC 6347 §4.1.1, §4.2.3. */
import { CONTENT_TYPE } from './code-points.ts';
import type { FlightItem } from './handshake.ts';
import { encodeFragment, HANDSHAKE_HEADER_BYTES, type HandshakeMessage } from './handshake-message.ts';
import type { Epoch, RecordWriter } from './record-writer.ts';

/** A smaller piece at the end of a datagram is not worth a record of its own. */
const SMALLEST_PIECE_BYTES = 64;

/** No datagram is longer than `mostBytes`, which is at least 256. */
export function packFlight(
  items: readonly FlightItem[],
  writer: RecordWriter,
  mostBytes: number,
): readonly Uint8Array[] {
  const packer = new Packer(writer, mostBytes);
  for (const item of items) {
    if (item.kind === 'message') packer.addMessage(item.epoch, item.message);
    else packer.addRecord(item.epoch, CONTENT_TYPE.CHANGE_CIPHER_SPEC, Uint8Array.of(1));
  }
  return packer.finish();
}

class Packer {
  readonly #writer: RecordWriter;
  readonly #mostBytes: number;
  readonly #datagrams: Uint8Array[] = [];
  #datagram: Uint8Array;
  #used = 0;

  constructor(writer: RecordWriter, mostBytes: number) {
    this.#writer = writer;
    this.#mostBytes = mostBytes;
    this.#datagram = new Uint8Array(mostBytes);
  }

  addMessage(epoch: Epoch, message: HandshakeMessage): void {
    const total = message.body.length;
    let offset = 0;
    do {
      const left = total - offset;
      let room = this.#room(epoch) - HANDSHAKE_HEADER_BYTES;
      if (room < Math.min(left, SMALLEST_PIECE_BYTES)) {
        this.#flush();
        room = this.#room(epoch) - HANDSHAKE_HEADER_BYTES;
      }
      const length = Math.min(left, room);
      this.#write(epoch, CONTENT_TYPE.HANDSHAKE, encodeFragment(message, offset, length));
      offset += length;
    } while (offset < total);
  }

  addRecord(epoch: Epoch, type: number, plaintext: Uint8Array): void {
    if (this.#room(epoch) < plaintext.length) this.#flush();
    this.#write(epoch, type, plaintext);
  }

  finish(): readonly Uint8Array[] {
    if (this.#used > 0) this.#datagrams.push(this.#datagram.subarray(0, this.#used));
    return this.#datagrams;
  }

  /** For the plaintext of one more record. */
  #room(epoch: Epoch): number {
    return this.#mostBytes - this.#used - this.#writer.overheadBytes(epoch);
  }

  #write(epoch: Epoch, type: number, plaintext: Uint8Array): void {
    const end = this.#used + this.#writer.overheadBytes(epoch) + plaintext.length;
    this.#writer.writeInto(this.#datagram.subarray(this.#used, end), epoch, type, plaintext);
    this.#used = end;
  }

  /** The next record does not fit. */
  #flush(): void {
    this.#datagrams.push(this.#datagram.subarray(0, this.#used));
    this.#datagram = new Uint8Array(this.#mostBytes);
    this.#used = 0;
  }
}
