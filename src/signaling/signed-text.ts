/**
 * Text that a client keeps for the server and cannot change: payload and HMAC-SHA-256, both in base64url. It is
 * signed, not secret: whoever holds it can read it. RFC 2104, RFC 4648 §5.
 */
import {
  type CryptoProvider,
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64Url,
  encodeUtf8,
} from '../base/index.ts';

export class SignedText {
  readonly #crypto: CryptoProvider;
  readonly #key: Uint8Array;

  /** `purpose` separates the keys, so that a text signed for one use is worth nothing in another. */
  constructor(crypto: CryptoProvider, secret: Uint8Array, purpose: string) {
    this.#crypto = crypto;
    this.#key = crypto.hmac('sha256', secret, encodeUtf8(`ieum signaling: ${purpose}`));
  }

  write(payload: string): string {
    const bytes = encodeUtf8(payload);
    return `${encodeBase64Url(bytes)}.${encodeBase64Url(this.#crypto.hmac('sha256', this.#key, bytes))}`;
  }

  /** The payload; `undefined` when it is not signed with this key. Compares in constant time. */
  read(text: string): string | undefined {
    const [payload = '', mac = '', ...rest] = text.split('.');
    const bytes = decodeBase64(payload);
    const given = decodeBase64(mac);
    if (!bytes || !given || rest.length > 0) return undefined;
    return this.#crypto.equal(given, this.#crypto.hmac('sha256', this.#key, bytes))
      ? decodeUtf8(bytes)
      : undefined;
  }

  /** A keyed digest for values that are compared and never read back. `parts` are told apart by their lengths. */
  digest(...parts: readonly string[]): Uint8Array {
    const framed = parts.map((part) => {
      const bytes = encodeUtf8(part);
      return concatBytes(encodeUtf8(`${bytes.length}:`), bytes);
    });
    return this.#crypto.hmac('sha256', this.#key, concatBytes(...framed));
  }
}
