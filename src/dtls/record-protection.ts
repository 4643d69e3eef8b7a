/**
 * Seals and opens the records of one epoch in one direction. Counts and remembers nothing. RFC 5246 §6.2.3.3,
 * RFC 5288 §3, RFC 7905 §2, RFC 6347 §4.1.2.1.
 */
import type { Aead, CryptoProvider } from '../base/index.ts';
import type { CipherSuite } from './cipher-suites.ts';
import type { DirectionKeys } from './key-schedule.ts';
import { type DtlsRecord, RECORD_HEADER_BYTES, type RecordHeader, writeRecordHeader } from './record.ts';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** Epoch and sequence number together, as they stand in the header. */
const EPOCH_AND_SEQUENCE = { start: 3, end: 11 } as const;

export class RecordProtection {
  /** How much longer than its plaintext a fragment is. */
  readonly overheadBytes: number;
  readonly #aead: Aead;
  readonly #iv: Uint8Array;
  readonly #explicitBytes: number;
  /** Scratch; a record needs them only while it is sealed or opened. */
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  readonly #additionalData = new Uint8Array(RECORD_HEADER_BYTES);

  constructor(crypto: CryptoProvider, suite: CipherSuite, { key, iv }: DirectionKeys) {
    this.#aead = crypto.createAead(suite.aead, key);
    this.#iv = iv;
    this.#explicitBytes = suite.explicitNonceBytes;
    this.overheadBytes = this.#explicitBytes + TAG_BYTES;
  }

  /** The whole record, given away. */
  seal(header: RecordHeader, plaintext: Uint8Array): Uint8Array {
    const explicitBytes = this.#explicitBytes;
    const fragmentBytes = plaintext.length + this.overheadBytes;
    const record = new Uint8Array(RECORD_HEADER_BYTES + fragmentBytes);
    writeRecordHeader(record, header, fragmentBytes);
    const counter = record.subarray(EPOCH_AND_SEQUENCE.start, EPOCH_AND_SEQUENCE.end);
    // RFC 5288 §3: any value that never repeats will do; epoch and sequence number never do.
    record.set(counter.subarray(0, explicitBytes), RECORD_HEADER_BYTES);
    this.#useNonce(counter);
    this.#useAdditionalData(record, plaintext.length);
    this.#aead.seal(
      this.#nonce,
      this.#additionalData,
      plaintext,
      record.subarray(RECORD_HEADER_BYTES + explicitBytes),
    );
    return record;
  }

  /** The plaintext, given away; `undefined` when the record is not authentic. */
  open(record: DtlsRecord): Uint8Array | undefined {
    const explicitBytes = this.#explicitBytes;
    const length = record.fragment.length - this.overheadBytes;
    if (length < 0) return undefined;
    this.#useNonce(
      explicitBytes > 0
        ? record.fragment.subarray(0, explicitBytes)
        : record.bytes.subarray(EPOCH_AND_SEQUENCE.start, EPOCH_AND_SEQUENCE.end),
    );
    this.#useAdditionalData(record.bytes, length);
    const plaintext = new Uint8Array(length);
    const sealed = record.fragment.subarray(explicitBytes);
    return this.#aead.open(this.#nonce, this.#additionalData, sealed, plaintext) ? plaintext : undefined;
  }

  #useNonce(counter: Uint8Array): void {
    this.#nonce.fill(0);
    this.#nonce.set(counter, NONCE_BYTES - counter.length);
    // RFC 5288: salt, then counter. RFC 7905 §2: a 12-byte IV, exclusive-or the counter. The salt meets zeros.
    for (let i = 0; i < this.#iv.length; i++) this.#nonce[i] = (this.#nonce[i] ?? 0) ^ (this.#iv[i] ?? 0);
  }

  /** RFC 5246 §6.2.3.3: sequence number (with the epoch), type, version, length of the plaintext. */
  #useAdditionalData(record: Uint8Array, plaintextBytes: number): void {
    const data = this.#additionalData;
    data.set(record.subarray(EPOCH_AND_SEQUENCE.start, EPOCH_AND_SEQUENCE.end));
    data.set(record.subarray(0, 3), 8);
    data[11] = plaintextBytes >>> 8;
    data[12] = plaintextBytes & 0xff;
  }
}
