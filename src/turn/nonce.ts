/**
 * Nonces that need no memory: the time of issue, sealed together with the client's address. RFC 8489 §9.2.4 asks for
 * a different nonce for each source address and port; a forged source never sees its nonce, so it cannot go on.
 *
 * Layout: the nonce cookie of RFC 8489 §9.2 (13 characters), then base64url of
 * (the lower 16 bits of the second of issue, seal: first 6 bytes of HMAC-SHA-256): 24 characters, which need no padding.
 * Short, because every stranger is sent one. The seal covers the cookie, so its bits cannot be changed, and the whole
 * second, so that a nonce does not come back to life when the 16 bits do after 18 hours.
 */
import {
  ByteWriter,
  type CryptoProvider,
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64Url,
  encodeUtf8,
  formatAddress,
  type Millis,
} from '../base/index.ts';
import { NONCE_COOKIE_CHARACTERS, type SecurityFeatures, writeNonceCookie } from '../stun/index.ts';
import type { Leg } from './leg.ts';

const STAMP_BYTES = 2;
/** 2⁻⁴⁸ for a guess, and a right guess only opens the way to the password check. */
const SEAL_BYTES = 6;
const NONCE_CHARACTERS = NONCE_COOKIE_CHARACTERS + 11;
/** A clock that was set back a little must not make fresh nonces stale. */
const FUTURE_TOLERANCE_SECONDS = 60;
/** What 16 bits of seconds can tell apart. */
const MAX_LIFETIME_SECONDS = 0x10000 - FUTURE_TOLERANCE_SECONDS;

export class NonceMint {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;
  readonly #lifetimeSeconds: number;

  /** Copies the secret. A lifetime of more than 65,476 seconds throws `RangeError`. */
  constructor(crypto: CryptoProvider, secret: Uint8Array, lifetimeSeconds: number) {
    if (lifetimeSeconds > MAX_LIFETIME_SECONDS) {
      throw new RangeError(
        `A nonce lives at most ${MAX_LIFETIME_SECONDS} seconds, so not ${lifetimeSeconds}.`,
      );
    }
    this.#crypto = crypto;
    this.#secret = secret.slice();
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  /** `wallNow` in milliseconds since 1970. */
  issue(wallNow: Millis, leg: Leg, features: SecurityFeatures): string {
    return this.#write(writeNonceCookie(features), Math.floor(wallNow / 1000), leg);
  }

  /** Whether this is one of ours, for this client, and young enough. */
  isFresh(wallNow: Millis, leg: Leg, nonce: Uint8Array): boolean {
    if (nonce.length !== NONCE_CHARACTERS) return false;
    const text = decodeUtf8(nonce);
    const sealed = decodeBase64(text.slice(NONCE_COOKIE_CHARACTERS));
    if (sealed?.length !== STAMP_BYTES + SEAL_BYTES) return false;
    const stamp = ((sealed[0] ?? 0) << 8) | (sealed[1] ?? 0);
    // The last second with such lower bits that can have been.
    const latest = Math.floor(wallNow / 1000) + FUTURE_TOLERANCE_SECONDS;
    const sinceSeconds = (latest - stamp) & 0xffff;
    if (sinceSeconds - FUTURE_TOLERANCE_SECONDS >= this.#lifetimeSeconds) return false;
    const right = this.#write(text.slice(0, NONCE_COOKIE_CHARACTERS), latest - sinceSeconds, leg);
    return this.#crypto.equal(nonce, encodeUtf8(right));
  }

  #write(cookie: string, issuedSeconds: number, leg: Leg): string {
    const who = encodeUtf8(`${cookie} ${leg.transport} ${formatAddress(leg.client)}`);
    const sealed = new ByteWriter(64).u32(issuedSeconds).bytes(who).written();
    const seal = this.#crypto.hmac('sha256', this.#secret, sealed).subarray(0, SEAL_BYTES);
    const stamp = Uint8Array.of((issuedSeconds >> 8) & 0xff, issuedSeconds & 0xff);
    return cookie + encodeBase64Url(concatBytes(stamp, seal));
  }
}
