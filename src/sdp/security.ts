/** What secures a transport: `a=fingerprint`, `a=setup`, `a=tls-id`. Computes and compares nothing. RFC 8122, RFC 8842. */
import { decodeHex, encodeHex } from '../base/index.ts';

export interface Fingerprint {
  /** In lower case: `sha-256`. */
  readonly hash: string;
  readonly digest: Uint8Array;
}

/** RFC 4145 §4, as RFC 8842 §5.2 uses it for DTLS. */
export type Setup = 'active' | 'passive' | 'actpass' | 'holdconn';

/** Bytes of each digest that RFC 8122 §5 names. A fingerprint of another length is none. */
const DIGEST_BYTES: ReadonlyMap<string, number> = new Map([
  ['sha-1', 20],
  ['sha-224', 28],
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]);

/** `undefined` for a broken value, and for a hash that is unknown or broken itself (md2, md5). */
export function parseFingerprint(value: string): Fingerprint | undefined {
  const match = /^([A-Za-z0-9-]+) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)$/.exec(value.trim());
  const hash = match?.[1]?.toLowerCase() ?? '';
  const digest = decodeHex((match?.[2] ?? '').replaceAll(':', ''));
  if (!digest || digest.length !== DIGEST_BYTES.get(hash)) return undefined;
  return { hash, digest };
}

/** RFC 8122 §5: upper case, bytes parted by colons. */
export function writeFingerprint({ hash, digest }: Fingerprint): string {
  const pairs = encodeHex(digest).toUpperCase().match(/../g) ?? [];
  return `${hash} ${pairs.join(':')}`;
}

export function parseSetup(value: string): Setup | undefined {
  return SETUPS.find((setup) => setup === value.trim());
}

const SETUPS: readonly Setup[] = ['active', 'passive', 'actpass', 'holdconn'];

/** RFC 8842 §5.3: 20 … 255 characters. */
export function isTlsId(value: string): boolean {
  return /^[A-Za-z0-9+/\-_]{20,255}$/.test(value);
}
