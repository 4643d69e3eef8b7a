/** Ephemeral Diffie-Hellman over node:crypto: X25519 (RFC 7748) and ECDH over P-256. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { AgreementGroup, KeyAgreement, Random } from '../base/index.ts';
import { plainBytes } from './plain-bytes.ts';

/** RFC 8410 §7: the DER before the 32 bytes of a private key, and before those of a public key (§4). */
const X25519_PRIVATE_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC_HEAD = Buffer.from('302a300506032b656e032100', 'hex');

export function createNodeKeyAgreement(group: AgreementGroup, random: Random): KeyAgreement {
  return group === 'x25519' ? x25519(random) : p256(random);
}

function x25519(random: Random): KeyAgreement {
  const privateKey = createPrivateKey({
    key: Buffer.concat([X25519_PRIVATE_HEAD, random.bytes(32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const encoded = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    publicKey: plainBytes(encoded).slice(X25519_PUBLIC_HEAD.length),
    agree(peer) {
      if (peer.length !== 32) return undefined;
      try {
        const key = Buffer.concat([X25519_PUBLIC_HEAD, peer]);
        const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
        return plainBytes(diffieHellman({ privateKey, publicKey }));
      } catch {
        return undefined; // OpenSSL refuses a point of small order: the secret would be zero
      }
    },
  };
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
