/** What both sides have said in one handshake: numbers our messages and keeps the transcript. RFC 6347 §4.2.2, §4.2.6. */
import { concatBytes } from '../base/index.ts';
import { encodeWhole, type HandshakeMessage } from './handshake-message.ts';

export class Conversation {
  /** message_seq of our next message. */
  #nextSequence: number;
  #transcript: Uint8Array = new Uint8Array(0);

  constructor(nextSequence = 0) {
    this.#nextSequence = nextSequence;
  }

  /** All messages so far, in the order of the handshake, each as if sent in one fragment. Borrowed. */
  get transcript(): Uint8Array {
    return this.#transcript;
  }

  /** Our next message; it counts from now on. */
  say(type: number, body: Uint8Array): HandshakeMessage {
    const message = { type, sequence: this.#nextSequence, body };
    this.#nextSequence += 1;
    this.hear(message);
    return message;
  }

  /** A message of the other side counts from now on. Copies. */
  hear(message: HandshakeMessage): void {
    this.#transcript = concatBytes(this.#transcript, encodeWhole(message));
  }

  /** RFC 6347 §4.2.1: neither the first ClientHello nor the HelloVerifyRequest counts. */
  forget(): void {
    this.#transcript = new Uint8Array(0);
  }
}
