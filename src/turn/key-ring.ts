/** The keys that one password makes: one for each password algorithm. Knows nobody's name. RFC 8489 §9.2.2. */
import type { CryptoProvider } from '../base/index.ts';
import { longTermKey, type PasswordAlgorithm } from '../stun/index.ts';

export interface KeyRing {
  /** `undefined` when there is no key of that kind; the bytes are borrowed. */
  keyFor(algorithm: PasswordAlgorithm): Uint8Array | undefined;
}

/** Keeps the keys, not the password (RFC 8656 §6). All three texts already prepared. */
export function keyRingOf(
  crypto: CryptoProvider,
  username: string,
  realm: string,
  password: string,
): KeyRing {
  const md5 = longTermKey(crypto, username, realm, password, 'md5');
  const sha256 = longTermKey(crypto, username, realm, password, 'sha256');
  return { keyFor: (algorithm) => (algorithm === 'md5' ? md5 : sha256) };
}

/** Makes each key when it is first asked for, and keeps it: for a password that is made of a secret each time. */
export function lazyKeyRing(
  crypto: CryptoProvider,
  username: string,
  realm: string,
  passwordOf: () => string,
): KeyRing {
  const keys = new Map<PasswordAlgorithm, Uint8Array>();
  return {
    keyFor(algorithm) {
      let key = keys.get(algorithm);
      if (!key) {
        key = longTermKey(crypto, username, realm, passwordOf(), algorithm);
        keys.set(algorithm, key);
      }
      return key;
    },
  };
}
