/**
 * The state cookie: everything an endpoint needs to build the association, sealed and sent away, so that an INIT
 * leaves nothing behind. RFC 9260 §5.1.3.
 *
 * Layout: seal (HMAC-SHA-256, first 16 bytes), time of issue (u32 pair, ms), the two initiate tags of an association
 * that was there already (0 when there was none), our INIT facts, the peer's INIT facts.
 */
import { ByteReader, ByteWriter, type CryptoProvider, concatBytes, type Millis } from '../base/index.ts';
import { decodeInit, encodeInit, type InitFacts } from './init-chunk.ts';

export interface Cookie {
  readonly issuedAt: Millis;
  readonly own: InitFacts;
  readonly peer: InitFacts;
  /** RFC 9260 §5.2.2: the tags of the association that existed when the INIT came. */
  readonly tieTags: { readonly own: number; readonly peer: number };
}

const SEAL_BYTES = 16;

export class CookieJar {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;

  /** `secret`: 32 random bytes, borrowed. */
  constructor(crypto: CryptoProvider, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = secret.slice();
  }

  bake({ issuedAt, own, peer, tieTags }: Cookie): Uint8Array {
    const ownInit = encodeInit({ ...own, cookie: undefined });
    const peerInit = encodeInit({ ...peer, cookie: undefined });
    const body = new ByteWriter(256)
      .u32(Math.floor(issuedAt / 2 ** 32))
      .u32(Math.floor(issuedAt) % 2 ** 32)
      .u32(tieTags.own)
      .u32(tieTags.peer)
      .u16(ownInit.length)
      .u16(peerInit.length)
      .bytes(ownInit)
      .bytes(peerInit)
      .finish();
    return concatBytes(this.#seal(body), body);
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
