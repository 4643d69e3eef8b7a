/**
 * A certificate that vouches for itself: who meets it compares its fingerprint, not its names. The DER is written by hand,
 * so that making one costs a key and a signature. RFC 5280 §4.1, RFC 5480, RFC 4055 §5.
 */
import { generateKeyPair, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  concatBytes,
  encodeUtf8,
  type Millis,
  type Random,
  type SignatureKeyKind,
  type SigningKey,
} from '../base/index.ts';
import { P256_HEAD } from './p256-certificate.ts';
import { plainBytes } from './plain-bytes.ts';
import { createSigningKey } from './signatures.ts';

export interface SelfSignedOptions {
  /** ECDSA over P-256 (default), or RSA with 2,048 bits, which takes a hundred times as long. */
  readonly kind?: SignatureKeyKind;
  readonly commonName: string;
  /** Milliseconds since 1970. */
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

export interface SelfSigned {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: SigningKey;
}

const TAG = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
  VERSION: 0xa0,
} as const;

/** The contents of object identifiers. */
const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  sha256WithRsaEncryption: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
} as const;

/** RFC 5280 §4.1.2.5: dates through 2049 have two digits for the year. */
const FIRST_YEAR_WITH_FOUR_DIGITS = 2050;

/** RFC 5280 §4.1.2.2 allows 20; 16 are unique enough. */
const SERIAL_BYTES = 16;

const P256 = { namedCurve: 'P-256' } as const;
const RSA_2048 = { modulusLength: 2048 } as const;

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** At once: an RSA key stops the event loop for a tenth of a second and more. */
export function createSelfSigned(random: Random, options: SelfSignedOptions): SelfSigned {
  const { kind = 'ecdsa' } = options;
  const keys = kind === 'ecdsa' ? generateKeyPairSync('ec', P256) : generateKeyPairSync('rsa', RSA_2048);
  return selfSignedBy(keys, random, options);
}

/** The same with the key made beside the event loop. */
export async function generateSelfSigned(random: Random, options: SelfSignedOptions): Promise<SelfSigned> {
  const generate = promisify(generateKeyPair);
  const { kind = 'ecdsa' } = options;
  const keys = kind === 'ecdsa' ? await generate('ec', P256) : await generate('rsa', RSA_2048);
  return selfSignedBy(keys, random, options);
}

function selfSignedBy(
  { publicKey, privateKey }: KeyPair,
  random: Random,
  options: SelfSignedOptions,
): SelfSigned {
  const { kind = 'ecdsa' } = options;
  const algorithm =
    kind === 'ecdsa'
      ? der(TAG.SEQUENCE, der(TAG.OBJECT_IDENTIFIER, OID.ecdsaWithSha256))
      : der(TAG.SEQUENCE, der(TAG.OBJECT_IDENTIFIER, OID.sha256WithRsaEncryption), der(TAG.NULL));
  const common = der(TAG.UTF8_STRING, encodeUtf8(options.commonName));
  const attribute = der(TAG.SEQUENCE, der(TAG.OBJECT_IDENTIFIER, OID.commonName), common);
  const name = der(TAG.SEQUENCE, der(TAG.SET, attribute));
  const toBeSigned = der(
    TAG.SEQUENCE,
    der(TAG.VERSION, der(TAG.INTEGER, [2])), // version 3
    der(TAG.INTEGER, serial(random)),
    algorithm,
    name,
    der(TAG.SEQUENCE, time(options.notBefore), time(options.notAfter)),
    name,
    publicKeyInfo(publicKey),
  );
  const signature = der(TAG.BIT_STRING, [0], sign('sha256', toBeSigned, privateKey));
  return {
    certificate: der(TAG.SEQUENCE, toBeSigned, algorithm, signature),
    key: createSigningKey(privateKey),
  };
}

/** SubjectPublicKeyInfo. OpenSSL's own encoder takes longer than making the key. */
function publicKeyInfo(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'ec') return plainBytes(key.export({ format: 'der', type: 'spki' }));
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return concatBytes(P256_HEAD, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
}

/** Positive, and in its shortest form. */
function serial(random: Random): Uint8Array {
  const bytes = random.bytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function time(at: Millis): Uint8Array {
  const date = new Date(at);
  const digits = date.toISOString().replaceAll(/\.\d+|[-:T]/g, ''); // 20261121060000Z
  if (date.getUTCFullYear() >= FIRST_YEAR_WITH_FOUR_DIGITS) {
    return der(TAG.GENERALIZED_TIME, encodeUtf8(digits));
  }
  return der(TAG.UTC_TIME, encodeUtf8(digits.slice(2)));
}

function der(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  let length = 0;
  for (const part of contents) length += part.length;
  // X.690 §8.1.3: the length is one octet below 128, else their number and then they.
  const lengthOctets = length < 0x80 ? 0 : length < 0x100 ? 1 : 2;
  let at = 2 + lengthOctets;
  const bytes = new Uint8Array(at + length);
  bytes[0] = tag;
  bytes[1] = lengthOctets === 0 ? length : 0x80 | lengthOctets;
  if (lengthOctets === 2) bytes[2] = length >>> 8;
  if (lengthOctets > 0) bytes[1 + lengthOctets] = length;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
