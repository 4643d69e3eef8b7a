/** The cipher suites: forward secret, with an AEAD. RFC 5289 (AES-GCM), RFC 7905 (ChaCha20-Poly1305). */
import type { AeadName, SignatureKeyKind } from '../base/index.ts';

export type CipherSuiteName =
  | 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 'ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 'ECDHE_RSA_WITH_AES_256_GCM_SHA384';

export interface CipherSuite {
  readonly name: CipherSuiteName;
  readonly id: number;
  /** What the server signs with. */
  readonly signature: SignatureKeyKind;
  /** Of the PRF and of the transcript. */
  readonly hash: 'sha256' | 'sha384';
  readonly aead: AeadName;
  readonly keyBytes: number;
  /** The part of the nonce that comes from the key block. */
  readonly ivBytes: number;
  /** The part of the nonce that each record carries (RFC 5288 §3); ChaCha20 has none (RFC 7905 §2). */
  readonly explicitNonceBytes: number;
}

const AES_128 = {
  hash: 'sha256',
  aead: 'aes-128-gcm',
  keyBytes: 16,
  ivBytes: 4,
  explicitNonceBytes: 8,
} as const;
const AES_256 = { ...AES_128, hash: 'sha384', aead: 'aes-256-gcm', keyBytes: 32 } as const;
const CHACHA = {
  hash: 'sha256',
  aead: 'chacha20-poly1305',
  keyBytes: 32,
  ivBytes: 12,
  explicitNonceBytes: 0,
} as const;

/** Best first: AES-128 is the fastest where the processor helps, and no weaker than the rest of the handshake. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { name: 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', id: 0xc02b, signature: 'ecdsa', ...AES_128 },
  { name: 'ECDHE_RSA_WITH_AES_128_GCM_SHA256', id: 0xc02f, signature: 'rsa', ...AES_128 },
  { name: 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', id: 0xcca9, signature: 'ecdsa', ...CHACHA },
  { name: 'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', id: 0xcca8, signature: 'rsa', ...CHACHA },
  { name: 'ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', id: 0xc02c, signature: 'ecdsa', ...AES_256 },
  { name: 'ECDHE_RSA_WITH_AES_256_GCM_SHA384', id: 0xc030, signature: 'rsa', ...AES_256 },
];
