/** Fingerprints of certificates, as they are announced over signaling. Their text is SDP's. RFC 8122 §5. */
import type { CryptoProvider, HashName } from '../base/index.ts';

/** RFC 8122 §5; the weaker ones of RFC 4572 prove nothing. */
export type FingerprintHash = 'sha-256' | 'sha-384' | 'sha-512';

export interface Fingerprint {
  readonly hash: FingerprintHash;
  readonly value: Uint8Array;
}

/** Weakest first. */
const HASHES: readonly FingerprintHash[] = ['sha-256', 'sha-384', 'sha-512'];

const HASH_NAMES: Readonly<Record<FingerprintHash, HashName>> = {
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
};

/** Of a certificate in DER. */
export function fingerprintOf(
  crypto: CryptoProvider,
  hash: FingerprintHash,
  certificate: Uint8Array,
): Fingerprint {
  return { hash, value: crypto.hash(HASH_NAMES[hash], certificate) };
}

/**
 * Whether a certificate is one of those announced. RFC 8122 §5: where there are several hash functions, the strongest
 * decides; where there are several fingerprints with it, one must match.
 */
export function matchesFingerprint(
  crypto: CryptoProvider,
  announced: readonly Fingerprint[],
  certificate: Uint8Array,
): boolean {
  const strongest = HASHES.findLast((hash) => announced.some((fingerprint) => fingerprint.hash === hash));
  if (strongest === undefined) return false;
  const { value } = fingerprintOf(crypto, strongest, certificate);
  return announced.some((it) => it.hash === strongest && crypto.equal(it.value, value));
}
