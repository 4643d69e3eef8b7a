/** Who may use the server: static users and any number of REST secrets at the same time. RFC 8489 §9.2.2. */
import { type CryptoProvider, type Millis, StackError } from '../base/index.ts';
import { longTermKey, prepareOpaqueString } from '../stun/index.ts';
import { isExpired, parseRestName, restPassword } from './rest-credentials.ts';
import type { StaticUser } from './server-options.ts';

export interface Candidates {
  /** Whom quotas count. */
  readonly quotaName: string;
  /** Keys to try: the integrity of the request must fit one of them. */
  readonly keys: readonly Uint8Array[];
}

export class CredentialBook {
  readonly #crypto: CryptoProvider;
  readonly #realm: string;
  readonly #restSecrets: readonly string[];
  /** RFC 8656 §6: the key is kept, never the password. */
  readonly #staticKeys = new Map<string, Uint8Array>();

  /** Throws `StackError` `TURN_USER_INVALID` for a name or password that OpaqueString forbids. */
  constructor(
    crypto: CryptoProvider,
    realm: string,
    users: readonly StaticUser[],
    restSecrets: readonly string[],
  ) {
    this.#crypto = crypto;
    this.#realm = realm;
    this.#restSecrets = [...restSecrets];
    for (const user of users) {
      const username = prepareOpaqueString(user.username);
      const password = prepareOpaqueString(user.password);
      if (username === undefined || password === undefined) {
        throw new StackError(
          'TURN_USER_INVALID',
          `The TURN user "${user.username}" has an empty name or password, or one with control characters (RFC 8265). Choose another.`,
        );
      }
      this.#staticKeys.set(username, longTermKey(crypto, username, realm, password));
    }
  }

  /** `undefined` when nobody has this name, or when it is a REST name that has expired. */
  find(username: string, wallNow: Millis): Candidates | undefined {
    const staticKey = this.#staticKeys.get(username);
    if (staticKey) return { quotaName: `user:${username}`, keys: [staticKey] };
    if (this.#restSecrets.length === 0) return undefined;
    const name = parseRestName(username);
    if (!name || isExpired(name, wallNow)) return undefined;
    const keys = this.#restSecrets.map((secret) =>
      longTermKey(this.#crypto, username, this.#realm, restPassword(this.#crypto, secret, username)),
    );
    // Without an id the names of one second share a quota, which is the safe side.
    return { quotaName: `rest:${name.id === '' ? username : name.id}`, keys };
  }
}
