/** Several machines that are one server: port slices, tokens that name their shard, data from shard to shard, shared quotas. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SocketAddress } from '../../../src/base/index.ts';
import { decodeMessage, decodeXorAddress, StunAttribute } from '../../../src/stun/index.ts';
import {
  LocalQuotaLedger,
  portSlice,
  TurnAttribute,
  TurnMethod,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  DEFAULT_OPTIONS,
  type Fill,
  RawClient,
  relayedOf,
  SERVER,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const OTHER = { ip: '203.0.113.6', port: 40_001 };
const DATA = Uint8Array.of(1, 2, 3);

function shardsOf(count: number, options: Partial<TurnServerOptions> = {}): TurnLab[] {
  return Array.from(
    { length: count },
    (_, index) => new TurnLab({ ...options, shard: { index, count } }, index + 1),
  );
}

function token(value: Uint8Array): Fill {
  return (writer) => writer.attribute(TurnAttribute.RESERVATION_TOKEN, value);
}

const reserveNext: Fill = (writer) => writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(0x80));

test('slices cover the range without a gap and begin even; the first is the smallest, the others are alike', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 60_000 }),
      fc.integer({ min: 64, max: 5_000 }),
      fc.integer({ min: 1, max: 16 }),
      (min, span, count) => {
        const max = min + span - 1;
        const slices = Array.from({ length: count }, (_, index) => portSlice(min, max, { index, count }));
        assert.equal(slices[0]?.min, min);
        assert.equal(slices.at(-1)?.max, max);
        for (const [i, slice] of slices.entries()) {
          if (i > 0) assert.equal(slice.min, (slices[i - 1]?.max ?? 0) + 1);
          if (i > 0) assert.equal(slice.min % 2, 0);
        }
        const [first = 0, ...others] = slices.map((slice) => slice.max - slice.min + 1);
        const alike = (span - first) / Math.max(1, count - 1);
        for (const length of others) assert.ok(Math.abs(length - alike) <= 2);
        if (count > 1) assert.ok(first <= alike + 2 && first >= Math.min(256, span / count) - 2);
      },
    ),
  );
});

test('beside one worker, the main thread holds an eighth of the ports', () => {
  assert.deepEqual(portSlice(49_152, 65_535, { index: 0, count: 2 }), { min: 49_152, max: 51_199 });
  assert.deepEqual(portSlice(49_152, 65_535, { index: 1, count: 2 }), { min: 51_200, max: 65_535 });
});

test('a shard allocates from its own slice only', () => {
  for (const [index, lab] of shardsOf(4, { relayPorts: { min: 50_000, max: 50_039 } }).entries()) {
    const slice = portSlice(50_000, 50_039, { index, count: 4 });
    const ports = Array.from(
      { length: slice.max - slice.min + 1 },
      (_, i) => new RawClient(lab, { ...CLIENT, port: 41_000 + i }).allocate().port,
    );
    assert.deepEqual(
      ports.sort((a, b) => a - b),
      Array.from({ length: ports.length }, (_, i) => slice.min + i),
    );
    const one = new RawClient(lab, CLIENT);
    assert.equal(codeOf(one.request(TurnMethod.ALLOCATE, udpRequested)), 508);
  }
});

test('options that leave a shard without ports, or name one that is not there, are refused', () => {
  assert.throws(() => shardsOf(8, { relayPorts: { min: 50_000, max: 50_005 } }), RangeError);
  const shard = (index: number, count: number) => () => new TurnLab({ shard: { index, count } });
  assert.throws(shard(2, 2), RangeError);
  assert.throws(shard(0, 0), RangeError);
  assert.throws(shard(0, 257), RangeError);
});

test('a reservation token at the wrong shard is handed over to the right one', () => {
  const [first, second] = shardsOf(2);
  assert.ok(first && second);
  const owner = new RawClient(second, CLIENT);
  const reserved = owner.request(TurnMethod.ALLOCATE, all(udpRequested, reserveNext));
  const value = reserved.get(TurnAttribute.RESERVATION_TOKEN);
  assert.ok(value);
  assert.equal(value[0], 1);

  const stray = new RawClient(first, { ...CLIENT, port: 40_009 }).challenge();
  const request = stray.signed(TurnMethod.ALLOCATE, all(udpRequested, token(value)));
  assert.equal(stray.exchange(request), undefined, 'this shard does not answer');
  const order = first.events.find((event) => event.type === 'hand-over');
  assert.ok(order);
  assert.deepEqual([order.leg, order.shard, order.bytes], [stray.leg, 1, request]);

  // The nonce is good at every shard, so the request is answered over there as it is.
  second.toClients.length = 0;
  second.fromClient({ ...stray.leg, id: second.leg(CLIENT).id }, order.bytes);
  const answer = decodeMessage(second.toClients[0]?.bytes ?? new Uint8Array());
  assert.ok(answer);
  assert.equal(relayedOf(answer).port, relayedOf(reserved).port + 1);
});

test('forged sources cannot make a shard hand anything over: the credentials come first', () => {
  const [first] = shardsOf(2);
  assert.ok(first);
  const forged = new RawClient(first, CLIENT, 'alice', 'wrong');
  const value = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  assert.equal(
    codeOf(forged.exchange(forged.bare(TurnMethod.ALLOCATE, all(udpRequested, token(value))))),
    401,
  );
  assert.equal(
    codeOf(forged.exchange(forged.signed(TurnMethod.ALLOCATE, all(udpRequested, token(value))))),
    401,
  );
  assert.deepEqual(
    first.events.filter((event) => event.type === 'hand-over'),
    [],
  );
});

test('a stream cannot be handed over, and a token of nobody is 508', () => {
  const [first] = shardsOf(2);
  assert.ok(first);
  const ask = (transport: 'udp' | 'tcp', shard: number) => {
    const client = new RawClient(first, { ...CLIENT, port: 42_000 + shard }, 'alice', 'wonder', transport);
    const value = Uint8Array.of(shard, 9, 9, 9, 9, 9, 9, 9);
    return codeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, token(value))));
  };
  assert.equal(ask('tcp', 1), 508);
  assert.equal(ask('udp', 2), 508);
  assert.equal(ask('udp', 0), 508);
});

test('what one client sends to another of the next shard goes there inside the server', () => {
  const [first, second] = shardsOf(2);
  assert.ok(first && second);
  const alice = new RawClient(first, CLIENT);
  const bob = new RawClient(second, OTHER, 'bob', 'builder');
  const [aliceAt, bobAt] = [alice.allocate(), bob.allocate()];
  // The server's own address is refused as a peer, but for relayed addresses.
  assert.equal(alice.permit(SERVER.ip), 0);
  assert.equal(bob.permit(SERVER.ip), 0);

  alice.send(bobAt, DATA);
  assert.deepEqual(first.toPeers, []);
  const out = first.toSiblings[0];
  assert.ok(out);
  assert.deepEqual(out, { kind: 'sibling', shard: 1, from: aliceAt, to: bobAt, bytes: DATA });

  second.toClients.length = 0;
  second.server.handleSiblingData(second.now, out.from, out.to, out.bytes);
  second.drain();
  const indication = decodeMessage(second.toClients[0]?.bytes ?? new Uint8Array());
  const peer = indication?.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.ok(indication && peer);
  assert.deepEqual(decodeXorAddress(peer, indication.transactionId), aliceAt);
  assert.deepEqual(indication.get(TurnAttribute.DATA), DATA);
});

test('data from a sibling needs a permission and a relay like any other', () => {
  const [, second] = shardsOf(2);
  assert.ok(second);
  const bob = new RawClient(second, OTHER, 'bob', 'builder');
  const bobAt = bob.allocate();
  const before = second.toClients.length;
  const from: SocketAddress = { ip: SERVER.ip, port: 50_001 };
  second.server.handleSiblingData(0, from, bobAt, DATA); // no permission
  second.server.handleSiblingData(0, from, { ...bobAt, port: bobAt.port - 1 }, DATA); // no relay
  second.drain();
  assert.equal(second.toClients.length, before);
  assert.equal(second.server.statistics.droppedPackets, 2);
});

test('where the kernel finds the way by itself, a relayed port of another shard is an ordinary peer', () => {
  const peerPolicy = { ...DEFAULT_OPTIONS.peerPolicy, private: 'allow' as const };
  const relayAddresses = { v4: SERVER.ip, byServerIp: new Map([[SERVER.ip, SERVER.ip]]) };
  const [first] = shardsOf(2, { peerPolicy, relayAddresses });
  assert.ok(first);
  const alice = new RawClient(first, CLIENT);
  alice.allocate();
  alice.permit(SERVER.ip);
  alice.send({ ip: SERVER.ip, port: 50_900 }, DATA);
  assert.deepEqual(first.toSiblings, []);
  assert.equal(first.toPeers.length, 1);
});

test('machines that share a ledger share the quota of a user, of an address, and of all', () => {
  const quotaLedger = new LocalQuotaLedger();
  const labs = shardsOf(2, { quotaLedger, quotas: { perUser: 2, total: 1000 } });
  const allocate = (n: number, username = 'alice', password = 'wonder') => {
    const lab = labs[n % 2];
    assert.ok(lab);
    const client = new RawClient(lab, { ...CLIENT, port: 43_000 + n }, username, password);
    return { client, code: codeOf(client.request(TurnMethod.ALLOCATE, udpRequested)) };
  };
  const first = allocate(0);
  assert.deepEqual([first.code, allocate(1).code, allocate(2).code, allocate(3).code], [0, 0, 486, 486]);
  assert.equal(allocate(4, 'bob', 'builder').code, 0);
  first.client.refresh(0);
  assert.equal(allocate(5).code, 0, 'what one machine gives back another may take');
  assert.equal(first.client.leg.transport, 'udp');
  assert.equal(quotaLedger.mayHold('', 1, 3), false, 'three are held in all');
  assert.equal(quotaLedger.mayHold('', 1, 4), true);
});

test('every session has a name that no other shard gives', () => {
  for (const [index, lab] of shardsOf(3).entries()) {
    new RawClient(lab, CLIENT).allocate();
    assert.equal(lab.server.sessions(0)[0]?.id, `${index}-1`);
  }
});

test('a Binding request is answered by whatever shard it reaches', () => {
  for (const lab of shardsOf(2)) {
    const client = new RawClient(lab, CLIENT);
    assert.ok(client.exchange(client.bare(0x001))?.has(StunAttribute.XOR_MAPPED_ADDRESS));
  }
});
