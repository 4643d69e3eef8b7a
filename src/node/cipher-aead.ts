/** Authenticated ciphers over node:crypto: a cipher object for each message, since node:crypto cannot change a nonce. */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { Aead, AeadName } from '../base/index.ts';

const KEY_BYTES: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
};

const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES };

/** Throws a RangeError for a key of another length. */
export function checkKeyLength(name: AeadName, { length }: Uint8Array): void {
  if (length === KEY_BYTES[name]) return;
  throw new RangeError(`A key of ${name} has ${KEY_BYTES[name]} bytes, not ${length}.`);
}

/** Copies the key. Throws a RangeError for one of another length. */
export function createCipherAead(name: AeadName, keyBytes: Uint8Array): Aead {
  checkKeyLength(name, keyBytes);
  const key = createSecretKey(keyBytes);
  // The two overloads of createCipheriv want to know which they are.
  const cipher = (nonce: Uint8Array) =>
    name === 'chacha20-poly1305'
      ? createCipheriv(name, key, nonce, OPTIONS)
      : createCipheriv(name, key, nonce, OPTIONS);
  const decipher = (nonce: Uint8Array) =>
    name === 'chacha20-poly1305'
      ? createDecipheriv(name, key, nonce, OPTIONS)
      : createDecipheriv(name, key, nonce, OPTIONS);
  return {
    seal(nonce, additionalData, plaintext, into) {
      const aead = cipher(nonce);
      aead.setAAD(additionalData, { plaintextLength: plaintext.length });
      const sealed = aead.update(plaintext);
      aead.final(); // a stream cipher: nothing is left
      into.set(sealed);
      into.set(aead.getAuthTag(), sealed.length);
    },
    open(nonce, additionalData, sealed, into) {
      const length = sealed.length - TAG_BYTES;
      if (length < 0) return false;
      const aead = decipher(nonce);
      aead.setAAD(additionalData, { plaintextLength: length });
      aead.setAuthTag(sealed.subarray(length));
      const plaintext = aead.update(sealed.subarray(0, length));
      try {
        aead.final();
      } catch {
        return false; // the one thing that final reports is a tag that does not fit
      }
      into.set(plaintext);
      return true;
    },
  };
}
