/** The long-term credential mechanism, server side. Keeps nothing about anybody. RFC 8489 §9.2.4. */
import { type CryptoProvider, decodeUtf8, type Millis, sameBytes } from '../base/index.ts';
import { StunAttribute, type StunMessage, verifyIntegrity, verifyIntegritySha256 } from '../stun/index.ts';
import type { CredentialBook } from './credential-book.ts';
import type { Leg } from './leg.ts';
import type { NonceMint } from './nonce.ts';

export interface AuthenticatedUser {
  /** As in USERNAME. */
  readonly username: string;
  /** Whom quotas count: for REST names without the expiry. */
  readonly quotaName: string;
  /** Seals the answers too. */
  readonly key: Uint8Array;
}

export type Verdict =
  | { readonly kind: 'user'; readonly user: AuthenticatedUser }
  /** Answer with REALM and NONCE. `firstTry`: no credentials were offered, as every client begins. */
  | { readonly kind: 'challenge'; readonly code: 401 | 438; readonly firstTry: boolean }
  | { readonly kind: 'bad-request' };

/** RFC 8489 §14.3: a receiver must be able to parse so many. */
const MAX_USERNAME_BYTES = 763;

export class Authenticator {
  readonly #crypto: CryptoProvider;
  readonly #realm: Uint8Array;
  readonly #nonces: NonceMint;
  readonly #book: CredentialBook;
  /** What an unknown name is checked against, so that it takes as long as a known one. */
  readonly #decoyKey: Uint8Array;

  constructor(
    crypto: CryptoProvider,
    realm: Uint8Array,
    nonces: NonceMint,
    book: CredentialBook,
    decoyKey: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#realm = realm;
    this.#nonces = nonces;
    this.#book = book;
    this.#decoyKey = decoyKey;
  }

  /**
   * The checks in the RFC's order. `holder` is who made the allocation on this 5-tuple, if there is one: its key is
   * used when the name is the same, so that an allocation outlives the expiry in a REST name.
   */
  check(wallNow: Millis, leg: Leg, request: StunMessage, holder: AuthenticatedUser | undefined): Verdict {
    // RFC 8489 §9.2.4, 1st: no integrity at all.
    const sealed =
      request.has(StunAttribute.MESSAGE_INTEGRITY) || request.has(StunAttribute.MESSAGE_INTEGRITY_SHA256);
    if (!sealed) return { kind: 'challenge', code: 401, firstTry: true };

    // 2nd: integrity, but the attributes that explain it are missing.
    const name = request.get(StunAttribute.USERNAME);
    const realm = request.get(StunAttribute.REALM);
    const nonce = request.get(StunAttribute.NONCE);
    if (!realm || !nonce || (!name && !request.has(StunAttribute.USERHASH))) return { kind: 'bad-request' };
    if (name && name.length > MAX_USERNAME_BYTES) return { kind: 'bad-request' };

    // 3rd, the password algorithms: our nonces never offer them, so a request that has them fails as 420 later.

    // 4th: is the name valid? USERHASH is not offered by our nonces, so no hash is.
    // 5th: does the integrity fit?
    const user =
      name && sameBytes(realm, this.#realm) ? this.#identify(wallNow, request, name, holder) : undefined;
    if (!user) return { kind: 'challenge', code: 401, firstTry: false };

    // 6th: is the nonce still valid?
    if (!this.#nonces.isFresh(wallNow, leg, nonce)) return { kind: 'challenge', code: 438, firstTry: false };
    return { kind: 'user', user };
  }

  #identify(
    wallNow: Millis,
    request: StunMessage,
    name: Uint8Array,
    holder: AuthenticatedUser | undefined,
  ): AuthenticatedUser | undefined {
    const username = decodeUtf8(name);
    if (holder?.username === username) return this.#fits(request, holder.key) ? holder : undefined;
    const candidates = this.#book.find(username, wallNow);
    if (!candidates) {
      this.#fits(request, this.#decoyKey);
      return undefined;
    }
    const key = candidates.keys.find((candidate) => this.#fits(request, candidate));
    return key && { username, quotaName: candidates.quotaName, key };
  }

  /** RFC 8489 §9.2.4: the stronger one decides when both are there. */
  #fits(request: StunMessage, key: Uint8Array): boolean {
    return request.has(StunAttribute.MESSAGE_INTEGRITY_SHA256)
      ? verifyIntegritySha256(this.#crypto, request, key)
      : verifyIntegrity(this.#crypto, request, key);
  }
}
