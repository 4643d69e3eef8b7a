/** Signature algorithms by their numbers. RFC 5246 §7.4.1.4.1; the RSA-PSS ones RFC 8446 §4.2.3, usable with 1.2 too. */
import type { SignatureKeyKind, SignatureScheme } from '../base/index.ts';

interface Entry {
  readonly id: number;
  readonly scheme: SignatureScheme;
  readonly kind: SignatureKeyKind;
}

/** Best first. */
const SCHEMES: readonly Entry[] = [
  { id: 0x0403, scheme: 'ecdsa-sha256', kind: 'ecdsa' },
  { id: 0x0503, scheme: 'ecdsa-sha384', kind: 'ecdsa' },
  { id: 0x0804, scheme: 'rsa-pss-sha256', kind: 'rsa' },
  { id: 0x0401, scheme: 'rsa-pkcs1-sha256', kind: 'rsa' },
  { id: 0x0805, scheme: 'rsa-pss-sha384', kind: 'rsa' },
  { id: 0x0501, scheme: 'rsa-pkcs1-sha384', kind: 'rsa' },
  { id: 0x0806, scheme: 'rsa-pss-sha512', kind: 'rsa' },
  { id: 0x0601, scheme: 'rsa-pkcs1-sha512', kind: 'rsa' },
];

/** The numbers of all that we verify, best first. */
export const SIGNATURE_SCHEME_IDS: readonly number[] = SCHEMES.map(({ id }) => id);

export function signatureSchemeOf(id: number): SignatureScheme | undefined {
  return SCHEMES.find((entry) => entry.id === id)?.scheme;
}

/** The best scheme for a key of `kind` that the other side verifies. */
export function chooseSignatureScheme(kind: SignatureKeyKind, offered: readonly number[]): Entry | undefined {
  return SCHEMES.find((entry) => entry.kind === kind && offered.includes(entry.id));
}
