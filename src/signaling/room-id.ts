/**
 * Names of rooms: unguessable, and recognisable as ours without any memory. Knows no rooms.
 *
 *      1 bit   79 bits    40 bits
 *     +------+----------+---------+
 *     | prot |  random  |   tag   |   15 bytes, 24 characters of base32
 *     +------+----------+---------+
 *
 * `prot`: the room began with a passcode, `ask` or the like, so the link alone must not bring it back after it was
 * forgotten. `tag`: HMAC-SHA-256 of the first 10 bytes, cut to 5: nobody can make up names that open rooms, and a
 * typing error is noticed.
 */
import {
  type CryptoProvider,
  concatBytes,
  decodeBase32,
  encodeBase32,
  encodeUtf8,
  type Random,
} from '../base/index.ts';
import type { RoomId } from './ids.ts';

const NAME_BYTES = 10;
const TAG_BYTES = 5;
const PROTECTED_BIT = 0x80;

export class RoomNames {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #key: Uint8Array;

  constructor(crypto: CryptoProvider, random: Random, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#random = random;
    this.#key = crypto.hmac('sha256', secret, encodeUtf8('ieum signaling: room names'));
  }

  mint(isProtected: boolean): RoomId {
    const name = this.#random.bytes(NAME_BYTES);
    name[0] = ((name[0] ?? 0) & ~PROTECTED_BIT) | (isProtected ? PROTECTED_BIT : 0);
    return encodeBase32(concatBytes(name, this.#tag(name))) as RoomId;
  }

  /** `undefined` when this server never gave out such a name. Upper case is read too, as people type it. */
  read(text: string): { readonly id: RoomId; readonly isProtected: boolean } | undefined {
    if (text.length !== 24) return undefined;
    const bytes = decodeBase32(text);
    if (bytes?.length !== NAME_BYTES + TAG_BYTES) return undefined;
    const name = bytes.subarray(0, NAME_BYTES);
    if (!this.#crypto.equal(bytes.subarray(NAME_BYTES), this.#tag(name))) return undefined;
    return { id: text.toLowerCase() as RoomId, isProtected: ((name[0] ?? 0) & PROTECTED_BIT) !== 0 };
  }

  #tag(name: Uint8Array): Uint8Array {
    return this.#crypto.hmac('sha256', this.#key, name).slice(0, TAG_BYTES);
  }
}
