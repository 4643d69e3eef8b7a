/** Client machine and server machine over a network that loses, delays and reorders. Virtual time, fixed seeds. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8 } from '../../src/base/index.ts';
import { isChannelData } from '../../src/turn/index.ts';
import { type Path, TurnWorld, type WorldClient } from '../support/turn/world.ts';

const PEER = { ip: '192.0.2.9', port: 9000 };
const DATA = encodeUtf8('media');

/** Allocate, permit, bind a channel, send both ways, refresh, give back: the life of a relayed call. */
function liveThrough(world: TurnWorld, client: WorldClient, lengthMs = 700_000): void {
  const start = world.now;
  const until = (done: () => boolean) => world.runUntil(world.now + 40_000, done);
  world.act(() => client.machine.bind(world.now));
  until(() => client.find('mapped') !== undefined);
  world.act(() => client.machine.allocate(world.now));
  until(() => client.find('allocated') !== undefined);
  world.act(() => client.machine.permit(world.now, [PEER.ip]));
  until(() => client.find('permitted') !== undefined);
  world.act(() => client.machine.bindChannel(world.now, PEER));
  until(() => client.find('channel-bound') !== undefined);
  // Long enough for refreshes of the allocation, the permissions and the channel.
  world.runUntil(start + lengthMs);
  world.act(() => client.machine.send(world.now, PEER, DATA));
  const relayed = client.find('allocated')?.relayed[0];
  if (relayed) world.peerSends(PEER, relayed, DATA);
  world.runUntil(world.now + 1000);
  world.act(() => client.machine.close(world.now));
  world.runUntil(world.now + 40_000);
}

function assertLived(world: TurnWorld, client: WorldClient, context: string): void {
  assert.deepEqual(client.all('failed'), [], context);
  assert.deepEqual(client.find('closed'), { type: 'closed', failure: undefined }, context);
  assert.equal(world.serverEvents.filter((event) => event.type === 'allocation-created').length, 1, context);
  const ended = world.serverEvents.filter((event) => event.type === 'allocation-ended');
  assert.deepEqual(
    ended.map((event) => event.reason),
    ['deleted'],
    context,
  );
  assert.equal(world.server.statistics.relays, 0, context);
}

test('the whole life of a relayed call, without any loss', () => {
  const world = new TurnWorld(1);
  const client = world.client();
  liveThrough(world, client);
  assertLived(world, client, 'no loss');
  assert.deepEqual(world.atPeers.at(-1)?.bytes, DATA);
  assert.deepEqual(client.all('data'), [{ type: 'data', from: PEER, bytes: DATA }]);
  const mapped = client.find('mapped');
  assert.deepEqual(mapped?.address, client.leg.client);
  assert.equal(mapped?.roundTripMs, 40);
});

test('survives the loss of any one datagram between client and server', () => {
  const whole = new TurnWorld(1);
  liveThrough(whole, whole.client());
  const count = whole.datagrams;
  assert.ok(count > 20);
  for (let lost = 0; lost < count; lost++) {
    let lostData = false;
    const drop: Path['drop'] = (n, bytes) => {
      if (n === lost && isChannelData(bytes)) lostData = true;
      return n === lost;
    };
    const world = new TurnWorld(1, { drop });
    const client = world.client();
    liveThrough(world, client);
    assertLived(world, client, `datagram ${lost} of ${count} lost`);
    // One loss costs one retransmission: 500 ms.
    const allocatedAt = client.timeOf('allocated') ?? Number.POSITIVE_INFINITY;
    assert.ok(allocatedAt <= 1200, `allocated after ${allocatedAt} ms`);
    if (lostData) continue;
    assert.equal(world.atPeers.length, 1, `datagram ${lost}`);
    assert.equal(client.all('data').length, 1, `datagram ${lost}`);
  }
});

test('30 % loss, jitter and reordering: many calls, each lives or ends with a code, and none leaks', () => {
  let lived = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const world = new TurnWorld(seed, { lossFraction: 0.3, delayMs: 30, jitterMs: 200 });
    const client = world.client();
    liveThrough(world, client, 400_000);
    const closed = client.find('closed');
    assert.ok(closed, `seed ${seed}`);
    if (closed.failure) assert.equal(closed.failure.code, 'STUN_TIMED_OUT');
    else lived += 1;
    const created = world.serverEvents.filter((event) => event.type === 'allocation-created');
    assert.ok(created.length <= 1, `seed ${seed}: one Allocate makes one allocation`);
    world.runUntil(world.now + 4_000_000);
    const { allocations, relays, rememberedAnswers } = world.server.statistics;
    assert.deepEqual(
      { allocations, relays, rememberedAnswers },
      { allocations: 0, relays: 0, rememberedAnswers: 0 },
    );
  }
  // Seven requests each way through: a transaction fails with (1 − 0.7²)⁷ ≈ 0.9 %.
  assert.ok(lived >= 50, `${lived} of 60`);
});

test('a server that does not answer: STUN_TIMED_OUT after 39.5 s', () => {
  const world = new TurnWorld(1, { drop: () => true });
  const client = world.client();
  world.act(() => client.machine.allocate(0));
  world.runUntil(60_000);
  assert.equal(client.timeOf('closed'), 39_500);
  assert.equal(client.find('closed')?.failure?.code, 'STUN_TIMED_OUT');
  assert.equal(world.datagrams, 7);
  assert.equal(client.machine.nextTimeout(), Number.POSITIVE_INFINITY);
});

for (const transport of ['tcp', 'tls'] as const) {
  test(`over ${transport}, cut at random places: the same life, nothing repeated`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = new TurnWorld(seed);
      const client = world.client(transport);
      liveThrough(world, client);
      assertLived(world, client, `seed ${seed}`);
      assert.equal(client.all('data').length, 1);
      assert.equal(world.server.statistics.retransmissions, 0);
    }
  });
}

test('two clients talk through their two relayed addresses, inside the server', () => {
  const world = new TurnWorld(4, { lossFraction: 0.05, jitterMs: 30 });
  const alice = world.client();
  const bob = world.client('tcp', 'bob', 'builder');
  for (const each of [alice, bob]) world.act(() => each.machine.allocate(world.now));
  world.runUntil(20_000, () => Boolean(alice.find('allocated') && bob.find('allocated')));
  const aliceAt = alice.find('allocated')?.relayed[0];
  const bobAt = bob.find('allocated')?.relayed[0];
  assert.ok(aliceAt && bobAt);
  world.act(() => alice.machine.bindChannel(world.now, bobAt));
  world.act(() => bob.machine.permit(world.now, [aliceAt.ip]));
  world.runUntil(60_000, () => Boolean(alice.find('channel-bound') && bob.find('permitted')));
  for (let i = 0; i < 100; i++) {
    world.act(() => alice.machine.send(world.now, bobAt, Uint8Array.of(i)));
    world.act(() => bob.machine.send(world.now, aliceAt, Uint8Array.of(i)));
    world.runUntil(world.now + 20);
  }
  world.runUntil(world.now + 1000);
  assert.ok(alice.all('data').length >= 80);
  assert.ok(bob.all('data').length >= 80);
  assert.deepEqual(bob.all('data')[0]?.from, aliceAt);
  assert.equal(world.atPeers.length, 0, 'nothing went over the network behind the server');
});

test('the server restarts with empty memory: the next refresh tells, with TURN_ALLOCATION_MISMATCH', () => {
  const world = new TurnWorld(1);
  const client = world.client();
  world.act(() => client.machine.allocate(0));
  world.runUntil(10_000);
  assert.ok(client.find('allocated'));
  world.restartServer();
  world.runUntil(1_000_000);
  assert.equal(client.find('closed')?.failure?.code, 'TURN_ALLOCATION_MISMATCH');
});

test('equal seeds tell equal stories, packet by packet', () => {
  const story = (seed: number) => {
    const world = new TurnWorld(seed, { lossFraction: 0.2, jitterMs: 100 });
    liveThrough(world, world.client());
    return world.log;
  };
  assert.deepEqual(story(9), story(9));
  assert.notDeepEqual(story(9), story(10));
});
