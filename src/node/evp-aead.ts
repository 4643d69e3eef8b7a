/**
 * Authenticated ciphers over OpenSSL's own contexts: one for each cipher and direction, for all keys of the thread. Nothing
 * native is ever freed, so nothing can be used after it. OpenSSL reads and writes the caller's bytes where they lie.
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
const AT = { key: 0, nonce: 32, length: 48, tag: 64, additional: 80, end: 1104 } as const;
const MOST_ADDITIONAL_BYTES = AT.end - AT.additional;
/** A length is a 32-bit number there. */
const MOST_DATA_BYTES = 2 ** 30;

interface Context {
  readonly handle: number;
  /** Whose key is in it: setting one costs as much as sealing a kilobyte. */
  key: Uint8Array | undefined;
}

interface Contexts {
  readonly seal: Context;
  readonly open: Context;
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
  readonly #memory = new Uint8Array(AT.end);
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
    const seal = newContext();
    const open = newContext();
    const ready =
      seal !== 0 &&
      open !== 0 &&
      encryptInit(seal, cipher, 0, 0, 0) === 1 &&
      decryptInit(open, cipher, 0, 0, 0) === 1;
    if (!ready) return undefined;
    const contexts = { seal: { handle: seal, key: undefined }, open: { handle: open, key: undefined } };
    this.#contexts.set(name, contexts);
    return contexts;
  }

  /** All that is given `fits`. */
  seal(
    context: Context,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: Uint8Array,
    into: Uint8Array,
  ): void {
    const { length } = plaintext;
    if (into.length < length + TAG_BYTES) throw new RangeError('There is no room for what is sealed.');
    const { encryptInit, encryptUpdate, encryptFinal, control, addressOf } = this.#openssl;
    const { handle } = context;
    const address = this.#address;
    const outLength = address + AT.length;
    const keyAddress = this.#put(context, key, nonce, additionalData);
    const to = addressOf(into);
    const done =
      encryptInit(handle, 0, 0, keyAddress, address + AT.nonce) === 1 &&
      encryptUpdate(handle, 0, outLength, address + AT.additional, additionalData.length) === 1 &&
      (length === 0 || encryptUpdate(handle, to, outLength, addressOf(plaintext), length) === 1) &&
      encryptFinal(handle, to + length, outLength) === 1 &&
      control(handle, CONTROL.GET_TAG, TAG_BYTES, to + length) === 1;
    if (done) return;
    context.key = undefined;
    throw new Error('OpenSSL did not encrypt.');
  }

  /** All that is given `fits`. */
  open(
    context: Context,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
    into: Uint8Array,
  ): boolean {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return false;
    if (into.length < length) throw new RangeError('There is no room for what is opened.');
    const { decryptInit, decryptUpdate, decryptFinal, control, clearErrors, addressOf } = this.#openssl;
    const { handle } = context;
    const address = this.#address;
    const outLength = address + AT.length;
    const keyAddress = this.#put(context, key, nonce, additionalData);
    // Apart from the data: where that lies may be where it is written to.
    for (let i = 0; i < TAG_BYTES; i++) this.#memory[AT.tag + i] = sealed[length + i] as number;
    const to = length === 0 ? address + AT.additional : addressOf(into);
    const opened =
      decryptInit(handle, 0, 0, keyAddress, address + AT.nonce) === 1 &&
      decryptUpdate(handle, 0, outLength, address + AT.additional, additionalData.length) === 1 &&
      (length === 0 || decryptUpdate(handle, to, outLength, addressOf(sealed), length) === 1) &&
      control(handle, CONTROL.SET_TAG, TAG_BYTES, address + AT.tag) === 1 &&
      decryptFinal(handle, to + length, outLength) === 1;
    if (opened) return true;
    // What nobody vouches for is not left to be read. What stays in OpenSSL's queue of errors would be reported by whoever
    // asks next.
    into.fill(0, 0, length);
    clearErrors();
    return false;
  }

  /** Where the key lies, or 0 when the context has it. */
  #put(context: Context, key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array): number {
    const memory = this.#memory;
    for (let i = 0; i < NONCE_BYTES; i++) memory[AT.nonce + i] = nonce[i] as number;
    const { length } = additionalData;
    for (let i = 0; i < length; i++) memory[AT.additional + i] = additionalData[i] as number;
    if (context.key === key) return 0;
    memory.set(key, AT.key);
    context.key = key;
    return this.#address + AT.key;
  }
}
