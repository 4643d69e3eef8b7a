/**
 * Authenticated ciphers over OpenSSL's own contexts: one for each cipher and direction, for all keys of the thread. Nothing
 * native is ever freed, so nothing can be used after it. The bytes pass through memory that never moves.
 */
import type { Aead, AeadName } from '../base/index.ts';
import { createCipherAead } from './cipher-aead.ts';
import type { OpensslCiphers } from './openssl.ts';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_TAG. */
const CONTROL = { GET_TAG: 0x10, SET_TAG: 0x11 } as const;

const OPENSSL_NAMES: Readonly<Record<AeadName, string>> = {
  'aes-128-gcm': 'id-aes128-GCM',
  'aes-256-gcm': 'id-aes256-GCM',
  'chacha20-poly1305': 'ChaCha20-Poly1305',
};

/** Offsets in the memory that both sides see. */
const AT = { key: 0, nonce: 32, length: 48, additional: 64, data: 1088 } as const;
const MOST_ADDITIONAL_BYTES = AT.data - AT.additional;
/** A record of TLS at its longest, and every datagram. */
const MOST_DATA_BYTES = 2 ** 16;

interface Contexts {
  readonly seal: number;
  readonly open: number;
}

class EvpAead implements Aead {
  readonly #ciphers: EvpCiphers;
  readonly #contexts: Contexts;
  readonly #name: AeadName;
  readonly #key: Uint8Array;

  constructor(ciphers: EvpCiphers, contexts: Contexts, name: AeadName, key: Uint8Array) {
    this.#ciphers = ciphers;
    this.#contexts = contexts;
    this.#name = name;
    this.#key = key;
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, into: Uint8Array): void {
    if (!fits(nonce, additionalData, plaintext)) {
      createCipherAead(this.#name, this.#key).seal(nonce, additionalData, plaintext, into);
    } else this.#ciphers.seal(this.#contexts.seal, this.#key, nonce, additionalData, plaintext, into);
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Uint8Array): boolean {
    return fits(nonce, additionalData, sealed)
      ? this.#ciphers.open(this.#contexts.open, this.#key, nonce, additionalData, sealed, into)
      : createCipherAead(this.#name, this.#key).open(nonce, additionalData, sealed, into);
  }
}

/** Else node:crypto does it. */
function fits(nonce: Uint8Array, additionalData: Uint8Array, data: Uint8Array): boolean {
  const isShort = additionalData.length <= MOST_ADDITIONAL_BYTES && data.length <= MOST_DATA_BYTES;
  return isShort && nonce.length === NONCE_BYTES;
}

export class EvpCiphers {
  readonly #openssl: OpensslCiphers;
  readonly #memory = new Uint8Array(AT.data + MOST_DATA_BYTES + TAG_BYTES);
  readonly #address: number;
  readonly #contexts = new Map<AeadName, Contexts>();

  constructor(openssl: OpensslCiphers) {
    this.#openssl = openssl;
    this.#address = openssl.addressOf(this.#memory);
  }

  /** `undefined` when this OpenSSL does not have the cipher. The key has the right length, and is copied. */
  createAead(name: AeadName, key: Uint8Array): Aead | undefined {
    const contexts = this.#contextsOf(name);
    return contexts && new EvpAead(this, contexts, name, key.slice());
  }

  #contextsOf(name: AeadName): Contexts | undefined {
    const known = this.#contexts.get(name);
    if (known) return known;
    const { cipherByName, newContext, encryptInit, decryptInit } = this.#openssl;
    const cipher = cipherByName(OPENSSL_NAMES[name]);
    if (cipher === 0) return undefined;
    const contexts = { seal: newContext(), open: newContext() };
    const ready =
      contexts.seal !== 0 &&
      contexts.open !== 0 &&
      encryptInit(contexts.seal, cipher, 0, 0, 0) === 1 &&
      decryptInit(contexts.open, cipher, 0, 0, 0) === 1;
    if (!ready) return undefined;
    this.#contexts.set(name, contexts);
    return contexts;
  }

  /** All that is given `fits`. */
  seal(
    context: number,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: Uint8Array,
    into: Uint8Array,
  ): void {
    const { encryptInit, encryptUpdate, encryptFinal, control } = this.#openssl;
    const address = this.#address;
    const { length } = plaintext;
    const data = address + AT.data;
    this.#put(key, nonce, additionalData, plaintext);
    const done =
      encryptInit(context, 0, 0, address + AT.key, address + AT.nonce) === 1 &&
      encryptUpdate(context, 0, address + AT.length, address + AT.additional, additionalData.length) === 1 &&
      encryptUpdate(context, data, address + AT.length, data, length) === 1 &&
      encryptFinal(context, data + length, address + AT.length) === 1 &&
      control(context, CONTROL.GET_TAG, TAG_BYTES, data + length) === 1;
    if (!done) throw new Error('OpenSSL did not encrypt.');
    into.set(this.#memory.subarray(AT.data, AT.data + length + TAG_BYTES));
  }

  /** All that is given `fits`. */
  open(
    context: number,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
    into: Uint8Array,
  ): boolean {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return false;
    const { decryptInit, decryptUpdate, decryptFinal, control, clearErrors } = this.#openssl;
    const address = this.#address;
    const data = address + AT.data;
    this.#put(key, nonce, additionalData, sealed);
    const opened =
      decryptInit(context, 0, 0, address + AT.key, address + AT.nonce) === 1 &&
      decryptUpdate(context, 0, address + AT.length, address + AT.additional, additionalData.length) === 1 &&
      decryptUpdate(context, data, address + AT.length, data, length) === 1 &&
      control(context, CONTROL.SET_TAG, TAG_BYTES, data + length) === 1 &&
      decryptFinal(context, data + length, address + AT.length) === 1;
    if (opened) into.set(this.#memory.subarray(AT.data, AT.data + length));
    // What stays in OpenSSL's queue of errors would be reported by whoever asks next.
    else clearErrors();
    return opened;
  }

  #put(key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, data: Uint8Array): void {
    this.#memory.set(key, AT.key);
    this.#memory.set(nonce, AT.nonce);
    this.#memory.set(additionalData, AT.additional);
    this.#memory.set(data, AT.data);
  }
}
