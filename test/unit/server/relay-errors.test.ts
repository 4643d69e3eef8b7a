/** What the system learns of datagrams that a relay has sent, on real sockets: told to the client, and no other peer's loss. RFC 8656 §11.5, §14. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import { isKernel, nodeCrypto, openKernel } from '../../../src/node/index.ts';
import { openTurnService, type TurnService } from '../../../src/server/turn/turn-service.ts';
import {
  decodeMessage,
  decodeXorAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
} from '../../../src/stun/index.ts';
import { decodeIcmp, TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { codeOf, type Fill, udpRequested } from '../../support/turn/lab.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';

const works = isKernel(await openKernel());
const skip = works ? false : 'needs 64-bit Linux and koffi';

let service: TurnService;

before(async () => {
  service = await openTurnService(env, {
    ...TURN_OPTIONS,
    relayWorkers: 1,
  });
});
after(() => service.close());

function bind(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, HOST, () => resolve(socket)));
}

function addressOf(socket: Socket): SocketAddress {
  return { ip: HOST, port: (socket.address() as AddressInfo).port };
}

/** A client over UDP that says exactly what it is told. */
async function openClient() {
  const socket = await bind();
  const heard: StunMessage[] = [];
  let wake: () => void = () => {};
  socket.on('message', (bytes) => {
    const message = decodeMessage(new Uint8Array(bytes));
    if (message) heard.push(message);
    wake();
  });
  const next = async (fits: (message: StunMessage) => boolean): Promise<StunMessage> => {
    for (;;) {
      const at = heard.findIndex(fits);
      const [message] = at < 0 ? [] : heard.splice(at, 1);
      if (message) return message;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  let nonce: Uint8Array | undefined;
  let lastId = 0;
  const newId = (): Uint8Array => {
    lastId += 1;
    return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, lastId >> 8, lastId & 0xff);
  };
  const request = async (method: number, fill: Fill): Promise<StunMessage> => {
    const writer = new MessageWriter(method, MessageClass.REQUEST, newId());
    fill(writer);
    if (nonce) {
      const key = longTermKey(nodeCrypto, USER.username, 'test', USER.password);
      writer
        .text(StunAttribute.USERNAME, USER.username)
        .text(StunAttribute.REALM, 'test')
        .attribute(StunAttribute.NONCE, nonce)
        .integrity(nodeCrypto, key);
    }
    socket.send(writer.finish(), service.port, HOST);
    const answer = await next((message) => message.method === method);
    if (nonce) return answer;
    nonce = answer.get(StunAttribute.NONCE)?.slice();
    return request(method, fill);
  };
  return {
    socket,
    request,
    nextData: () => next((message) => message.method === TurnMethod.DATA),
    send(peer: SocketAddress, data: Uint8Array, fill: Fill = () => {}) {
      const writer = new MessageWriter(
        TurnMethod.SEND,
        MessageClass.INDICATION,
        newId(),
        data.length + 64,
      ).xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
      fill(writer);
      socket.send(writer.attribute(TurnAttribute.DATA, data).finish(), service.port, HOST);
    },
  };
}

const dontFragment: Fill = (writer) => writer.flag(TurnAttribute.DONT_FRAGMENT);

async function allocated(fill: Fill = () => {}) {
  const client = await openClient();
  const wish: Fill = (writer) => {
    udpRequested(writer);
    fill(writer);
  };
  assert.equal(codeOf(await client.request(TurnMethod.ALLOCATE, wish)), 0);
  const permit: Fill = (writer) => writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, { ip: HOST, port: 0 });
  assert.equal(codeOf(await client.request(TurnMethod.CREATE_PERMISSION, permit)), 0);
  return client;
}

/** Where nobody listens. */
async function deadPeer(): Promise<SocketAddress> {
  const socket = await bind();
  const address = addressOf(socket);
  await new Promise<void>((resolve) => socket.close(resolve));
  return address;
}

function icmpIn(message: StunMessage) {
  const icmp = message.get(TurnAttribute.ICMP);
  const peer = message.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.ok(icmp && peer, 'an indication about a peer');
  return { ...decodeIcmp(icmp), peer: decodeXorAddress(peer, message.transactionId) };
}

test('a peer whose port is closed: the client hears "port unreachable"', { skip }, async () => {
  const client = await allocated();
  const peer = await deadPeer();
  client.send(peer, Uint8Array.of(1));
  assert.deepEqual(icmpIn(await client.nextData()), { peer, type: 3, code: 3, data: 0 });
  client.socket.close();
});

test('what goes to a living peer is not lost because another is dead', { skip }, async () => {
  const client = await allocated();
  const dead = await deadPeer();
  const living = await bind();
  const heard: number[] = [];
  living.on('message', (bytes) => heard.push(bytes[0] ?? 0));
  for (let i = 0; i < 50; i++) {
    // Both in one batch: over loopback the error is there before the second one leaves, and its call is told of it.
    client.send(dead, Uint8Array.of(0));
    client.send(addressOf(living), Uint8Array.of(i));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const deadline = Date.now() + 5_000;
  while (heard.length < 50 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(
    heard,
    Array.from({ length: 50 }, (_, i) => i),
  );
  living.close();
  client.socket.close();
});

test('with DONT-FRAGMENT what fits arrives', { skip }, async () => {
  const client = await allocated(dontFragment);
  const peer = await bind();
  const arrived = new Promise<number>((resolve) => peer.once('message', (bytes) => resolve(bytes.length)));
  client.send(addressOf(peer), new Uint8Array(1_000), dontFragment);
  assert.equal(await arrived, 1_000);

  // Loopback carries 65,536 bytes at once, so nothing that fits into a datagram is too long for it.
  const longest = new Promise<number>((resolve) => peer.once('message', (bytes) => resolve(bytes.length)));
  client.send(addressOf(peer), new Uint8Array(60_000), dontFragment);
  assert.equal(await longest, 60_000);
  peer.close();
  client.socket.close();
});
