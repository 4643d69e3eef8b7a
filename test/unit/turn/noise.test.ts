/** What the internet sends to open ports, and what it must not touch. The deep end of it is fuzz.test.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { concatBytes, SeededRandom } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { MessageWriter, StunAttribute, StunMethod } from '../../../src/stun/index.ts';
import { encodeChannelData, legId, TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { damage } from '../../fuzz/damage.ts';
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

/** Good messages of every kind that a server gets, as material to damage. */
function messagesOf(client: RawClient): Uint8Array[] {
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

function injured(random: SeededRandom, messages: readonly Uint8Array[]): Uint8Array {
  return damage(random, messages[random.uint32() % messages.length] ?? new Uint8Array(0), messages);
}

test('30,000 damaged datagrams from strangers: no throw, no state, no timer', () => {
  const lab = new TurnLab();
  const stranger = new RawClient(lab, CLIENT, 'alice', 'not the password').challenge();
  const messages = messagesOf(stranger);
  const random = new SeededRandom(20_260_807);
  for (let i = 0; i < 30_000; i++) {
    // Another source address each time, as a forger would.
    const client = { ip: `192.0.${(i >> 8) & 255}.${i & 255}`, port: 1024 + (i % 60_000) };
    const leg = { id: legId(i + 10), transport: 'udp' as const, client, server: stranger.leg.server };
    lab.fromClient(leg, injured(random, messages));
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
  const relay = lab.relayAt(relayed.port);
  const messages = messagesOf(client);
  const random = new SeededRandom(7);
  for (let i = 0; i < 20_000; i++) {
    const bytes = injured(random, messages);
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

test('the same seed gives the same bytes out', () => {
  const run = () => {
    const lab = new TurnLab({}, 5);
    const client = new RawClient(lab, CLIENT).challenge();
    const random = new SeededRandom(3);
    const messages = messagesOf(client);
    for (let i = 0; i < 2000; i++) lab.fromClient(client.leg, injured(random, messages));
    return concatBytes(...lab.toClients.map((out) => out.bytes));
  };
  assert.deepEqual(run(), run());
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
