/**
 * Nonces that need no memory: the time of issue, sealed together with the client's address. RFC 8489 §9.2.4 asks for
 * a different nonce for each source address and port; a forged source never sees its nonce, so it cannot go on.
 *
 * Layout: `obMatJos2` + base64 of the 24 security feature bits (RFC 8489 §9.2) + base64url of
 * (issued: u32 seconds since 1970, seal: first 8 bytes of HMAC-SHA-256): 29 characters.
 */
import {
  type CryptoProvider,
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64Url,
  encodeUtf8,
  formatAddress,
  type Millis,
} from '../base/index.ts';
import type { Leg } from './leg.ts';

/** No security feature is offered yet: 24 zero bits. RFC 8489 §18.1. */
const NONCE_COOKIE = 'obMatJos2AAAA';
const STAMP_BYTES = 4;
/** 2⁻⁶⁴ for a guess, and a right guess only opens the way to the password check. */
const SEAL_BYTES = 8;
const NONCE_CHARACTERS = NONCE_COOKIE.length + 16;
/** A clock that was set back a little must not make fresh nonces stale. */
const FUTURE_TOLERANCE_SECONDS = 60;

export class NonceMint {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;
  readonly #lifetimeSeconds: number;

  constructor(crypto: CryptoProvider, secret: Uint8Array, lifetimeSeconds: number) {
    this.#crypto = crypto;
    this.#secret = secret.slice();
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  /** `wallNow` in milliseconds since 1970. */
  issue(wallNow: Millis, leg: Leg): string {
    const stamp = encodeStamp(Math.floor(wallNow / 1000));
    return NONCE_COOKIE + encodeBase64Url(concatBytes(stamp, this.#seal(stamp, leg)));
  }

  /** Whether this is one of ours, for this client, and young enough. */
  isFresh(wallNow: Millis, leg: Leg, nonce: Uint8Array): boolean {
    if (nonce.length !== NONCE_CHARACTERS) return false;
    const text = decodeUtf8(nonce);
    if (!text.startsWith(NONCE_COOKIE)) return false;
    const sealed = decodeBase64(text.slice(NONCE_COOKIE.length));
    if (sealed?.length !== STAMP_BYTES + SEAL_BYTES) return false;
    const stamp = sealed.subarray(0, STAMP_BYTES);
    if (!this.#crypto.equal(sealed.subarray(STAMP_BYTES), this.#seal(stamp, leg))) return false;
    const issued = new DataView(sealed.buffer).getUint32(0);
    const ageSeconds = Math.floor(wallNow / 1000) - issued;
    return ageSeconds < this.#lifetimeSeconds && ageSeconds >= -FUTURE_TOLERANCE_SECONDS;
  }

  #seal(stamp: Uint8Array, leg: Leg): Uint8Array {
    const who = encodeUtf8(`${leg.transport} ${formatAddress(leg.client)}`);
    return this.#crypto.hmac('sha256', this.#secret, concatBytes(stamp, who)).subarray(0, SEAL_BYTES);
  }
}

function encodeStamp(seconds: number): Uint8Array {
  const stamp = new Uint8Array(STAMP_BYTES);
  new DataView(stamp.buffer).setUint32(0, seconds);
  return stamp;
}
