/** Client machine and server machine over links that lose, delay and reorder. Virtual time, fixed seeds. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8 } from '../../src/base/index.ts';
import { isChannelData } from '../../src/turn/index.ts';
import { burstyLoss, nthPacket } from '../../src/vnet/index.ts';
import { type Caller, type Peer, TurnScene } from '../support/turn/scene.ts';

const DATA = encodeUtf8('media');

/** Allocate, permit, bind a channel, send both ways, refresh, give back: the life of a relayed call. */
function liveThrough(scene: TurnScene, caller: Caller, peer: Peer, lengthMs = 700_000): void {
  const { world } = scene;
  const start = world.now;
  const until = (done: () => boolean) => world.runUntil(world.now + 40_000, done);
  caller.act((machine, now) => machine.bind(now));
  until(() => caller.find('mapped') !== undefined);
  caller.act((machine, now) => machine.allocate(now));
  until(() => caller.find('allocated') !== undefined);
  caller.act((machine, now) => machine.permit(now, [peer.address.ip]));
  until(() => caller.find('permitted') !== undefined);
  caller.act((machine, now) => machine.bindChannel(now, peer.address));
  until(() => caller.find('channel-bound') !== undefined);
  // Long enough for refreshes of the allocation, the permissions and the channel.
  world.runUntil(start + lengthMs);
  caller.send(peer.address, DATA.slice());
  const relayed = caller.find('allocated')?.relayed[0];
  if (relayed) peer.send(relayed, DATA.slice());
  world.run(1000);
  caller.act((machine, now) => machine.close(now));
  world.run(40_000);
}

function assertLived(scene: TurnScene, caller: Caller, context: string): void {
  assert.deepEqual(caller.all('failed'), [], context);
  assert.deepEqual(caller.find('closed'), { type: 'closed', failure: undefined }, context);
  assert.equal(scene.told('allocation-created').length, 1, context);
  assert.deepEqual(
    scene.told('allocation-ended').map((event) => event.reason),
    ['deleted'],
    context,
  );
  assertEmpty(scene, context);
}

/** Nothing is left of the call at the server: no port, no leg, no timer that counts for it. */
function assertEmpty(scene: TurnScene, context: string): void {
  const { allocations, relays } = scene.server.machine.statistics;
  const { heldCount } = scene.server.legs;
  assert.deepEqual({ allocations, relays, heldCount }, { allocations: 0, relays: 0, heldCount: 0 }, context);
  assert.equal(scene.serverHost.socketCount, 4, `${context}: the listening sockets only`);
}

test('the whole life of a relayed call, without any loss', () => {
  const scene = new TurnScene();
  const [caller, peer] = [scene.caller(), scene.peer()];
  liveThrough(scene, caller, peer);
  assertLived(scene, caller, 'no loss');
  const relayed = caller.find('allocated')?.relayed[0];
  assert.deepEqual(
    peer.received.map(({ from, bytes }) => ({ from, bytes })),
    [{ from: relayed, bytes: DATA }],
  );
  assert.deepEqual(caller.all('data'), [{ type: 'data', from: peer.address, bytes: DATA }]);
  const mapped = caller.find('mapped');
  assert.equal(mapped?.address.ip, '203.0.113.1');
  assert.equal(mapped?.roundTripMs, 40);
});

test('survives the loss of any one datagram between client and server', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    const scene = new TurnScene();
    const [caller, peer] = [scene.caller({ link: { trap: lost.trap } }), scene.peer()];
    liveThrough(scene, caller, peer);
    assertLived(scene, caller, `datagram ${n} lost`);
    // One loss costs one retransmission: 500 ms.
    const allocatedAt = caller.timeOf('allocated') ?? Number.POSITIVE_INFINITY;
    assert.ok(allocatedAt <= 1200, `allocated after ${allocatedAt} ms`);
    if (lost.taken === undefined || !isChannelData(lost.taken.payload)) {
      assert.equal(peer.received.length, 1, `datagram ${n}`);
      assert.equal(caller.all('data').length, 1, `datagram ${n}`);
    }
    return lost.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  assert.ok(count > 20);
  for (let n = 0; n < count; n++) live(n);
});

test('survives any two datagrams lost in a row', () => {
  const live = (n: number): number => {
    const [one, two] = [nthPacket(n), nthPacket(n + 1)];
    const scene = new TurnScene();
    const trap: typeof one.trap = (packet) => [one.trap(packet), two.trap(packet)].includes(true);
    const [caller, peer] = [scene.caller({ link: { trap } }), scene.peer()];
    liveThrough(scene, caller, peer);
    assertLived(scene, caller, `datagrams ${n} and ${n + 1} lost`);
    return one.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  for (let n = 0; n < count; n++) live(n);
});

test('30 % loss, jitter and reordering: many calls, each lives or ends with a code, and none leaks', () => {
  let lived = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const scene = new TurnScene({ seed });
    const link = { loss: 0.3, latencyMs: 30, jitterMs: 100, reorderFraction: 0.3, reorderMs: 200 };
    const [caller, peer] = [scene.caller({ link }), scene.peer()];
    liveThrough(scene, caller, peer, 400_000);
    const closed = caller.find('closed');
    assert.ok(closed, `seed ${seed}`);
    if (closed.failure) assert.equal(closed.failure.code, 'STUN_TIMED_OUT');
    else lived += 1;
    const created = scene.told('allocation-created');
    assert.ok(created.length <= 1, `seed ${seed}: one Allocate makes one allocation`);
    scene.world.run(4_000_000);
    assertEmpty(scene, `seed ${seed}`);
    assert.equal(scene.server.machine.statistics.rememberedAnswers, 0);
  }
  // Seven requests each way through: a transaction fails with (1 − 0.7²)⁷ ≈ 0.9 %.
  assert.ok(lived >= 50, `${lived} of 60`);
});

test('bursts of loss, duplicates and damaged datagrams: the same', () => {
  let lived = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const scene = new TurnScene({ seed });
    const link = { loss: burstyLoss(0.15, 4), duplicateFraction: 0.2, corruptFraction: 0.05 };
    const [caller, peer] = [scene.caller({ link }), scene.peer()];
    liveThrough(scene, caller, peer, 400_000);
    assert.ok(caller.find('closed'), `seed ${seed}`);
    if (!caller.find('closed')?.failure) lived += 1;
    assert.ok(scene.told('allocation-created').length <= 1, `seed ${seed}`);
    scene.world.run(4_000_000);
    assertEmpty(scene, `seed ${seed}`);
  }
  assert.ok(lived >= 25, `${lived} of 30`);
});

test('a server that does not answer: STUN_TIMED_OUT after 39.5 s', () => {
  const scene = new TurnScene();
  const caller = scene.caller({ link: { loss: 1 } });
  caller.act((machine, now) => machine.allocate(now));
  scene.world.run(60_000);
  assert.equal(caller.timeOf('closed'), 39_500);
  assert.equal(caller.find('closed')?.failure?.code, 'STUN_TIMED_OUT');
  assert.equal(scene.world.log.records.filter(({ fate }) => fate === 'sent').length, 7);
  assert.equal(caller.machine.nextTimeout(), Number.POSITIVE_INFINITY);
});

for (const [name, link] of [
  ['a perfect link', {}],
  [
    'a link that loses and reorders',
    { loss: 0.05, jitterMs: 20, reorderFraction: 0.1, duplicateFraction: 0.05 },
  ],
] as const) {
  test(`over TCP on ${name}: the same life, nothing repeated above it`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const scene = new TurnScene({ seed });
      const [caller, peer] = [scene.caller({ transport: 'tcp', link }), scene.peer()];
      liveThrough(scene, caller, peer);
      assertLived(scene, caller, `seed ${seed}`);
      assert.equal(peer.received.length, 1);
      assert.equal(caller.all('data').length, 1);
      assert.equal(scene.server.machine.statistics.retransmissions, 0);
    }
  });
}

test('over TCP: 500 datagrams each way arrive whole and in order through loss', () => {
  const scene = new TurnScene({ seed: 3 });
  const peer = scene.peer();
  const caller = scene.caller({ transport: 'tcp', link: { loss: 0.05, reorderFraction: 0.1 } });
  const relayed = caller.allocate();
  caller.bindChannel(peer.address);
  for (let i = 0; i < 500; i++) {
    const bytes = new Uint8Array(1 + ((i * 37) % 1200)).fill(i);
    assert.ok(caller.send(peer.address, bytes.slice()));
    peer.send(relayed, bytes);
    scene.world.run(5);
  }
  scene.world.run(60_000);
  for (const heard of [caller.all('data'), peer.received]) {
    assert.equal(heard.length, 500);
    for (const [i, { bytes }] of heard.entries()) {
      assert.equal(bytes.length, 1 + ((i * 37) % 1200));
      assert.ok(bytes.every((byte) => byte === (i & 0xff)));
    }
  }
});

test('two clients talk through their two relayed addresses, inside the server', () => {
  const scene = new TurnScene({ seed: 4 });
  const link = { loss: 0.05, jitterMs: 30 };
  const alice = scene.caller({ link });
  const bob = scene.caller({ transport: 'tcp', username: 'bob', password: 'builder', link });
  const [aliceAt, bobAt] = [alice.allocate(), bob.allocate()];
  alice.bindChannel(bobAt);
  bob.permit(aliceAt.ip);
  for (let i = 0; i < 100; i++) {
    alice.send(bobAt, Uint8Array.of(i));
    bob.send(aliceAt, Uint8Array.of(i));
    scene.world.run(20);
  }
  scene.world.run(10_000);
  assert.ok(alice.all('data').length >= 80);
  assert.ok(bob.all('data').length >= 80);
  assert.deepEqual(bob.all('data')[0]?.from, aliceAt);
  const relays = new Set([aliceAt.port, bobAt.port]);
  const outside = scene.world.log.records.filter(({ packet }) => relays.has(packet.from.port));
  assert.deepEqual(outside, [], 'nothing went over the network behind the server');
});

test('the server restarts with empty memory: the next refresh tells, with TURN_ALLOCATION_MISMATCH', () => {
  const scene = new TurnScene();
  const caller = scene.caller();
  caller.allocate();
  scene.restartServer();
  scene.world.run(1_000_000);
  assert.equal(caller.find('closed')?.failure?.code, 'TURN_ALLOCATION_MISMATCH');
});

test('the server restarts while a client is there by TCP: it learns at once', () => {
  const scene = new TurnScene();
  const caller = scene.caller({ transport: 'tcp' });
  caller.allocate();
  scene.restartServer();
  scene.world.run(100);
  assert.equal(caller.find('closed')?.failure?.code, 'TURN_CONNECTION_CLOSED');
});

test('equal seeds tell equal stories, packet by packet', () => {
  const story = (seed: number): number => {
    const scene = new TurnScene({ seed });
    const link = { loss: burstyLoss(0.2, 3), jitterMs: 100, reorderFraction: 0.1, corruptFraction: 0.02 };
    const peer = scene.peer();
    for (const transport of ['udp', 'tcp'] as const)
      liveThrough(scene, scene.caller({ transport, link }), peer);
    return scene.world.log.digest;
  };
  assert.equal(story(9), story(9));
  assert.notEqual(story(9), story(10));
});
