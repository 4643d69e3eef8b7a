/**
 * The key of a certificate on P-256, the kind that nearly all peers have, read without OpenSSL's decoders: those take longer than
 * a signature. Judges nothing else of a certificate. RFC 5280 §4.1, RFC 5480 §2.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

/** SubjectPublicKeyInfo of every key on P-256, up to its uncompressed point. */
export const P256_HEAD = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
]);

const COORDINATE_BYTES = 32;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const VERSION = 0xa0;

/** Serial number, algorithm, issuer, validity and subject. */
const IN_FRONT_OF_KEY = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] as const;

/** `undefined` for a key of another kind, a point that is not on the curve, and what has not the shape of a certificate. */
export function p256KeyOf(certificate: Uint8Array): KeyObject | undefined {
  const der = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.length);
  const keyInfo = keyInfoAt(der);
  const x = keyInfo + P256_HEAD.length;
  const y = x + COORDINATE_BYTES;
  if (!der.subarray(keyInfo, x).equals(P256_HEAD)) return undefined;
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: der.toString('base64url', x, y),
    y: der.toString('base64url', y, y + COORDINATE_BYTES),
  };
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined; // OpenSSL reports a point that is not on the curve by throwing
  }
}

/** Where the SubjectPublicKeyInfo begins; NaN for what is no certificate. */
function keyInfoAt(der: Uint8Array): number {
  const signed = contentAt(der, 0, SEQUENCE);
  const algorithm = endOf(der, signed, SEQUENCE);
  const signature = endOf(der, algorithm, SEQUENCE);
  const isWhole = endOf(der, 0, SEQUENCE) === der.length && endOf(der, signature, BIT_STRING) === der.length;
  let at = isWhole ? contentAt(der, signed, SEQUENCE) : Number.NaN;
  if (der[at] === VERSION) at = endOf(der, at, VERSION);
  for (const tag of IN_FRONT_OF_KEY) at = endOf(der, at, tag);
  return endOf(der, at, SEQUENCE) <= algorithm ? at : Number.NaN;
}

/** Where the content of the element at `at` begins; NaN when that has another tag, or 64 KiB and more. X.690 §8.1. */
function contentAt(der: Uint8Array, at: number, tag: number): number {
  const first = der[at + 1] ?? 0xff;
  if (der[at] !== tag || first === 0x80 || first > 0x82) return Number.NaN;
  return at + 2 + (first & 0x80 ? first & 0x7f : 0);
}

function endOf(der: Uint8Array, at: number, tag: number): number {
  const content = contentAt(der, at, tag);
  // The last octets of the length, or its only one.
  const low = der[content - 1] ?? 0;
  const high = content - at === 4 ? (der[content - 2] ?? 0) : 0;
  return content + high * 256 + low;
}
