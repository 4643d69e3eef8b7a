/**
 * What somebody outside (a webhook) has said about user names: credentials, or that there are none. Remembered for a
 * while, in two tables of bounded size, so that made-up names do not push real ones out. Asks nobody.
 */
import { AgingMap, type CryptoProvider, type Millis, NEVER } from '../base/index.ts';
import { type PasswordAlgorithm, prepareOpaqueString } from '../stun/index.ts';
import type { Clocks } from './clocks.ts';
import type { Candidates } from './credential-book.ts';
import { type KeyRing, keyRingOf } from './key-ring.ts';

/** The credentials of one user name. */
export interface FoundCredentials {
  /** One of the two is enough; `key` counts where both are given. */
  readonly password?: string;
  /** Made as RFC 8489 §9.2.2 says, with MD5 (16 bytes), or as §18.5.1.2 says, with SHA-256 (32 bytes). Copied. */
  readonly key?: Uint8Array;
  /** Milliseconds since 1970; they let nobody in from then on. */
  readonly expiresAt?: Millis;
  /** Whom quotas count; the user name when left out. */
  readonly quotaName?: string;
}

export interface AskedLifetimes {
  /** How long credentials are believed without asking again; a password that was changed works until then. */
  readonly foundSeconds: number;
  /** How long a name that nobody has stays refused without asking again. */
  readonly unknownSeconds: number;
}

interface Remembered<T> {
  readonly value: T;
  readonly forgetAt: Millis;
}

const KEY_ALGORITHMS: ReadonlyMap<number, PasswordAlgorithm> = new Map([
  [16, 'md5'],
  [32, 'sha256'],
]);

export class AskedCredentials {
  readonly #crypto: CryptoProvider;
  readonly #realm: string;
  readonly #maxNames: number;
  readonly #lifetimes: AskedLifetimes;
  readonly #found = new AgingMap<string, Remembered<Candidates>>();
  readonly #unknown = new AgingMap<string, Remembered<true>>();

  /** `maxNames` bounds each of the two tables; the name learnt longest ago makes room. */
  constructor(crypto: CryptoProvider, realm: string, maxNames: number, lifetimes: AskedLifetimes) {
    this.#crypto = crypto;
    this.#realm = realm;
    this.#maxNames = maxNames;
    this.#lifetimes = lifetimes;
  }

  /** `ask`: nothing is known of this name. */
  find({ now, wallNow }: Clocks, username: string): Candidates | 'unknown' | 'ask' {
    const found = this.#found.get(username);
    if (found && found.forgetAt > now && (found.value.expiresAt ?? NEVER) > wallNow) return found.value;
    const unknown = this.#unknown.get(username);
    return unknown && unknown.forgetAt > now ? 'unknown' : 'ask';
  }

  /** `false`, with nothing learnt, when what was found cannot be used: no key of a known length, no fit password. */
  learn({ now, wallNow }: Clocks, username: string, found: FoundCredentials | undefined): boolean {
    this.#found.delete(username);
    this.#unknown.delete(username);
    // What has expired is no better than nothing; remembered as such, it is not asked for in a circle.
    if (!found || (found.expiresAt ?? NEVER) <= wallNow) {
      const forgetAt = now + this.#lifetimes.unknownSeconds * 1000;
      put(this.#unknown, this.#maxNames, username, { value: true, forgetAt });
      return true;
    }
    const ring = this.#ringOf(username, found);
    if (!ring) return false;
    const { expiresAt } = found;
    const value: Candidates = {
      username,
      quotaName: `asked:${found.quotaName ?? username}`,
      rings: [ring],
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const forgetAt = now + this.#lifetimes.foundSeconds * 1000;
    put(this.#found, this.#maxNames, username, { value, forgetAt });
    return true;
  }

  #ringOf(username: string, { key, password }: FoundCredentials): KeyRing | undefined {
    if (key) {
      const kept = key.slice();
      const kind = KEY_ALGORITHMS.get(kept.length);
      return kind && { keyFor: (algorithm) => (algorithm === kind ? kept : undefined) };
    }
    const prepared = password === undefined ? undefined : prepareOpaqueString(password);
    return prepared === undefined ? undefined : keyRingOf(this.#crypto, username, this.#realm, prepared);
  }
}

function put<T>(table: AgingMap<string, T>, maxNames: number, name: string, value: T): void {
  if (table.size >= maxNames && table.oldest) table.delete(table.oldest.key);
  table.set(name, value);
}
