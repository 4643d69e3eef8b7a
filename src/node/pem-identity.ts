/** A certificate with its chain and its key, as files hold them, for DTLS. RFC 7468. */
import { X509Certificate } from 'node:crypto';
import type { DtlsIdentity } from '../dtls/index.ts';
import { plainBytes } from './plain-bytes.ts';
import { createSigningKey } from './signatures.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Throws for text that holds no certificate, and a TypeError for a key that is neither ECDSA (P-256, P-384) nor strong RSA. */
export function readPemIdentity(certificates: string, key: string): DtlsIdentity {
  const chain = (certificates.match(CERTIFICATE) ?? []).map((pem) =>
    plainBytes(new X509Certificate(pem).raw),
  );
  if (chain.length === 0) throw new TypeError('Expected at least one certificate in PEM.');
  return { chain, key: createSigningKey(key) };
}
