/**
 * Authenticated ciphers: through OpenSSL's own contexts where that works, else through node:crypto. Which one it is shows in
 * nothing but time: the first use of each cipher compares both.
 */
import { type Aead, type AeadName, sameBytes } from '../base/index.ts';
import { checkKeyLength, createCipherAead } from './cipher-aead.ts';
import { EvpCiphers } from './evp-aead.ts';
import { openOpenssl } from './openssl.ts';

/** `undefined`: not tried yet. */
let evp: EvpCiphers | 'none' | undefined;
const trusted = new Map<AeadName, boolean>();

/** Copies the key. Throws a RangeError for one of another length. */
export function createNodeAead(name: AeadName, key: Uint8Array): Aead {
  checkKeyLength(name, key);
  return (isFastCipher(name) && fast(name, key)) || createCipherAead(name, key);
}

/** Whether this cipher goes through OpenSSL's own contexts. The first call loads them: some tens of milliseconds. */
export function isFastCipher(name: AeadName): boolean {
  let works = trusted.get(name);
  if (works === undefined) {
    works = passesCheck(name);
    trusted.set(name, works);
  }
  return works;
}

function fast(name: AeadName, key: Uint8Array): Aead | undefined {
  if (evp === undefined) {
    const openssl = openOpenssl();
    evp = openssl ? new EvpCiphers(openssl) : 'none';
  }
  return evp === 'none' ? undefined : evp.createAead(name, key);
}

/** Seals as node:crypto does, opens what it has sealed, and refuses what was changed. */
function passesCheck(name: AeadName): boolean {
  const key = Uint8Array.from({ length: name === 'aes-128-gcm' ? 16 : 32 }, (_, index) => 7 * index);
  const nonce = Uint8Array.from({ length: 12 }, (_, index) => index);
  const plaintext = Uint8Array.from({ length: 100 }, (_, index) => 255 - index);
  const portable = createCipherAead(name, key);
  const tried = fast(name, key);
  if (!tried) return false;
  const expected = new Uint8Array(plaintext.length + 16);
  const sealed = new Uint8Array(expected.length);
  const opened = new Uint8Array(plaintext.length);
  portable.seal(nonce, nonce, plaintext, expected);
  tried.seal(nonce, nonce, plaintext, sealed);
  if (!sameBytes(sealed, expected) || !tried.open(nonce, nonce, sealed, opened)) return false;
  sealed[0] = (sealed[0] ?? 0) ^ 1;
  return sameBytes(opened, plaintext) && !tried.open(nonce, nonce, sealed, opened);
}
