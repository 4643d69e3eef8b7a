/** The name of a session, signed, so that a cut connection can be continued by its owner only. Knows no sessions. */
import { type CryptoProvider, encodeBase32, type Random } from '../base/index.ts';
import { SignedText } from './signed-text.ts';

/** 16 characters of base32: 80 random bits. */
export type SessionId = string & { readonly __brand: 'SessionId' };

export class SessionTokens {
  readonly #signed: SignedText;
  readonly #random: Random;

  constructor(crypto: CryptoProvider, random: Random, secret: Uint8Array) {
    this.#signed = new SignedText(crypto, secret, 'sessions');
    this.#random = random;
  }

  mint(): { readonly id: SessionId; readonly token: string } {
    const id = encodeBase32(this.#random.bytes(10)) as SessionId;
    return { id, token: this.#signed.write(id) };
  }

  read(token: string): SessionId | undefined {
    return this.#signed.read(token) as SessionId | undefined;
  }
}
