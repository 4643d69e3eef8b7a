/** The long-term credential mechanism, server side, check by check. RFC 8489 §9.2.4. */
import { type CryptoProvider, decodeUtf8, type Millis, NEVER, sameBytes } from '../base/index.ts';
import {
  decodePasswordAlgorithm,
  encodePasswordAlgorithms,
  type PasswordAlgorithm,
  readNonceCookie,
  type SecurityFeatures,
  StunAttribute,
  type StunMessage,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../stun/index.ts';
import type { AskedCredentials } from './asked-credentials.ts';
import type { Clocks } from './clocks.ts';
import type { Candidates, CredentialBook } from './credential-book.ts';
import type { KeyRing } from './key-ring.ts';
import type { Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import type { NonceMint } from './nonce.ts';
import type { ThirdParty } from './third-party.ts';

export interface AuthenticatedUser {
  /** As in USERNAME, whether that or its hash came. */
  readonly username: string;
  /** Whom quotas count: for REST names without the expiry. */
  readonly quotaName: string;
  /** The password that fits, whatever the algorithm. */
  readonly ring: KeyRing;
  /** Seals the answers too: of `ring`, for the algorithm of this request. */
  readonly key: Uint8Array;
  /** What seals the answers: MESSAGE-INTEGRITY for clients that know of nothing else. */
  readonly integrity: 'sha1' | 'sha256';
  /** When the credentials expire, in milliseconds since 1970. */
  readonly expiresAt?: Millis;
  /** Which access token it was; third-party users only, whose `username` is that of a key. */
  readonly token?: string;
  /** Under strict expiry: no longer lifetime may be granted, 1 s or more, counted from this request. */
  readonly maxLifetimeSeconds?: number;
}

export type Verdict =
  | { readonly kind: 'user'; readonly user: AuthenticatedUser }
  /** Answer with REALM and NONCE. `firstTry`: no credentials were offered, as every client begins. */
  | { readonly kind: 'challenge'; readonly code: 401 | 438; readonly firstTry: boolean }
  | { readonly kind: 'bad-request' }
  /** An access token where none was asked for. RFC 7635 §7. */
  | { readonly kind: 'unexpected-token' }
  /** Nobody here knows this name, and the nonce is good: ask, then check the request again. */
  | { readonly kind: 'ask'; readonly username: string };

export interface AuthenticatorOptions {
  readonly realm: Uint8Array;
  readonly nonces: NonceMint;
  readonly book: CredentialBook;
  /** Where to look for names that are not in the book. */
  readonly asked?: AskedCredentials;
  /** Who opens access tokens. */
  readonly thirdParty?: ThirdParty;
  /** What an unknown name is checked against, so that it takes as long as a known one. */
  readonly decoyKey: Uint8Array;
  /** What PASSWORD-ALGORITHMS offers, the preferred one first; empty: it is not sent. */
  readonly algorithms: readonly PasswordAlgorithm[];
  readonly usernameAnonymity: boolean;
  /** Read each time. `strictExpiry`: what has expired is refused to its holder too, and no lifetime goes beyond. */
  readonly settings: Pick<LiveSettings, 'strictExpiry'>;
}

/** RFC 8489 §14.3: a receiver must be able to parse so many. */
const MAX_USERNAME_BYTES = 763;
/** RFC 8489 §14.4. */
const USERHASH_BYTES = 32;

/** What a request says about how its key was made. RFC 8489 §9.2.4, 3rd check. */
interface KeyChoice {
  readonly algorithm: PasswordAlgorithm;
  readonly integrity: 'sha1' | 'sha256';
}

const STALE: Verdict = { kind: 'challenge', code: 438, firstTry: false };

const AS_THOUGH_MD5: KeyChoice = { algorithm: 'md5', integrity: 'sha1' };

export class Authenticator {
  readonly #crypto: CryptoProvider;
  readonly #options: AuthenticatorOptions;
  /** What the nonces of this server promise. */
  readonly features: SecurityFeatures;
  /** The value of PASSWORD-ALGORITHMS; empty when it is not offered. */
  readonly offer: Uint8Array;

  constructor(crypto: CryptoProvider, options: AuthenticatorOptions) {
    this.#crypto = crypto;
    this.#options = options;
    this.offer = encodePasswordAlgorithms(options.algorithms);
    this.features = {
      passwordAlgorithms: options.algorithms.length > 0,
      usernameAnonymity: options.usernameAnonymity,
    };
  }

  /**
   * The checks in the RFC's order. `holder` is who made the allocation on this 5-tuple, if there is one: its key is
   * used when the name is the same, so that an allocation outlives the expiry in a REST name unless that is strict.
   */
  check(clocks: Clocks, leg: Leg, request: StunMessage, holder: AuthenticatedUser | undefined): Verdict {
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

    // 3rd: has somebody on the way changed what was offered?
    const choice = this.#keyChoice(request, nonce);
    if (!choice) return { kind: 'bad-request' };

    // 4th: is the name valid?
    const username = sameBytes(realm, this.#options.realm) ? this.#usernameOf(request, name) : undefined;
    const token = request.get(StunAttribute.ACCESS_TOKEN);
    if (token && !this.#options.thirdParty) return { kind: 'unexpected-token' };
    const claim = this.#claimOf(clocks, username, token, holder);
    const isFresh = (): boolean => this.#options.nonces.isFresh(clocks.wallNow, leg, nonce);
    // Asking leaves state behind, so here the last check comes first: a forged source has no nonce.
    if (claim === 'ask' && username !== undefined) return isFresh() ? { kind: 'ask', username } : STALE;

    // 5th: does the integrity fit?
    const user = this.#prove(clocks.wallNow, request, claim === 'ask' ? undefined : claim, choice);
    if (!user) return { kind: 'challenge', code: 401, firstTry: false };

    // 6th: is the nonce still valid?
    if (!isFresh()) return STALE;
    // A token proves nothing about a name; a holder's name may have expired.
    if (!token && holder?.username !== username) this.#options.book.remember(user);
    return { kind: 'user', user };
  }

  /** `undefined`: the request must be refused with 400. */
  #keyChoice(request: StunMessage, nonce: Uint8Array): KeyChoice | undefined {
    const list = request.get(StunAttribute.PASSWORD_ALGORITHMS);
    const value = request.get(StunAttribute.PASSWORD_ALGORITHM);
    if (!list && !value) return AS_THOUGH_MD5;
    const algorithm = value && decodePasswordAlgorithm(value);
    // Without the bit nothing was offered together with this nonce. If it was taken off on the way, the nonce is stale.
    if (!readNonceCookie(nonce)?.passwordAlgorithms) {
      return { algorithm: algorithm ?? 'md5', integrity: 'sha256' };
    }
    const honest =
      algorithm !== undefined &&
      list !== undefined &&
      sameBytes(list, this.offer) &&
      this.#options.algorithms.includes(algorithm);
    return honest ? { algorithm, integrity: 'sha256' } : undefined;
  }

  /** USERHASH counts where there is no USERNAME. */
  #usernameOf(request: StunMessage, name: Uint8Array | undefined): string | undefined {
    if (name) return decodeUtf8(name);
    const hash = request.get(StunAttribute.USERHASH);
    return hash?.length === USERHASH_BYTES ? this.#options.book.nameOf(hash) : undefined;
  }

  /** Who it would be, if the key fits. `undefined`: nobody. */
  #claimOf(
    clocks: Clocks,
    username: string | undefined,
    token: Uint8Array | undefined,
    holder: AuthenticatedUser | undefined,
  ): Candidates | 'ask' | undefined {
    if (username === undefined) return undefined;
    if (token) return this.#options.thirdParty?.open(clocks.wallNow, username, token);
    if (holder?.username === username && !this.#hasEnded(clocks.wallNow, holder)) {
      return { ...holder, rings: [holder.ring] };
    }
    const { book, asked } = this.#options;
    if (!asked || book.mayKnow(username)) return book.find(username, clocks.wallNow);
    const found = asked.find(clocks, username);
    return found === 'unknown' ? undefined : found;
  }

  #prove(
    wallNow: Millis,
    request: StunMessage,
    claim: Candidates | undefined,
    { algorithm, integrity }: KeyChoice,
  ): AuthenticatedUser | undefined {
    if (!claim) {
      this.#fits(request, this.#options.decoyKey);
      return undefined;
    }
    for (const ring of claim.rings) {
      const key = ring.keyFor(algorithm);
      // Without a key of this kind it takes as long as with one.
      const fits = this.#fits(request, key ?? this.#options.decoyKey);
      if (!key || !fits) continue;
      const { username, quotaName, expiresAt, token } = claim;
      const user = { username, quotaName, ring, key, integrity, ...(token !== undefined && { token }) };
      if (expiresAt === undefined) return user;
      if (!this.#isStrict(claim)) return { ...user, expiresAt };
      const maxLifetimeSeconds = Math.max(1, Math.floor((expiresAt - wallNow) / 1000));
      return { ...user, expiresAt, maxLifetimeSeconds };
    }
    return undefined;
  }

  #hasEnded(wallNow: Millis, holder: AuthenticatedUser): boolean {
    return this.#isStrict(holder) && (holder.expiresAt ?? NEVER) <= wallNow;
  }

  /** RFC 7635 §9: a token bounds what it was given for; other credentials do where the operator says so. */
  #isStrict({ token }: Pick<Candidates, 'token'>): boolean {
    return token !== undefined || this.#options.settings.strictExpiry;
  }

  /** RFC 8489 §9.2.4: the stronger one decides when both are there. */
  #fits(request: StunMessage, key: Uint8Array): boolean {
    return request.has(StunAttribute.MESSAGE_INTEGRITY_SHA256)
      ? verifyIntegritySha256(this.#crypto, request, key)
      : verifyIntegrity(this.#crypto, request, key);
  }
}
