/** A TURN client on a bench, and servers that are played by hand: what it sends is looked at, what it hears is written. */
import assert from 'node:assert/strict';
import type { SocketAddress } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  encodePlainAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
} from '../../../src/stun/index.ts';
import {
  type AllocateOptions,
  type ClientTransport,
  TurnAttribute,
  TurnClient,
  type TurnClientEvent,
} from '../../../src/turn/index.ts';
import { labEnv, SERVER } from './lab.ts';

const REALM = 'example.test';
const KEY = longTermKey(nodeCrypto, 'alice', REALM, 'wonder');
const CREDENTIALS = { username: 'alice', password: 'wonder' };
export const PEER = { ip: '192.0.2.9', port: 9000 };
export const SECOND: SocketAddress = { ip: '198.51.100.2', port: 3478 };
export const THIRD: SocketAddress = { ip: '198.51.100.3', port: 3478 };
export const TICKET = Uint8Array.of(1, 2, 3, 4);

export type Fill = (writer: MessageWriter) => void;

export interface Sent {
  readonly to: SocketAddress;
  readonly message: StunMessage;
}

/** A client, and servers that are played by hand. */
export class Stage {
  now = 0;
  readonly client: TurnClient;

  constructor(transport: ClientTransport = 'udp') {
    const env = labEnv(() => this.now);
    this.client = new TurnClient(env, { server: SERVER, transport, credentials: CREDENTIALS });
  }

  sent(): Sent[] {
    const all: Sent[] = [];
    for (let out = this.client.pollTransmit(); out; out = this.client.pollTransmit()) {
      const message = decodeMessage(out.bytes);
      assert.ok(message);
      all.push({ to: out.to, message });
    }
    return all;
  }

  request(): Sent {
    const [first, ...rest] = this.sent();
    assert.ok(first);
    assert.equal(rest.length, 0);
    return first;
  }

  events(): TurnClientEvent[] {
    const events: TurnClientEvent[] = [];
    for (let event = this.client.pollEvent(); event; event = this.client.pollEvent()) events.push(event);
    return events;
  }

  hear(bytes: Uint8Array): void {
    this.client.handleBytes(this.now, bytes);
  }

  /** Answers the first request with 401 and returns the one that proves who we are. */
  challenged(): Sent {
    this.hear(challenge(this.request().message));
    return this.request();
  }

  allocated(options: AllocateOptions = {}, fill: Fill = () => {}): this {
    this.client.allocate(this.now, options);
    this.hear(
      success(this.challenged().message, (writer) => {
        granted(writer);
        fill(writer);
      }),
    );
    assert.equal(this.events()[0]?.type, 'allocated');
    return this;
  }

  permitted(): this {
    this.client.permit(this.now, [PEER.ip]);
    this.hear(success(this.request().message));
    this.events();
    return this;
  }

  mobile(): this {
    return this.allocated({ mobile: true }, ticket(TICKET));
  }
}

export const ticket =
  (value: Uint8Array): Fill =>
  (writer) =>
    writer.attribute(TurnAttribute.MOBILITY_TICKET, value);

export const granted: Fill = (writer) =>
  writer
    .xorAddress(TurnAttribute.XOR_RELAYED_ADDRESS, { ip: '198.51.100.1', port: 50_000 })
    .u32(TurnAttribute.LIFETIME, 600)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, { ip: '203.0.113.5', port: 40_000 });

export const lifetime: Fill = (writer) => writer.u32(TurnAttribute.LIFETIME, 600);

export function challenge(request: StunMessage, code: 401 | 438 = 401): Uint8Array {
  return new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
    .errorCode(code)
    .text(StunAttribute.REALM, REALM)
    .text(StunAttribute.NONCE, 'nonce')
    .finish();
}

export function success(request: StunMessage, fill: Fill = () => {}): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId);
  fill(writer);
  return writer.integrity(nodeCrypto, KEY).finish();
}

/** `sealed`: as to somebody who has proved who they are. */
export function refusal(
  request: StunMessage,
  code: number,
  fill: Fill = () => {},
  sealed = true,
): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId);
  fill(writer.errorCode(code));
  return (sealed ? writer.integrity(nodeCrypto, KEY) : writer).finish();
}

export const alternates =
  (...servers: readonly SocketAddress[]): Fill =>
  (writer) => {
    for (const server of servers) {
      writer.attribute(StunAttribute.ALTERNATE_SERVER, encodePlainAddress(server));
    }
  };

export function indication(method: number, peer: SocketAddress, fill: Fill): Uint8Array {
  const writer = new MessageWriter(method, MessageClass.INDICATION, new Uint8Array(12));
  fill(writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer));
  return writer.finish();
}
