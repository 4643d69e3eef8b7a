/**
 * Seals and opens the records of one epoch in one direction. Counts and remembers nothing. RFC 5246 §6.2.3.3,
 * RFC 5288 §3, RFC 7905 §2, RFC 6347 §4.1.2.1.
 */
import type { Aead, CryptoProvider } from '../base/index.ts';
import type { CipherSuite } from './cipher-suites.ts';
import type { DirectionKeys } from './key-schedule.ts';
import { RECORD_HEADER_BYTES } from './record.ts';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** Where epoch and sequence number together stand in the header, and in the nonce. */
const COUNTER_AT = 3;
const COUNTER_BYTES = 8;
const COUNTER_IN_NONCE = NONCE_BYTES - COUNTER_BYTES;

/** Scratch of all connections: a record needs them only while it is sealed or opened, and what stands in them is no secret. */
const NONCE = new Uint8Array(NONCE_BYTES);
const ADDITIONAL_DATA = new Uint8Array(RECORD_HEADER_BYTES);

export class RecordProtection {
  /** How much longer than its plaintext a fragment is. */
  readonly overheadBytes: number;
  /** Where in a record the plaintext stands before it is sealed. */
  readonly plaintextAt: number;
  readonly #aead: Aead;
  /** RFC 5288: salt, then zeros. RFC 7905 §2: twelve bytes. Exclusive-or the counter they give the nonce. */
  readonly #iv = new Uint8Array(NONCE_BYTES);
  readonly #explicitBytes: number;

  constructor(crypto: CryptoProvider, suite: CipherSuite, { key, iv }: DirectionKeys) {
    this.#aead = crypto.createAead(suite.aead, key);
    this.#iv.set(iv);
    this.#explicitBytes = suite.explicitNonceBytes;
    this.overheadBytes = this.#explicitBytes + TAG_BYTES;
    this.plaintextAt = RECORD_HEADER_BYTES + this.#explicitBytes;
  }

  /** How long the plaintext of such a fragment is; negative when it is none. */
  plaintextBytes(fragmentBytes: number): number {
    return fragmentBytes - this.overheadBytes;
  }

  /**
   * Seals the plaintext into a record, whose header is written. It is as long as header, plaintext and overhead; the plaintext
   * may stand in it already, at `plaintextAt`.
   */
  seal(record: Uint8Array, plaintext: Uint8Array): void {
    // RFC 5288 §3: any value that never repeats will do; epoch and sequence number never do.
    for (let i = 0; i < this.#explicitBytes; i++) {
      record[RECORD_HEADER_BYTES + i] = record[COUNTER_AT + i] as number;
    }
    this.#useNonce(record, COUNTER_AT);
    this.#useAdditionalData(record, 0, plaintext.length);
    this.#aead.seal(NONCE, ADDITIONAL_DATA, plaintext, record.subarray(this.plaintextAt));
  }

  /**
   * Opens the record at `at` of a datagram (borrowed) into `into`, which is as long as its plaintext. False, with nothing to
   * be read there, when the record is not authentic.
   */
  open(datagram: Uint8Array, at: number, into: Uint8Array): boolean {
    this.#useNonce(datagram, at + (this.#explicitBytes > 0 ? RECORD_HEADER_BYTES : COUNTER_AT));
    this.#useAdditionalData(datagram, at, into.length);
    const from = at + this.plaintextAt;
    const sealed = datagram.subarray(from, from + into.length + TAG_BYTES);
    return this.#aead.open(NONCE, ADDITIONAL_DATA, sealed, into);
  }

  #useNonce(bytes: Uint8Array, counterAt: number): void {
    const iv = this.#iv;
    for (let i = 0; i < COUNTER_IN_NONCE; i++) NONCE[i] = iv[i] as number;
    for (let i = 0; i < COUNTER_BYTES; i++) {
      NONCE[COUNTER_IN_NONCE + i] = (iv[COUNTER_IN_NONCE + i] as number) ^ (bytes[counterAt + i] as number);
    }
  }

  /** RFC 5246 §6.2.3.3: sequence number (with the epoch), type, version, length of the plaintext. */
  #useAdditionalData(bytes: Uint8Array, at: number, plaintextBytes: number): void {
    const data = ADDITIONAL_DATA;
    for (let i = 0; i < COUNTER_BYTES; i++) data[i] = bytes[at + COUNTER_AT + i] as number;
    data[8] = bytes[at] as number;
    data[9] = bytes[at + 1] as number;
    data[10] = bytes[at + 2] as number;
    data[11] = plaintextBytes >>> 8;
    data[12] = plaintextBytes & 0xff;
  }
}
