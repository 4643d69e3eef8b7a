/** The key behind the integrity of a message under long-term credentials. RFC 8489 §9.2.2, §18.5.1. */
import { type CryptoProvider, encodeUtf8 } from '../base/index.ts';

/** RFC 8489 §18.5: MD5 is for compatibility, and all that browsers speak. */
export type PasswordAlgorithm = 'md5' | 'sha256';

/** 16 bytes (md5) or 32 (sha256). All three texts already prepared (`prepareOpaqueString`). */
export function longTermKey(
  crypto: CryptoProvider,
  username: string,
  realm: string,
  password: string,
  algorithm: PasswordAlgorithm = 'md5',
): Uint8Array {
  return crypto.hash(algorithm, encodeUtf8(`${username}:${realm}:${password}`));
}

/** What stands in USERHASH, 32 bytes. RFC 8489 §14.4. */
export function userHash(crypto: CryptoProvider, username: string, realm: string): Uint8Array {
  return crypto.hash('sha256', encodeUtf8(`${username}:${realm}`));
}
