/**
 * The state cookie: everything an endpoint needs to build the association, sealed and sent away, so that an INIT
 * leaves nothing behind. RFC 9260 §5.1.3.
 *
 * Layout: seal (HMAC-SHA-256, first 16 bytes), time of issue (u32 pair, ms), the two initiate tags of an association
 * that was there already (0 when there was none), our INIT facts, the peer's INIT facts.
 */
import { ByteReader, ByteWriter, type CryptoProvider, type Millis } from '../base/index.ts';
import { decodeInit, type InitFacts, writeInit } from './init-chunk.ts';

export interface Cookie {
  readonly issuedAt: Millis;
  readonly own: InitFacts;
  readonly peer: InitFacts;
  /** RFC 9260 §5.2.2: the tags of the association that existed when the INIT came. */
  readonly tieTags: { readonly own: number; readonly peer: number };
}

const SEAL_BYTES = 16;
const LENGTHS_AT = SEAL_BYTES + 16;
const OWN_AT = LENGTHS_AT + 4;
/** Of two ends that have all extensions. */
const USUAL_BYTES = OWN_AT + 2 * 48;

export class CookieJar {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;

  /** `secret`: 32 random bytes, given away. */
  constructor(crypto: CryptoProvider, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = secret;
  }

  bake({ issuedAt, own, peer, tieTags }: Cookie): Uint8Array {
    const writer = new ByteWriter(USUAL_BYTES)
      .zeros(SEAL_BYTES)
      .u32(Math.floor(issuedAt / 2 ** 32))
      .u32(Math.floor(issuedAt) % 2 ** 32)
      .u32(tieTags.own)
      .u32(tieTags.peer)
      .u16(0)
      .u16(0);
    writeInit(writer, own, undefined);
    const peerAt = writer.zeros(-writer.length & 3).length;
    writeInit(writer, peer, undefined);
    writer.patchU16(LENGTHS_AT, peerAt - OWN_AT).patchU16(LENGTHS_AT + 2, writer.length - peerAt);
    const cookie = writer.finish();
    cookie.set(this.#seal(cookie.subarray(SEAL_BYTES)));
    return cookie;
  }

  /** `undefined` for one that is not ours, or was changed. Its age is the caller's to judge. */
  open(bytes: Uint8Array): Cookie | undefined {
    const body = bytes.subarray(SEAL_BYTES);
    if (bytes.length <= SEAL_BYTES || !this.#crypto.equal(bytes.subarray(0, SEAL_BYTES), this.#seal(body))) {
      return undefined;
    }
    const reader = new ByteReader(body);
    const issuedAt = reader.u32() * 2 ** 32 + reader.u32();
    const tieTags = { own: reader.u32(), peer: reader.u32() };
    const ownBytes = reader.u16();
    const peerBytes = reader.u16();
    const own = decodeInit(reader.take(ownBytes));
    const peer = decodeInit(reader.take(peerBytes));
    return !reader.failed && own && peer
      ? { issuedAt, own: own.facts, peer: peer.facts, tieTags }
      : undefined;
  }

  #seal(body: Uint8Array): Uint8Array {
    return this.#crypto.hmac('sha256', this.#secret, body).subarray(0, SEAL_BYTES);
  }
}
