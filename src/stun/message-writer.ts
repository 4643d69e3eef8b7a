/** Writes one STUN message, attribute by attribute. Padding is always zero (RFC 8489 §14), so nothing old leaks. */
import {
  ByteWriter,
  type CryptoProvider,
  crc32,
  encodeUtf8,
  invariant,
  type SocketAddress,
} from '../base/index.ts';
import { StunAttribute } from './attribute-types.ts';
import { encodeErrorCode } from './error-code.ts';
import { FINGERPRINT_XOR } from './fingerprint.ts';
import { HEADER_BYTES, MAGIC_COOKIE, TRANSACTION_ID_BYTES } from './message.ts';
import { encodeMessageType, type MessageClass } from './message-type.ts';
import { encodeXorAddress } from './xor-address.ts';

const MAX_BODY_BYTES = 0xfffc; // the largest multiple of four that the 16-bit length field holds
const SHA1_BYTES = 20;
const SHA256_BYTES = 32;
const CRC32_BYTES = 4;

export class MessageWriter {
  readonly #writer: ByteWriter;
  readonly #transactionId: Uint8Array;

  /** `transactionId` is 12 bytes, borrowed until `finish`. */
  constructor(
    method: number,
    messageClass: MessageClass,
    transactionId: Uint8Array,
    initialCapacityBytes = 128,
  ) {
    invariant(transactionId.length === TRANSACTION_ID_BYTES, 'a transaction id has 12 bytes');
    this.#transactionId = transactionId;
    this.#writer = new ByteWriter(initialCapacityBytes)
      .u16(encodeMessageType(method, messageClass))
      .u16(0)
      .u32(MAGIC_COOKIE)
      .bytes(transactionId);
  }

  /** Copies `value`. A message has at most 65,532 bytes of attributes: more throws `RangeError`. */
  attribute(type: number, value: Uint8Array): this {
    const paddingBytes = -value.length & 3;
    const bodyBytes = this.#writer.length - HEADER_BYTES + 4 + value.length + paddingBytes;
    if (bodyBytes > MAX_BODY_BYTES) {
      throw new RangeError(`A STUN message of ${bodyBytes} bytes is too long: at most ${MAX_BODY_BYTES}.`);
    }
    this.#writer.u16(type).u16(value.length).bytes(value).zeros(paddingBytes);
    this.#writer.patchU16(2, bodyBytes);
    return this;
  }

  /** An attribute of no value, such as DONT-FRAGMENT. */
  flag(type: number): this {
    return this.attribute(type, new Uint8Array(0));
  }

  u32(type: number, value: number): this {
    return this.attribute(
      type,
      Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff),
    );
  }

  /** As UTF-8. */
  text(type: number, value: string): this {
    return this.attribute(type, encodeUtf8(value));
  }

  /** XOR-MAPPED-ADDRESS and its like. RFC 8489 §14.2. */
  xorAddress(type: number, address: SocketAddress): this {
    return this.attribute(type, encodeXorAddress(address, this.#transactionId));
  }

  /** ERROR-CODE. RFC 8489 §14.8. The reason may be empty. */
  errorCode(code: number, reason = ''): this {
    return this.attribute(StunAttribute.ERROR_CODE, encodeErrorCode(code, reason));
  }

  /** UNKNOWN-ATTRIBUTES. RFC 8489 §14.13. */
  unknownAttributes(types: readonly number[]): this {
    const writer = new ByteWriter(types.length * 2);
    for (const type of types) writer.u16(type);
    return this.attribute(StunAttribute.UNKNOWN_ATTRIBUTES, writer.written());
  }

  /** MESSAGE-INTEGRITY over all that is written so far. RFC 8489 §14.5. */
  integrity(crypto: CryptoProvider, key: Uint8Array): this {
    this.#expectRoomFor(SHA1_BYTES);
    return this.attribute(StunAttribute.MESSAGE_INTEGRITY, crypto.hmac('sha1', key, this.#writer.written()));
  }

  /** MESSAGE-INTEGRITY-SHA256, in full length, over all that is written so far. RFC 8489 §14.6. */
  integritySha256(crypto: CryptoProvider, key: Uint8Array): this {
    this.#expectRoomFor(SHA256_BYTES);
    return this.attribute(
      StunAttribute.MESSAGE_INTEGRITY_SHA256,
      crypto.hmac('sha256', key, this.#writer.written()),
    );
  }

  /** FINGERPRINT; the last attribute. RFC 8489 §14.7. */
  fingerprint(): this {
    this.#expectRoomFor(CRC32_BYTES);
    return this.u32(StunAttribute.FINGERPRINT, (crc32(this.#writer.written()) ^ FINGERPRINT_XOR) >>> 0);
  }

  /** The message, given to the caller. The writer is done with. */
  finish(): Uint8Array {
    return this.#writer.written();
  }

  /** RFC 8489 §14.5: the length field counts the attribute before its value is computed. */
  #expectRoomFor(valueBytes: number): void {
    this.#writer.patchU16(2, this.#writer.length - HEADER_BYTES + 4 + valueBytes);
  }
}
