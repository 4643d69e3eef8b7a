/** Our records: numbers them, and protects those of epoch 1. Packs no datagrams. RFC 6347 §4.1. */
import { ByteSlab, invariant } from '../base/index.ts';
import { VERSION } from './code-points.ts';
import { RECORD_HEADER_BYTES, writeRecordHeader } from './record.ts';
import type { RecordProtection } from './record-protection.ts';

export type Epoch = 0 | 1;

/** RFC 6347 §4.1: a sequence number must never wrap, and without a new handshake there is no further epoch. */
const LAST_SEQUENCE = 2 ** 48 - 1;

export class RecordWriter {
  readonly #nextSequence: [number, number] = [0, 0];
  #protection: RecordProtection | undefined;
  readonly #slab = new ByteSlab();

  /** RFC 6347 §4.2.1: the first record of a server has the number of the ClientHello that it answers. */
  startAt(sequence: number): void {
    this.#nextSequence[0] = sequence;
  }

  protect(protection: RecordProtection): void {
    this.#protection = protection;
  }

  /** Whether epoch 1 has used up its numbers. */
  get exhausted(): boolean {
    return this.#nextSequence[1] > LAST_SEQUENCE;
  }

  /** How many bytes a record has besides its plaintext. */
  overheadBytes(epoch: Epoch): number {
    return RECORD_HEADER_BYTES + (epoch === 1 ? (this.#protection?.overheadBytes ?? 0) : 0);
  }

  /** Writes a record over `into`, which is as long as the plaintext and the overhead. The plaintext is borrowed. */
  writeInto(into: Uint8Array, epoch: Epoch, type: number, plaintext: Uint8Array): void {
    if (epoch === 1) this.#seal(type, into, plaintext);
    else {
      const header = { type, version: VERSION.DTLS_1_2, epoch, sequence: this.#takeSequence(0) };
      writeRecordHeader(into, header, plaintext.length);
      into.set(plaintext, RECORD_HEADER_BYTES);
    }
  }

  /** The whole record, given away. The plaintext is borrowed. */
  write(epoch: Epoch, type: number, plaintext: Uint8Array): Uint8Array {
    const recordBytes = this.overheadBytes(epoch) + plaintext.length;
    const at = this.#slab.reserve(recordBytes);
    const record = this.#slab.bytes.subarray(at, at + recordBytes);
    this.#slab.take(recordBytes);
    this.writeInto(record, epoch, type, plaintext);
    return record;
  }

  /**
   * As `write` in epoch 1, where the plaintext lies. It is given away with `DTLS_RECORD_ROOM` around it in its ArrayBuffer; a
   * RangeError when that room is not there.
   */
  writeInPlace(type: number, plaintext: Uint8Array): Uint8Array {
    const before = this.#keys.plaintextAt;
    const recordBytes = this.overheadBytes(1) + plaintext.length;
    const record = new Uint8Array(plaintext.buffer, plaintext.byteOffset - before, recordBytes);
    this.#seal(type, record, plaintext);
    return record;
  }

  #seal(type: number, record: Uint8Array, plaintext: Uint8Array): void {
    const sequence = this.#takeSequence(1);
    const header = { type, version: VERSION.DTLS_1_2, epoch: 1, sequence };
    writeRecordHeader(record, header, record.length - RECORD_HEADER_BYTES);
    this.#keys.seal(record, plaintext);
  }

  get #keys(): RecordProtection {
    invariant(this.#protection, 'nothing is written in epoch 1 before its keys are there');
    return this.#protection;
  }

  #takeSequence(epoch: Epoch): number {
    const sequence = this.#nextSequence[epoch];
    this.#nextSequence[epoch] = sequence + 1;
    return sequence;
  }
}
