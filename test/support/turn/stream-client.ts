/** A TURN client on a real TCP connection that says exactly what it is told, and can go on with raw bytes. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { concatBytes } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  longTermKey,
  MessageClass,
  MessageWriter,
  StreamFramer,
  StunAttribute,
  type StunMessage,
} from '../../../src/stun/index.ts';
import { TurnMethod } from '../../../src/turn/index.ts';
import type { Fill } from './lab.ts';

export interface StreamUser {
  readonly realm: string;
  readonly username: string;
  readonly password: string;
}

export class StreamClient {
  readonly socket: Socket;
  readonly #user: StreamUser;
  readonly #framer = new StreamFramer();
  readonly #messages: StunMessage[] = [];
  #wake: () => void = () => {};
  #nonce: Uint8Array | undefined;
  #lastId = 0;
  #raw = false;
  /** Behind the success of ConnectionBind. */
  received: Uint8Array = new Uint8Array(0);
  closed = false;
  ended = false;

  constructor(port: number, host: string, user: StreamUser) {
    this.#user = user;
    this.socket = connect({ port, host, allowHalfOpen: true });
    this.socket.on('data', (chunk) => this.#read(new Uint8Array(chunk)));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** The next message that comes. */
  async next(): Promise<StunMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      assert.ok(!this.closed, 'the connection is open');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** An authenticated request and its answer. `behind` is written in the same piece as the request. */
  async request(method: number, fill: Fill, behind: Uint8Array = new Uint8Array(0)): Promise<StunMessage> {
    if (!this.#nonce) {
      const writer = new MessageWriter(method, MessageClass.REQUEST, this.#newId());
      fill(writer);
      this.socket.write(writer.finish());
      this.#nonce = (await this.next()).get(StunAttribute.NONCE)?.slice();
      assert.ok(this.#nonce);
    }
    const { realm, username, password } = this.#user;
    const writer = new MessageWriter(method, MessageClass.REQUEST, this.#newId());
    fill(writer);
    const bytes = writer
      .text(StunAttribute.USERNAME, username)
      .text(StunAttribute.REALM, realm)
      .attribute(StunAttribute.NONCE, this.#nonce)
      .integrity(nodeCrypto, longTermKey(nodeCrypto, username, realm, password))
      .finish();
    this.socket.write(concatBytes(bytes, behind));
    return this.next();
  }

  #goRaw(): void {
    this.#raw = true;
    this.received = this.#framer.takeRest();
  }

  #newId(): Uint8Array {
    this.#lastId += 1;
    const id = new Uint8Array(12);
    id[11] = this.#lastId;
    return id;
  }

  #read(chunk: Uint8Array): void {
    if (this.#raw) this.received = concatBytes(this.received, chunk);
    else {
      this.#framer.push(chunk);
      for (let frame = this.#framer.next(); frame; frame = this.#framer.next()) {
        const message = decodeMessage(frame.slice());
        assert.ok(message);
        this.#messages.push(message);
        const { SUCCESS } = MessageClass;
        if (message.method === TurnMethod.CONNECTION_BIND && message.class === SUCCESS) this.#goRaw();
      }
    }
    this.#wake();
  }
}
