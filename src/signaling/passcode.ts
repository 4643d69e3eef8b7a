/**
 * Passcodes of rooms as salted, keyed digests. The digest travels inside seat tokens, which their holders can read;
 * without the server's secret it cannot be used to try out passcodes.
 */
import { type CryptoProvider, decodeHex, encodeHex, type Random } from '../base/index.ts';
import { SignedText } from './signed-text.ts';

/** Both parts in hexadecimal. */
export interface PasscodeDigest {
  readonly salt: string;
  readonly digest: string;
}

export class Passcodes {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #keyed: SignedText;

  constructor(crypto: CryptoProvider, random: Random, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#random = random;
    this.#keyed = new SignedText(crypto, secret, 'passcodes');
  }

  digest(passcode: string): PasscodeDigest {
    const salt = encodeHex(this.#random.bytes(8));
    return { salt, digest: encodeHex(this.#digest(salt, passcode)) };
  }

  /** Compares in constant time. */
  matches(passcode: string, kept: PasscodeDigest): boolean {
    const digest = decodeHex(kept.digest);
    return digest !== undefined && this.#crypto.equal(digest, this.#digest(kept.salt, passcode));
  }

  /** In NFC, because keyboards differ in how they compose the same character. RFC 8265 §4.2.2. */
  #digest(salt: string, passcode: string): Uint8Array {
    return this.#keyed.digest(salt, passcode.normalize('NFC'));
  }
}
