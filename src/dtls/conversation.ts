/** What both sides have said in one handshake: numbers our messages and keeps the transcript. RFC 6347 §4.2.2, §4.2.6. */
import { ByteWriter } from '../base/index.ts';
import { type HandshakeMessage, writeWhole } from './handshake-message.ts';

/** A handshake in which both sides show a certificate of their own making has some 1,500 bytes. */
const USUAL_BYTES = 2048;

export class Conversation {
  /** message_seq of our next message. */
  #nextSequence: number;
  readonly #transcript = new ByteWriter(USUAL_BYTES);

  constructor(nextSequence = 0) {
    this.#nextSequence = nextSequence;
  }

  /** All messages so far, in the order of the handshake, each as if sent in one fragment. Valid until the next. */
  get transcript(): Uint8Array {
    return this.#transcript.written();
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
    writeWhole(this.#transcript, message);
  }

  /** RFC 6347 §4.2.1: neither the first ClientHello nor the HelloVerifyRequest counts. */
  forget(): void {
    this.#transcript.clear();
  }
}
