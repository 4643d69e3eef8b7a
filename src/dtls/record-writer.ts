/** Our records: numbers them, and protects those of epoch 1. Packs no datagrams. RFC 6347 §4.1. */
import { invariant } from '../base/index.ts';
import { VERSION } from './code-points.ts';
import { encodePlainRecord, RECORD_HEADER_BYTES } from './record.ts';
import type { RecordProtection } from './record-protection.ts';

export type Epoch = 0 | 1;

/** RFC 6347 §4.1: a sequence number must never wrap, and without a new handshake there is no further epoch. */
const LAST_SEQUENCE = 2 ** 48 - 1;

export class RecordWriter {
  readonly #nextSequence: [number, number] = [0, 0];
  #protection: RecordProtection | undefined;

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

  /** The whole record, given away. */
  write(epoch: Epoch, type: number, plaintext: Uint8Array): Uint8Array {
    const sequence = this.#nextSequence[epoch];
    this.#nextSequence[epoch] = sequence + 1;
    const header = { type, version: VERSION.DTLS_1_2, epoch, sequence };
    if (epoch === 0) return encodePlainRecord(header, plaintext);
    invariant(this.#protection, 'nothing is written in epoch 1 before its keys are there');
    return this.#protection.seal(header, plaintext);
  }
}
