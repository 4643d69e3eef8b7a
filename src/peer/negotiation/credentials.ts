/** The random words of a description: ICE credentials, tls-id, session id. RFC 8839 §5.4, RFC 8842 §5.2, RFC 9429 §5.2.1. */
import { encodeBase64, encodeBase64Url, type Random } from '../../base/index.ts';
import type { IceCredentials } from './step.ts';

/** RFC 8839 §5.4 asks for 24 bits; 48 keep many peers behind one port apart. */
const USERNAME_FRAGMENT_BYTES = 6;
/** RFC 8839 §5.4 asks for 128 bits; 144 fill whole characters of base 64, whose alphabet is that of ICE. */
const PASSWORD_BYTES = 18;
/** RFC 8842 §5.2 asks for 120 bits. */
const TLS_ID_BYTES = 15;

export function createIceCredentials(random: Random): IceCredentials {
  return {
    usernameFragment: encodeBase64(random.bytes(USERNAME_FRAGMENT_BYTES)),
    password: encodeBase64(random.bytes(PASSWORD_BYTES)),
  };
}

export function createTlsId(random: Random): string {
  return encodeBase64Url(random.bytes(TLS_ID_BYTES));
}

/** 62 random bits in decimal: less than 2⁶³ − 1, as RFC 9429 §5.2.1 demands. */
export function createSessionId(random: Random): string {
  return ((BigInt(random.uint32() >>> 2) << 32n) | BigInt(random.uint32())).toString();
}
