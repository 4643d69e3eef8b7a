/** Whom this process trusts to sign certificates: what Node brings, what its user has added, and what a caller adds. */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

let added: readonly string[] | undefined;

/** PEM, one certificate or several each, the likeliest first. `own`: of the caller. */
export function authorities(own: readonly string[] = []): readonly string[] {
  added ??= splitPem(addedByUser(process.env));
  return [...own.flatMap(splitPem), ...added, ...rootCertificates];
}

/** Node itself has warned at its start when the file cannot be read. */
function addedByUser({ NODE_EXTRA_CA_CERTS }: NodeJS.ProcessEnv): string {
  if (!NODE_EXTRA_CA_CERTS) return '';
  try {
    return readFileSync(NODE_EXTRA_CA_CERTS, 'latin1');
  } catch {
    return '';
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Each certificate of a file that may hold several, and words between them. */
function splitPem(text: string): readonly string[] {
  return text.match(CERTIFICATE) ?? [];
}
