/** What the internet sends to open ports: 100,000 damaged datagrams and more, from one seed. Nothing throws, nothing stays. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { concatBytes, SeededRandom } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { MessageWriter, StreamFramer, StunAttribute, StunMethod } from '../../../src/stun/index.ts';
import {
  encodeChannelData,
  legId,
  type RelayId,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import {
  all,
  channel,
  lifetime,
  peers,
  RawClient,
  REALM,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9000 };
const DATAGRAMS = 100_000;

/** Good messages of every kind that a server gets, as material to damage. */
function corpus(client: RawClient): Uint8Array[] {
  const send = new MessageWriter(TurnMethod.SEND, 1, client.nextId())
    .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, PEER)
    .attribute(TurnAttribute.DATA, new Uint8Array(40));
  return [
    client.bare(StunMethod.BINDING),
    client.bare(TurnMethod.ALLOCATE, udpRequested),
    client.signed(TurnMethod.ALLOCATE, all(udpRequested, lifetime(900))),
    client.signed(TurnMethod.REFRESH, lifetime(900)),
    client.signed(TurnMethod.CREATE_PERMISSION, peers('192.0.2.1', '192.0.2.2')),
    client.signed(TurnMethod.CHANNEL_BIND, channel(0x4001, PEER)),
    send.finish(),
    encodeChannelData(0x4001, new Uint8Array(40), false),
    new MessageWriter(StunMethod.BINDING, 0, client.nextId()).fingerprint().finish(),
  ];
}

/** One to four of: a byte changed, a bit flipped, bytes cut off, bytes added, two messages joined. */
function damage(random: SeededRandom, messages: readonly Uint8Array[]): Uint8Array {
  const pick = () => messages[random.uint32() % messages.length] ?? new Uint8Array(0);
  let bytes: Uint8Array = pick().slice();
  for (let i = random.uint32() % 4; i >= 0; i--) {
    const at = bytes.length === 0 ? 0 : random.uint32() % bytes.length;
    switch (random.uint32() % 6) {
      case 0:
        bytes[at] = random.uint32();
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random.uint32() & 7));
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = concatBytes(bytes, random.bytes(random.uint32() % 16));
        break;
      case 4:
        bytes = concatBytes(bytes.subarray(0, at), pick().subarray(random.uint32() % 20));
        break;
      default:
        // A header that is in order again, so that the damage reaches the attributes.
        bytes[2] = (bytes.length - 20) >> 8;
        bytes[3] = (bytes.length - 20) & 0xff;
    }
  }
  return bytes;
}

test('100,000 damaged datagrams from strangers: no throw, no state, no timer', () => {
  const lab = new TurnLab();
  const stranger = new RawClient(lab, CLIENT, 'alice', 'not the password').challenge();
  const messages = corpus(stranger);
  const random = new SeededRandom(20_260_807);
  for (let i = 0; i < DATAGRAMS; i++) {
    // Another source address each time, as a forger would.
    const client = { ip: `192.0.${(i >> 8) & 255}.${i & 255}`, port: 1024 + (i % 60_000) };
    const leg = { id: legId(i + 10), transport: 'udp' as const, client, server: stranger.leg.server };
    lab.fromClient(leg, damage(random, messages));
    lab.toClients.length = 0;
    lab.events.length = 0;
  }
  const { allocations, relays, rememberedAnswers } = lab.server.statistics;
  assert.deepEqual(
    { allocations, relays, rememberedAnswers },
    { allocations: 0, relays: 0, rememberedAnswers: 0 },
  );
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('damaged datagrams in the middle of a call, from client and peer: the allocation is untouched, state stays bounded', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const relayed = client.allocate();
  client.bind(0x4001, PEER);
  const relay: RelayId = lab.relayAt(relayed.port);
  const messages = corpus(client);
  const random = new SeededRandom(7);
  for (let i = 0; i < DATAGRAMS / 5; i++) {
    const bytes = damage(random, messages);
    if (i % 3 === 0) lab.fromPeer(relay, i % 2 ? PEER : { ip: '192.0.2.66', port: i % 65_536 }, bytes);
    else lab.fromClient(client.leg, bytes);
    lab.toClients.length = 0;
    lab.toPeers.length = 0;
    lab.events.length = 0;
    lab.now += 1;
  }
  const { allocations, relays, rememberedAnswers } = lab.server.statistics;
  assert.equal(allocations, 1);
  assert.equal(relays, 1);
  assert.ok(rememberedAnswers < 100, 'only what was authentic is remembered');
  assert.equal(client.refresh(), 0);
  lab.toPeers.length = 0;
  lab.fromClient(client.leg, encodeChannelData(0x4001, Uint8Array.of(1, 2, 3), false));
  assert.equal(lab.toPeers.length, 1);
});

test('a client with a password that says every kind of nonsense: bounded too', () => {
  const lab = new TurnLab({
    quotas: { perUser: 10, total: 20 },
    limits: { peersPerAllocation: 50, channelsPerAllocation: 50, rememberedAnswers: 200 },
  });
  const client = new RawClient(lab, CLIENT);
  client.challenge();
  const random = new SeededRandom(99);
  const attributes = Object.values(TurnAttribute);
  const methods = Object.values(TurnMethod);
  for (let i = 0; i < 5000; i++) {
    const method = methods[random.uint32() % methods.length] ?? 0;
    // Sealed with the right key, so that the nonsense is read by every handler.
    const bytes = client.signed(method, (writer) => {
      if (random.uint32() % 2) udpRequested(writer);
      for (let n = random.uint32() % 4; n > 0; n--) {
        const type = attributes[random.uint32() % attributes.length] ?? 0;
        if (random.uint32() % 2)
          writer.xorAddress(type, { ip: `192.0.2.${random.uint32() % 256}`, port: random.uint32() % 65_536 });
        else writer.attribute(type, random.bytes([0, 1, 4, 8, 20][random.uint32() % 5] ?? 0));
      }
    });
    lab.fromClient(client.leg, bytes);
    lab.toClients.length = 0;
    lab.toPeers.length = 0;
    lab.events.length = 0;
    lab.wait(random.uint32() % 2000);
  }
  const { relays, rememberedAnswers } = lab.server.statistics;
  assert.ok(relays <= 20);
  assert.ok(rememberedAnswers <= 200);
  // Left alone, everything goes.
  lab.wait(3_700_000);
  assert.equal(lab.server.statistics.relays, 0);
  assert.equal(lab.server.statistics.rememberedAnswers, 0);
  assert.equal(lab.sockets.size, 0);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('the same seed gives the same bytes out', () => {
  const run = () => {
    const lab = new TurnLab({}, 5);
    const client = new RawClient(lab, CLIENT).challenge();
    const random = new SeededRandom(3);
    const messages = corpus(client);
    for (let i = 0; i < 2000; i++) lab.fromClient(client.leg, damage(random, messages));
    return concatBytes(...lab.toClients.map((out) => out.bytes));
  };
  assert.deepEqual(run(), run());
});

test('a damaged stream is cut or closed, and never grows beyond one frame', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp').challenge();
  const messages = corpus(client);
  const random = new SeededRandom(11);
  let faults = 0;
  for (let connection = 0; connection < 2000; connection++) {
    const framer = new StreamFramer(2048);
    for (let i = 0; i < 5 && !framer.fault; i++) {
      framer.push(random.uint32() % 2 ? damage(random, messages) : (messages[i] ?? new Uint8Array(0)));
      for (let frame = framer.next(); frame; frame = framer.next()) lab.fromClient(client.leg, frame);
      assert.ok(framer.bufferedBytes <= 2048);
    }
    if (framer.fault) faults += 1;
    lab.toClients.length = 0;
    lab.events.length = 0;
  }
  assert.ok(faults > 500);
  assert.ok(lab.server.statistics.allocations <= 1);
});

test('an integrity that is right does not make a wrong realm or user right', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  for (const text of [
    '',
    '\u0000',
    'x'.repeat(763),
    'x'.repeat(764),
    '\ud83d\ude00',
    '999999999999:alice',
    ':alice',
  ]) {
    const bytes = new MessageWriter(TurnMethod.REFRESH, 0, client.nextId())
      .text(StunAttribute.USERNAME, text)
      .text(StunAttribute.REALM, REALM)
      .attribute(StunAttribute.NONCE, client.nonce)
      .integrity(nodeCrypto, client.key)
      .finish();
    assert.ok(client.exchange(bytes));
  }
});
