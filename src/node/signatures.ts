/** Signing and verifying over node:crypto, and the public key inside a certificate. Judges no certificate. */
import {
  constants,
  createPrivateKey,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
  type VerifyKeyObjectInput,
  verify,
  X509Certificate,
} from 'node:crypto';
import type {
  CertificateKey,
  SignatureCurve,
  SignatureKeyKind,
  SignatureScheme,
  SigningKey,
} from '../base/index.ts';
import { p256KeyOf } from './p256-certificate.ts';
import { plainBytes } from './plain-bytes.ts';

/** Shorter RSA keys can be broken by those who can pay (NIST SP 800-131A). */
const MIN_RSA_BITS = 2048;

/** By OpenSSL's names. */
const CURVES: ReadonlyMap<string, SignatureCurve> = new Map([
  ['prime256v1', 'p-256'],
  ['secp384r1', 'p-384'],
]);

interface Details {
  readonly kind: SignatureKeyKind;
  readonly hash: string;
  readonly padding?: number;
}

const PSS = constants.RSA_PKCS1_PSS_PADDING;

const SCHEMES: Readonly<Record<SignatureScheme, Details>> = {
  'ecdsa-sha256': { kind: 'ecdsa', hash: 'sha256' },
  'ecdsa-sha384': { kind: 'ecdsa', hash: 'sha384' },
  'rsa-pkcs1-sha256': { kind: 'rsa', hash: 'sha256' },
  'rsa-pkcs1-sha384': { kind: 'rsa', hash: 'sha384' },
  'rsa-pkcs1-sha512': { kind: 'rsa', hash: 'sha512' },
  'rsa-pss-sha256': { kind: 'rsa', hash: 'sha256', padding: PSS },
  'rsa-pss-sha384': { kind: 'rsa', hash: 'sha384', padding: PSS },
  'rsa-pss-sha512': { kind: 'rsa', hash: 'sha512', padding: PSS },
};

/** From PEM text or a KeyObject. Throws a TypeError for a key that is neither ECDSA (P-256, P-384) nor RSA of 2,048 bits. */
export function createSigningKey(source: string | KeyObject): SigningKey {
  const key = typeof source === 'string' ? createPrivateKey(source) : source;
  const kind = kindOf(key);
  if (kind === undefined)
    throw new TypeError('Expected an ECDSA (P-256, P-384) or RSA (2048 bits or more) key.');
  return {
    kind,
    curve: curveOf(key),
    sign(scheme, data) {
      const { hash, ...details } = SCHEMES[scheme];
      if (details.kind !== kind) throw new RangeError(`A key for ${kind} cannot sign with ${scheme}.`);
      return plainBytes(sign(hash, data, inputOf(key, details.padding)));
    },
  };
}

export function readNodeCertificate(der: Uint8Array): CertificateKey | undefined {
  const p256 = p256KeyOf(der);
  const key = p256 ?? publicKeyOf(der);
  const kind = p256 ? 'ecdsa' : key && kindOf(key);
  if (!key || kind === undefined) return undefined;
  return {
    kind,
    verify(scheme, data, signature) {
      const { hash, ...details } = SCHEMES[scheme];
      if (details.kind !== kind) return false;
      try {
        return verify(hash, data, inputOf(key, details.padding), signature);
      } catch {
        return false; // a signature that is no DER
      }
    },
  };
}

function publicKeyOf(der: Uint8Array): KeyObject | undefined {
  try {
    return new X509Certificate(der).publicKey;
  } catch {
    return undefined; // OpenSSL reports what it cannot parse by throwing
  }
}

function kindOf(key: KeyObject): SignatureKeyKind | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (asymmetricKeyType === 'ec' && curveOf(key)) return 'ecdsa';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'rsa';
  return undefined;
}

function curveOf({ asymmetricKeyDetails }: KeyObject): SignatureCurve | undefined {
  return CURVES.get(asymmetricKeyDetails?.namedCurve ?? '');
}

function inputOf(key: KeyObject, padding: number | undefined): SignKeyObjectInput & VerifyKeyObjectInput {
  if (padding === undefined) return { key };
  return { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
