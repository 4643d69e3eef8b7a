/** The `CryptoProvider` of the core over node:crypto. Keeps no keys but those it is given. */
import { timingSafeEqual } from 'node:crypto';
import type { CryptoProvider } from '../base/index.ts';
import { createNodeAead } from './aead.ts';
import { digest, hmac } from './digest.ts';
import { createNodeKeyAgreement } from './key-agreement.ts';
import { readNodeCertificate } from './signatures.ts';

export const nodeCrypto: CryptoProvider = {
  hash: digest,
  hmac,
  // timingSafeEqual throws for different lengths; the length of a MAC is no secret.
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  createAead: createNodeAead,
  createKeyAgreement: createNodeKeyAgreement,
  readCertificate: readNodeCertificate,
};
