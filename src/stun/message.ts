/**
 * A received STUN message: header and attributes as views into the bytes. Checks shape only; integrity and
 * fingerprint are checked by `integrity.ts` and `fingerprint.ts`. RFC 8489 §5, §14.
 */
import { StunAttribute } from './attribute-types.ts';
import { classOf, type MessageClass, methodOf } from './message-type.ts';

/** RFC 8489 §5: the fixed value that tells STUN from what came before it. */
export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_BYTES = 20;
export const TRANSACTION_ID_BYTES = 12;
/** What the header of one attribute takes: type and length. */
export const ATTRIBUTE_HEADER_BYTES = 4;

/** An attribute as it stands in the message; `value` is a view (borrowed), without padding. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Three numbers for each attribute: type, offset of the value, length of the value. */
const INDEX_STRIDE = 3;

export class StunMessage {
  /** The whole message, borrowed from the caller of `decodeMessage`. */
  readonly bytes: Uint8Array;
  readonly method: number;
  readonly class: MessageClass;
  readonly #index: readonly number[];

  /** Use `decodeMessage`. */
  constructor(bytes: Uint8Array, type: number, index: readonly number[]) {
    this.bytes = bytes;
    this.method = methodOf(type);
    this.class = classOf(type);
    this.#index = index;
  }

  /** 12 bytes, a view. */
  get transactionId(): Uint8Array {
    return this.bytes.subarray(8, HEADER_BYTES);
  }

  has(type: number): boolean {
    return this.valueOffset(type) >= 0;
  }

  /** The value of the first attribute of this type, a view; `undefined` when there is none. RFC 8489 §14. */
  get(type: number): Uint8Array | undefined {
    for (let i = 0; i < this.#index.length; i += INDEX_STRIDE) {
      if (this.#index[i] === type) return this.#valueAt(i);
    }
    return undefined;
  }

  /** The values of every attribute of this type, views, in order. */
  getAll(type: number): Uint8Array[] {
    const values: Uint8Array[] = [];
    for (let i = 0; i < this.#index.length; i += INDEX_STRIDE) {
      if (this.#index[i] === type) values.push(this.#valueAt(i));
    }
    return values;
  }

  /** Where the value of the first attribute of this type begins, in bytes from the header; -1 when there is none. */
  valueOffset(type: number): number {
    for (let i = 0; i < this.#index.length; i += INDEX_STRIDE) {
      if (this.#index[i] === type) return this.#index[i + 1] ?? -1;
    }
    return -1;
  }

  /** The types in order of appearance. */
  attributeTypes(): number[] {
    const types: number[] = [];
    for (let i = 0; i < this.#index.length; i += INDEX_STRIDE) types.push(this.#index[i] ?? 0);
    return types;
  }

  attributes(): Attribute[] {
    const attributes: Attribute[] = [];
    for (let i = 0; i < this.#index.length; i += INDEX_STRIDE) {
      attributes.push({ type: this.#index[i] ?? 0, value: this.#valueAt(i) });
    }
    return attributes;
  }

  #valueAt(i: number): Uint8Array {
    const offset = this.#index[i + 1] ?? 0;
    return this.bytes.subarray(offset, offset + (this.#index[i + 2] ?? 0));
  }
}

/** The cheap test: two zero bits, a length that is a multiple of four, the cookie. Reads the first 8 bytes only. */
export function looksLikeStun(bytes: Uint8Array): boolean {
  return (
    bytes.length >= HEADER_BYTES &&
    ((bytes[0] ?? 0xff) & 0xc0) === 0 &&
    ((bytes[3] ?? 0xff) & 0x03) === 0 &&
    bytes[4] === 0x21 &&
    bytes[5] === 0x12 &&
    bytes[6] === 0xa4 &&
    bytes[7] === 0x42
  );
}

/**
 * Reads one whole message. `undefined` for anything else: noise, a wrong length, an attribute that runs past
 * the end. Borrows `bytes` for as long as the message is used. Attributes that follow the integrity are
 * left out, as if they had not come.
 */
export function decodeMessage(bytes: Uint8Array): StunMessage | undefined {
  if (!looksLikeStun(bytes)) return undefined;
  if (HEADER_BYTES + readU16(bytes, 2) !== bytes.length) return undefined;
  const index: number[] = [];
  let at = HEADER_BYTES;
  let sealedBy = 0;
  while (at < bytes.length) {
    if (at + ATTRIBUTE_HEADER_BYTES > bytes.length) return undefined;
    const type = readU16(bytes, at);
    const length = readU16(bytes, at + 2);
    const valueAt = at + ATTRIBUTE_HEADER_BYTES;
    at = valueAt + ((length + 3) & ~3);
    if (at > bytes.length) return undefined;
    if (!mayFollow(sealedBy, type)) continue;
    index.push(type, valueAt, length);
    if (isSeal(type)) sealedBy = type;
  }
  return new StunMessage(bytes, readU16(bytes, 0), index);
}

function isSeal(type: number): boolean {
  return (
    type === StunAttribute.MESSAGE_INTEGRITY ||
    type === StunAttribute.MESSAGE_INTEGRITY_SHA256 ||
    type === StunAttribute.FINGERPRINT
  );
}

/**
 * RFC 8489 §9 (and §14.5–14.7): after MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count, after
 * MESSAGE-INTEGRITY-SHA256 only FINGERPRINT, after FINGERPRINT nothing: nobody vouches for what is appended.
 */
function mayFollow(sealedBy: number, type: number): boolean {
  switch (sealedBy) {
    case 0:
      return true;
    case StunAttribute.MESSAGE_INTEGRITY:
      return type === StunAttribute.MESSAGE_INTEGRITY_SHA256 || type === StunAttribute.FINGERPRINT;
    case StunAttribute.MESSAGE_INTEGRITY_SHA256:
      return type === StunAttribute.FINGERPRINT;
    default:
      return false;
  }
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
