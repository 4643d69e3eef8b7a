/** Requests whose credentials are spelled out attribute by attribute, so that each can be wrong. RFC 8489 §9.2.3. */
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  encodePasswordAlgorithm,
  encodePasswordAlgorithms,
  longTermKey,
  MessageClass,
  MessageWriter,
  type PasswordAlgorithm,
  StunAttribute,
  type StunMessage,
  userHash,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../../../src/stun/index.ts';
import { type Fill, type RawClient, REALM } from './lab.ts';

export interface Seal {
  /** Attributes of the method. */
  readonly fill?: Fill;
  /** In place of the client's own name. */
  readonly username?: string;
  /** USERHASH in place of USERNAME: of the name, or these bytes. */
  readonly hash?: true | Uint8Array;
  /** The value of PASSWORD-ALGORITHMS. */
  readonly offer?: Uint8Array;
  /** PASSWORD-ALGORITHM, or the bytes of its value. */
  readonly algorithm?: PasswordAlgorithm | Uint8Array;
  /** How the key is made. */
  readonly keyOf?: PasswordAlgorithm;
  readonly key?: Uint8Array;
  /** Which integrity attributes, in this order. */
  readonly with?: readonly ('sha1' | 'sha256')[];
}

/** What a server of ours offers when nobody says otherwise. */
export const OFFER = encodePasswordAlgorithms(['sha256', 'md5']);

/** As a client of RFC 8489 speaks that chose this algorithm. */
export function modern(algorithm: PasswordAlgorithm, fill: Fill = () => {}): Seal {
  return { offer: OFFER, algorithm, keyOf: algorithm, with: ['sha256'], fill };
}

export function sealedRequest(client: RawClient, method: number, seal: Seal = {}): Uint8Array {
  const username = seal.username ?? client.username;
  const writer = new MessageWriter(method, MessageClass.REQUEST, client.nextId());
  seal.fill?.(writer);
  if (seal.hash) {
    const hash = seal.hash === true ? userHash(nodeCrypto, username, REALM) : seal.hash;
    writer.attribute(StunAttribute.USERHASH, hash);
  } else {
    writer.text(StunAttribute.USERNAME, username);
  }
  writer.text(StunAttribute.REALM, REALM).attribute(StunAttribute.NONCE, client.nonce);
  if (seal.offer) writer.attribute(StunAttribute.PASSWORD_ALGORITHMS, seal.offer);
  if (seal.algorithm) {
    const value =
      typeof seal.algorithm === 'string' ? encodePasswordAlgorithm(seal.algorithm) : seal.algorithm;
    writer.attribute(StunAttribute.PASSWORD_ALGORITHM, value);
  }
  const key = seal.key ?? keyOf(client, seal.keyOf ?? 'md5');
  for (const integrity of seal.with ?? ['sha1']) {
    if (integrity === 'sha1') writer.integrity(nodeCrypto, key);
    else writer.integritySha256(nodeCrypto, key);
  }
  return writer.finish();
}

export function keyOf({ username, password }: RawClient, algorithm: PasswordAlgorithm): Uint8Array {
  return longTermKey(nodeCrypto, username, REALM, password, algorithm);
}

/** Which integrity an answer carries, and whether it fits the key. */
export function sealOf(answer: StunMessage | undefined, key: Uint8Array): string {
  if (!answer) return 'no answer';
  const sha1 = answer.has(StunAttribute.MESSAGE_INTEGRITY);
  const sha256 = answer.has(StunAttribute.MESSAGE_INTEGRITY_SHA256);
  if (sha1 && sha256) return 'both';
  if (sha256) return verifyIntegritySha256(nodeCrypto, answer, key) ? 'sha256' : 'wrong sha256';
  if (sha1) return verifyIntegrity(nodeCrypto, answer, key) ? 'sha1' : 'wrong sha1';
  return 'none';
}
