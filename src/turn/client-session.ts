/** A client's side of the long-term credential mechanism: what it knows of realm, nonce and key. RFC 8489 §9.2.3, §9.2.5. */
import { type CryptoProvider, decodeBase64, decodeUtf8, StackError } from '../base/index.ts';
import {
  longTermKey,
  type MessageWriter,
  prepareOpaqueString,
  StunAttribute,
  type StunMessage,
  verifyIntegrity,
} from '../stun/index.ts';

export interface ClientCredentials {
  readonly username: string;
  readonly password: string;
}

/** RFC 8489 §9.2: a nonce that begins so tells which security features the server has. */
const NONCE_COOKIE = 'obMatJos2';
const FEATURE_CHARACTERS = 4;
/** RFC 8489 §18.1, bit 0 of 24. */
const PASSWORD_ALGORITHMS_BIT = 0x80;

export class ClientSession {
  readonly #crypto: CryptoProvider;
  readonly #username: string;
  readonly #password: string;
  #realm: Uint8Array | undefined;
  #nonce: Uint8Array | undefined;
  #key: Uint8Array | undefined;

  /** Throws `StackError` `TURN_USER_INVALID` for what OpaqueString forbids. */
  constructor(crypto: CryptoProvider, credentials: ClientCredentials) {
    const username = prepareOpaqueString(credentials.username);
    const password = prepareOpaqueString(credentials.password);
    if (username === undefined || password === undefined) {
      throw new StackError(
        'TURN_USER_INVALID',
        'The TURN user name or password is empty or holds control characters (RFC 8265). Give another.',
      );
    }
    this.#crypto = crypto;
    this.#username = username;
    this.#password = password;
  }

  /** Whether requests can be authenticated: the server has said its realm. */
  get ready(): boolean {
    return this.#key !== undefined;
  }

  /** Learns from a 401 or 438; `false` when it says nothing usable, or shows signs of a bid-down attack. */
  learn(answer: StunMessage): boolean {
    const realm = answer.get(StunAttribute.REALM);
    const nonce = answer.get(StunAttribute.NONCE);
    if (!realm || !nonce) return false;
    const offered = answer.has(StunAttribute.PASSWORD_ALGORITHMS);
    if (hasPasswordAlgorithmsBit(nonce) && !offered) return false;
    this.#realm = realm.slice();
    this.#nonce = nonce.slice();
    this.#key = longTermKey(this.#crypto, this.#username, decodeUtf8(realm), this.#password);
    return true;
  }

  /** Adds USERNAME, REALM, NONCE and MESSAGE-INTEGRITY, as far as they are known. */
  sign(writer: MessageWriter): void {
    if (!this.#realm || !this.#nonce || !this.#key) return;
    writer
      .text(StunAttribute.USERNAME, this.#username)
      .attribute(StunAttribute.REALM, this.#realm)
      .attribute(StunAttribute.NONCE, this.#nonce)
      .integrity(this.#crypto, this.#key);
  }

  verify(answer: StunMessage): boolean {
    return this.#key !== undefined && verifyIntegrity(this.#crypto, answer, this.#key);
  }
}

/** RFC 8489 §9.2.5: the bit without the attribute means that somebody has taken the attribute away. */
function hasPasswordAlgorithmsBit(nonce: Uint8Array): boolean {
  const text = decodeUtf8(nonce);
  if (!text.startsWith(NONCE_COOKIE)) return false;
  const features = text.slice(NONCE_COOKIE.length, NONCE_COOKIE.length + FEATURE_CHARACTERS);
  const bits = decodeBase64(features);
  return bits?.length === 3 && ((bits[0] ?? 0) & PASSWORD_ALGORITHMS_BIT) !== 0;
}
