/**
 * A client's side of the long-term credential mechanism: what it knows of realm, nonce, algorithm and key. Sends nothing.
 * RFC 8489 §9.2.3, §9.2.5.
 */
import { type CryptoProvider, decodeUtf8 } from '../base/index.ts';
import {
  decodePasswordAlgorithms,
  encodePasswordAlgorithm,
  type MessageWriter,
  type PasswordAlgorithm,
  readNonceCookie,
  StunAttribute,
  type StunMessage,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../stun/index.ts';
import { type ClientCredentials, type ClientIdentity, clientIdentity } from './client-identity.ts';

/** What the last 401 or 438 has told. */
interface Challenge {
  readonly realm: Uint8Array;
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
  /** In place of USERNAME, where the server wants it so. */
  readonly hash: Uint8Array | undefined;
  /** PASSWORD-ALGORITHMS as it came, and what was chosen from it. */
  readonly choice: { readonly offer: Uint8Array; readonly algorithm: PasswordAlgorithm } | undefined;
}

export class ClientSession {
  readonly #crypto: CryptoProvider;
  readonly #credentials: ClientCredentials;
  readonly #identity: ClientIdentity;
  #challenge: Challenge | undefined;

  /** Throws `StackError` `TURN_USER_INVALID` for what OpaqueString forbids. */
  constructor(crypto: CryptoProvider, credentials: ClientCredentials) {
    this.#crypto = crypto;
    this.#credentials = credentials;
    this.#identity = clientIdentity(crypto, credentials);
  }

  /** Knows what this one knows, and learns for itself: for a second connection to the same server. */
  copy(): ClientSession {
    const copy = new ClientSession(this.#crypto, this.#credentials);
    copy.#challenge = this.#challenge;
    return copy;
  }

  /** Whether requests can be authenticated: the server has said its realm. */
  get ready(): boolean {
    return this.#challenge !== undefined;
  }

  /** Learns from a 401 or 438; `false` when it says nothing usable, or shows signs of a bid-down attack. */
  learn(answer: StunMessage): boolean {
    const realm = answer.get(StunAttribute.REALM)?.slice();
    const nonce = answer.get(StunAttribute.NONCE)?.slice();
    if (!realm || !nonce || isBidDown(answer)) return false;
    const offer = answer.get(StunAttribute.PASSWORD_ALGORITHMS)?.slice();
    // RFC 8489 §9.2.4: a 438 repeats the offer. A server that has made one does not forget it; somebody on the way may.
    if (!offer && this.#challenge?.choice) return false;
    const takesTokens = answer.has(StunAttribute.THIRD_PARTY_AUTHORIZATION);
    if (this.#identity.needsThirdParty && !takesTokens && !this.#challenge) return false;
    // RFC 8489 §9.2.5: the first on the list that is supported.
    const algorithm = offer && decodePasswordAlgorithms(offer)?.find((known) => known !== undefined);
    if (offer && !algorithm) return false;
    const realmText = decodeUtf8(realm);
    this.#challenge = {
      realm,
      nonce,
      key: this.#identity.key(realmText, algorithm),
      hash: readNonceCookie(nonce)?.usernameAnonymity ? this.#identity.hash(realmText) : undefined,
      choice: offer && algorithm && { offer, algorithm },
    };
    return true;
  }

  /** Adds USERNAME or USERHASH, REALM, NONCE, what was chosen, and the integrity; nothing before the first challenge. */
  sign(writer: MessageWriter, method: number): void {
    if (!this.#challenge) return;
    const { realm, nonce, key, hash, choice } = this.#challenge;
    this.#identity.write(writer, method, hash);
    writer.attribute(StunAttribute.REALM, realm).attribute(StunAttribute.NONCE, nonce);
    if (!choice) {
      writer.integrity(this.#crypto, key);
      return;
    }
    writer
      .attribute(StunAttribute.PASSWORD_ALGORITHMS, choice.offer)
      .attribute(StunAttribute.PASSWORD_ALGORITHM, encodePasswordAlgorithm(choice.algorithm))
      // RFC 8489 §9.2.5, at its end: SHA-256 only, once the list has been seen.
      .integritySha256(this.#crypto, key);
  }

  /** Whether the answer to a signed request is authentic. */
  verify(answer: StunMessage): boolean {
    if (!this.#challenge || isBidDown(answer)) return false;
    const { key, choice } = this.#challenge;
    return choice || answer.has(StunAttribute.MESSAGE_INTEGRITY_SHA256)
      ? verifyIntegritySha256(this.#crypto, answer, key)
      : verifyIntegrity(this.#crypto, answer, key);
  }
}

/** RFC 8489 §9.2.5: the bit without the attribute means that somebody has taken the attribute away. */
function isBidDown(answer: StunMessage): boolean {
  const nonce = answer.get(StunAttribute.NONCE);
  const promised = nonce && readNonceCookie(nonce)?.passwordAlgorithms;
  return promised === true && !answer.has(StunAttribute.PASSWORD_ALGORITHMS);
}
