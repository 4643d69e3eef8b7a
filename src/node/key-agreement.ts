/** Ephemeral Diffie-Hellman over node:crypto: X25519 (RFC 7748) and ECDH over P-256. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { AgreementGroup, KeyAgreement, Random } from '../base/index.ts';
import { plainBytes } from './plain-bytes.ts';

/** RFC 8037 §2. OpenSSL reads raw bytes into a key in a twentieth of the time that it takes for DER. */
const X25519 = { kty: 'OKP', crv: 'X25519' } as const;
const X25519_BYTES = 32;

export function createNodeKeyAgreement(group: AgreementGroup, random: Random): KeyAgreement {
  return group === 'x25519' ? x25519(random) : p256(random);
}

function x25519(random: Random): KeyAgreement {
  const d = base64url(random.bytes(X25519_BYTES));
  // A private key's `x` is asked for, and not looked at: it follows from `d`.
  const privateKey = createPrivateKey({ key: { ...X25519, d, x: d }, format: 'jwk' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: plainBytes(Buffer.from(x, 'base64url')).slice(),
    agree(peer) {
      if (peer.length !== X25519_BYTES) return undefined;
      try {
        const publicKey = createPublicKey({ key: { ...X25519, x: base64url(peer) }, format: 'jwk' });
        return plainBytes(diffieHellman({ privateKey, publicKey }));
      } catch {
        return undefined; // OpenSSL refuses a point of small order: the secret would be zero
      }
    },
  };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function p256(random: Random): KeyAgreement {
  const ecdh = createECDH('prime256v1');
  for (;;) {
    try {
      ecdh.setPrivateKey(random.bytes(32));
      break;
    } catch {
      // Zero, or not below the order of the group: one draw in 2³². Draw again.
    }
  }
  return {
    publicKey: plainBytes(ecdh.getPublicKey()),
    agree(peer) {
      // 4: uncompressed, the only form of RFC 8422 §5.4.1.
      if (peer.length !== 65 || peer[0] !== 4) return undefined;
      try {
        return plainBytes(ecdh.computeSecret(peer));
      } catch {
        return undefined; // not on the curve
      }
    },
  };
}
