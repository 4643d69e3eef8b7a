/**
 * Who may use the server: static users and any number of REST secrets at the same time. RFC 8489 §9.2.2, §14.4.
 *
 * Making the keys of a REST name takes an HMAC and a hash for each secret, so the keys of names that have proved
 * themselves lately are kept. A name that has proved nothing leaves nothing here.
 */
import { AgingMap, type CryptoProvider, type Millis, StackError } from '../base/index.ts';
import { prepareOpaqueString, userHash } from '../stun/index.ts';
import { type KeyRing, keyRingOf, lazyKeyRing } from './key-ring.ts';
import { isExpired, parseRestName, restPassword } from './rest-credentials.ts';
import type { StaticUser } from './server-options.ts';

export interface Candidates {
  /** As in USERNAME. */
  readonly username: string;
  /** Whom quotas count. */
  readonly quotaName: string;
  /** Passwords to try: the integrity of the request must fit one of them. */
  readonly rings: readonly KeyRing[];
  /** Milliseconds since 1970; they are good for nothing from then on. */
  readonly expiresAt?: Millis;
  /** Which access token it was, for third-party users only: then the expiry is strict. */
  readonly token?: string;
}

/** Somebody whose integrity fitted. */
interface Proven extends Omit<Candidates, 'rings'> {
  readonly ring: KeyRing;
}

export interface AcceptedCredentials {
  readonly users: readonly StaticUser[];
  readonly restSecrets: readonly string[];
}

export class CredentialBook {
  readonly #crypto: CryptoProvider;
  readonly #realm: string;
  readonly #restSecrets: readonly string[];
  readonly #users = new Map<string, Candidates>();
  /** By USERHASH, one character for each byte: static users, and whoever is in `#recent`. */
  readonly #namesByHash = new Map<string, string>();
  /** REST names that have proved themselves, the one seen longest ago first. */
  readonly #recent = new AgingMap<string, Candidates>();
  readonly #maxRecent: number;

  /**
   * `maxRecent` bounds how many REST names are remembered. Throws `StackError` `TURN_USER_INVALID` for a name or password
   * that OpaqueString forbids.
   */
  constructor(crypto: CryptoProvider, realm: string, accepted: AcceptedCredentials, maxRecent: number) {
    this.#crypto = crypto;
    this.#realm = realm;
    this.#restSecrets = [...accepted.restSecrets];
    this.#maxRecent = maxRecent;
    for (const user of accepted.users) {
      const username = prepareOpaqueString(user.username);
      const password = prepareOpaqueString(user.password);
      if (username === undefined || password === undefined) {
        throw new StackError(
          'TURN_USER_INVALID',
          `The TURN user "${user.username}" has an empty name or password, or one with control characters (RFC 8265). Choose another.`,
        );
      }
      const rings = [keyRingOf(crypto, username, realm, password)];
      this.#users.set(username, { username, quotaName: `user:${username}`, rings });
      this.#namesByHash.set(this.#hashOf(username), username);
    }
  }

  /** Whether every name there is can be found by its hash. */
  get knowsEveryHash(): boolean {
    return this.#restSecrets.length === 0;
  }

  /** Whether `find` says the last word about this name. */
  mayKnow(username: string): boolean {
    return (
      this.#users.has(username) || (this.#restSecrets.length > 0 && parseRestName(username) !== undefined)
    );
  }

  /** `undefined` when nobody has this name, or when it is a REST name that has expired. */
  find(username: string, wallNow: Millis): Candidates | undefined {
    const user = this.#users.get(username);
    if (user) return user;
    const name = this.#restSecrets.length > 0 ? parseRestName(username) : undefined;
    if (!name || isExpired(name, wallNow)) return undefined;
    const known = this.#recent.touch(username); // seen last, forgotten last
    if (known) return known;
    return {
      username,
      // Without an id the names of one second share a quota, which is the safe side.
      quotaName: `rest:${name.id === '' ? username : name.id}`,
      rings: this.#restRings(username),
      expiresAt: name.expiresAtSeconds * 1000,
    };
  }

  /**
   * The name behind a USERHASH, 32 bytes: a static user, or a REST name remembered here. Of another REST name only its
   * owner knows the hash, so it stays unknown until it has come as USERNAME once. RFC 8489 §14.4.
   */
  nameOf(hash: Uint8Array): string | undefined {
    return this.#namesByHash.get(latin1(hash));
  }

  /** Somebody has just proved who they are: of a REST name the key is kept, and tried first from now on. */
  remember({ username, quotaName, ring, expiresAt }: Proven): void {
    if (this.#recent.has(username) || this.#users.has(username) || !this.mayKnow(username)) return;
    if (this.#recent.size >= this.#maxRecent) this.#forgetOldest();
    const others = this.#restRings(username);
    this.#recent.set(username, {
      username,
      quotaName,
      rings: [ring, ...others],
      ...(expiresAt !== undefined && { expiresAt }),
    });
    this.#namesByHash.set(this.#hashOf(username), username);
  }

  /** The passwords that this name has, one of each secret. */
  #restRings(username: string): KeyRing[] {
    return this.#restSecrets.map((secret) =>
      lazyKeyRing(this.#crypto, username, this.#realm, () => restPassword(this.#crypto, secret, username)),
    );
  }

  #forgetOldest(): void {
    const { oldest } = this.#recent;
    if (!oldest) return;
    this.#recent.delete(oldest.key);
    this.#namesByHash.delete(this.#hashOf(oldest.key));
  }

  #hashOf(username: string): string {
    return latin1(userHash(this.#crypto, username, this.#realm));
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
