/** The nonce cookie: what a server's nonce tells about its security features. Knows no nonce beyond it. RFC 8489 §9.2, §18.1. */
import { decodeBase64, encodeBase64 } from '../base/index.ts';

export interface SecurityFeatures {
  /** PASSWORD-ALGORITHMS came with this nonce: bit 0. */
  readonly passwordAlgorithms: boolean;
  /** USERHASH in place of USERNAME: bit 1. */
  readonly usernameAnonymity: boolean;
}

const MARK = 'obMatJos2';
/** The 24 feature bits in base64, which needs no padding. */
const FEATURE_CHARACTERS = 4;
export const NONCE_COOKIE_CHARACTERS = MARK.length + FEATURE_CHARACTERS;

const PASSWORD_ALGORITHMS_BIT = 0x80;
const USERNAME_ANONYMITY_BIT = 0x40;

/** 13 characters, with which the nonce of a server of RFC 8489 begins. */
export function writeNonceCookie(features: SecurityFeatures): string {
  const bits =
    (features.passwordAlgorithms ? PASSWORD_ALGORITHMS_BIT : 0) |
    (features.usernameAnonymity ? USERNAME_ANONYMITY_BIT : 0);
  return MARK + encodeBase64(Uint8Array.of(bits, 0, 0));
}

/** `undefined` when the nonce does not begin with a cookie: a server of RFC 5389. Bits without a meaning are ignored. */
export function readNonceCookie(nonce: Uint8Array): SecurityFeatures | undefined {
  if (nonce.length < NONCE_COOKIE_CHARACTERS) return undefined;
  const text = String.fromCharCode(...nonce.subarray(0, NONCE_COOKIE_CHARACTERS));
  if (!text.startsWith(MARK)) return undefined;
  const bits = decodeBase64(text.slice(MARK.length));
  if (bits?.length !== 3) return undefined;
  const first = bits[0] ?? 0;
  return {
    passwordAlgorithms: (first & PASSWORD_ALGORITHMS_BIT) !== 0,
    usernameAnonymity: (first & USERNAME_ANONYMITY_BIT) !== 0,
  };
}
