/** `RTCPeerConnection.generateCertificate`: which keys it makes, and for how long. webrtc.html §4.9.1. */
import { RTCCertificate } from './certificate.ts';
import { domException } from './errors.ts';
import { type Members, toDictionary, toDomString, toEnforced } from './idl/convert.ts';
import { INSIDE } from './idl/interface.ts';
import type { WebRtcShell } from './shell.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_EXPIRES_MS = 30 * DAY_MS;
const MOST_EXPIRES_MS = 365 * DAY_MS;

/** An AlgorithmIdentifier of WebCrypto, as far as certificates go. */
export interface RTCCertificateAlgorithm {
  name: string;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
  hash?: string | { name: string };
  /** Milliseconds from now on, at most a year. */
  expires?: number;
}

export async function generateCertificate(
  shell: WebRtcShell,
  algorithm: string | RTCCertificateAlgorithm,
): Promise<RTCCertificate> {
  const expiresMs = expiryOf(algorithm);
  const kind = kindOf(algorithm);
  const expires = shell.env.wallClock() + expiresMs;
  const identity = await shell.generateIdentity({ kind, expires });
  await new Promise<void>((resolve) => shell.queueTask(resolve));
  return new RTCCertificate(INSIDE, { identity, expires: Math.trunc(expires), shell });
}

function expiryOf(algorithm: unknown): number {
  if (typeof algorithm !== 'object' || algorithm === null) return DEFAULT_EXPIRES_MS;
  const { expires } = toDictionary(algorithm, 'RTCCertificateExpiration');
  if (expires === undefined) return DEFAULT_EXPIRES_MS;
  return Math.min(toEnforced(expires, Number.MAX_SAFE_INTEGER, 'expires'), MOST_EXPIRES_MS);
}

/** WebCrypto §18.4.4, for the two that must be supported. */
function kindOf(algorithm: unknown): 'ecdsa' | 'rsa' {
  const isText = typeof algorithm !== 'object' || algorithm === null;
  const { name: given, ...members }: Members = isText
    ? { name: algorithm }
    : toDictionary(algorithm, 'Algorithm');
  if (given === undefined) throw new TypeError('An algorithm needs name.');
  const name = toDomString(given).toUpperCase();
  if (name === 'ECDSA') return ecdsaKind(members);
  if (name === 'RSASSA-PKCS1-V1_5') return rsaKind(members);
  throw unsupported(`Certificates are made with ECDSA or RSASSA-PKCS1-v1_5, not with ${name}.`);
}

function ecdsaKind({ namedCurve }: Readonly<Record<string, unknown>>): 'ecdsa' {
  if (namedCurve === undefined) throw new TypeError('EcKeyGenParams needs namedCurve.');
  if (toDomString(namedCurve) === 'P-256') return 'ecdsa';
  throw unsupported('An ECDSA certificate is made on the curve P-256.');
}

function rsaKind(members: Readonly<Record<string, unknown>>): 'rsa' {
  const { hash, modulusLength, publicExponent } = members;
  if (hash === undefined) throw new TypeError('RsaHashedKeyGenParams needs hash.');
  if (modulusLength === undefined) throw new TypeError('RsaKeyGenParams needs modulusLength.');
  if (!(publicExponent instanceof Uint8Array)) {
    throw new TypeError('RsaKeyGenParams needs publicExponent, a Uint8Array.');
  }
  const isText = typeof hash !== 'object' || hash === null;
  const { name } = isText ? { name: hash } : toDictionary(hash, 'hash');
  const hashName = toDomString(name);
  const bits = toEnforced(modulusLength, 2 ** 32 - 1, 'modulusLength');
  const is65537 = [...publicExponent].join() === '1,0,1';
  if (hashName.toUpperCase() === 'SHA-256' && bits === 2048 && is65537) return 'rsa';
  throw unsupported('An RSA certificate has 2048 bits, the exponent 65537 and SHA-256.');
}

function unsupported(message: string): DOMException {
  return domException('NotSupportedError', message);
}
