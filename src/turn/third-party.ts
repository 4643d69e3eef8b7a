/**
 * Users that an authorization server vouches for: USERNAME names the key that it shares with this server, ACCESS-TOKEN
 * holds the key of the user. Remembers no token. RFC 7635 §7, §9.
 */
import { type Aead, type CryptoProvider, encodeHex, type Millis } from '../base/index.ts';
import { openAccessToken } from './access-token.ts';
import type { Candidates } from './credential-book.ts';
import type { KeyRing } from './key-ring.ts';
import type { OauthKey } from './server-options.ts';

/** RFC 7635 §7: how far the clocks of the two servers may be apart. */
const CLOCK_DELTA_MS = 5000;
/** HMAC-SHA-1 wants so many. RFC 7635 §6.2. */
const SHA1_BYTES = 20;
const COTURN_KEY_BYTES = 16;
/** Tells tokens apart in quotas and logs. */
const TOKEN_ID_BYTES = 8;

export class ThirdParty {
  readonly #crypto: CryptoProvider;
  readonly #keys: ReadonlyMap<string, Aead>;
  /** What THIRD-PARTY-AUTHORIZATION says, and what tokens are bound to. */
  readonly serverName: string;

  /** Throws `RangeError` for a key of neither 16 nor 32 bytes. */
  constructor(crypto: CryptoProvider, keys: readonly OauthKey[], serverName: string) {
    this.#crypto = crypto;
    this.serverName = serverName;
    this.#keys = new Map(
      keys.map(({ kid, key }) => [
        kid,
        crypto.createAead(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key),
      ]),
    );
  }

  /** Who brings this token, if the integrity fits; `undefined` when the token is not valid, or not valid now. */
  open(wallNow: Millis, kid: string, token: Uint8Array): Candidates | undefined {
    const aead = this.#keys.get(kid);
    const opened = aead && openAccessToken(aead, this.serverName, token);
    if (!opened) return undefined;
    const { macKey, issuedAt, lifetimeSeconds } = opened;
    // RFC 7635 §7: lifetime + Delta > abs(RDnew - TS). §9: what is left of that bounds what is granted.
    const leftMs = lifetimeSeconds * 1000 + CLOCK_DELTA_MS - Math.abs(wallNow - issuedAt);
    if (leftMs <= 0) return undefined;
    const id = encodeHex(this.#crypto.hash('sha256', macKey).subarray(0, TOKEN_ID_BYTES));
    return {
      username: kid,
      quotaName: `token:${kid}:${id}`,
      rings: this.#ringsOf(macKey),
      expiresAt: wallNow + Math.min(leftMs, lifetimeSeconds * 1000),
      token: id,
    };
  }

  /**
   * RFC 7635 §5: the key as it is, whatever the algorithm. Appendix B: one that was made for HMAC-SHA-256 is hashed down
   * for HMAC-SHA-1. And coturn, server and clients alike, takes the first 16 bytes for HMAC-SHA-1, as many as the keys of
   * passwords have; whoever has been given a token for it may come here too.
   */
  #ringsOf(macKey: Uint8Array): readonly KeyRing[] {
    const keys = [macKey];
    if (macKey.length > SHA1_BYTES) keys.push(this.#crypto.hash('sha1', macKey));
    keys.push(macKey.slice(0, COTURN_KEY_BYTES));
    return keys.map((key) => ({ keyFor: () => key }));
  }
}
