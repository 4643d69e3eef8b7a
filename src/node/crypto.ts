/** The `CryptoProvider` of the core over node:crypto. Makes no random bytes and no keys. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { CryptoProvider } from '../base/index.ts';
import { plainBytes } from './plain-bytes.ts';

export const nodeCrypto: CryptoProvider = {
  hash: (name, data) => plainBytes(createHash(name).update(data).digest()),
  hmac: (name, key, data) => plainBytes(createHmac(name, key).update(data).digest()),
  // timingSafeEqual throws for different lengths; the length of a MAC is no secret.
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
