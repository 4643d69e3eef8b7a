/** A certificate for coturn, of the kind that our server makes for itself: ECDSA on P-256. Lives as long as a run. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';

const DAY_MS = 86_400_000;

/** Writes one file with key and certificate, readable by its owner only, and returns its path. */
export async function createSelfSigned(dir: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=bench.example',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const file = path.join(dir, 'certificate.pem');
  writeFileSync(file, `${key}\n${certificate.toString('pem')}\n`, { mode: 0o600 });
  return file;
}
