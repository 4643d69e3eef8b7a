/** What the pure floors may ask of cryptography: synchronous primitives behind one interface. Holds no algorithm. */
import type { Random } from './random.ts';

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** RFC 5116 §5.1, §5.2 and RFC 8439 §2.8: keys of 16, 32 and 32 bytes. */
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

/** One key of an authenticated cipher. The nonce has 12 bytes; a tag of 16 bytes follows the ciphertext. */
export interface Aead {
  /** Writes `plaintext.length + 16` bytes to the start of `into`, which may begin where `plaintext` begins. */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, into: Uint8Array): void;
  /**
   * Writes `sealed.length − 16` bytes to the start of `into`, which may begin where `sealed` begins. False when the tag does
   * not fit or there is none: `into` then holds nothing of the plaintext, and perhaps not what it held before.
   */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Uint8Array): boolean;
}

/** RFC 7748 X25519, and ECDH over NIST P-256. */
export type AgreementGroup = 'x25519' | 'p-256';

/** An ephemeral key pair, for one agreement. */
export interface KeyAgreement {
  /** 32 bytes for X25519 (RFC 7748 §5); 65 bytes, an uncompressed point, for P-256 (RFC 8422 §5.4.1). */
  readonly publicKey: Uint8Array;
  /** The 32-byte shared secret; `undefined` for bytes that are no point, or that give zero (RFC 7748 §6.1). */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

/** ECDSA signatures are DER (RFC 3279 §2.2.3); RSA-PSS has a salt as long as the hash (RFC 8446 §4.2.3). */
export type SignatureScheme =
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512';

export type SignatureKeyKind = 'ecdsa' | 'rsa';

export type SignatureCurve = 'p-256' | 'p-384';

export interface SigningKey {
  readonly kind: SignatureKeyKind;
  /** Of an ECDSA key. */
  readonly curve: SignatureCurve | undefined;
  /** Throws a RangeError for a scheme of the other kind. */
  sign(scheme: SignatureScheme, data: Uint8Array): Uint8Array;
}

/** The public key of a certificate; what else a certificate says is for who checks chains. */
export interface CertificateKey {
  readonly kind: SignatureKeyKind;
  /** False for a scheme of the other kind too. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Synchronous primitives. Inputs are borrowed, results are given away. */
export interface CryptoProvider {
  hash(name: HashName, data: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Compares in time that depends on the lengths only. Different lengths are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Throws a RangeError for a key of another length. */
  createAead(name: AeadName, key: Uint8Array): Aead;
  /** The private key is drawn from `random`. */
  createKeyAgreement(group: AgreementGroup, random: Random): KeyAgreement;
  /** `undefined` when the bytes are no certificate, or its key is neither ECDSA (P-256, P-384) nor RSA (2,048 bits and more). */
  readCertificate(der: Uint8Array): CertificateKey | undefined;
}
