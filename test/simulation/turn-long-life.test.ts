/** A day of relayed calls in virtual time: refreshes, nonces that go stale every hour, and nothing that grows. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Path, TurnWorld } from '../support/turn/world.ts';

const HOUR = 3_600_000;
const PEERS = Array.from({ length: 25 }, (_, i) => ({ ip: `192.0.2.${i + 1}`, port: 9000 + i }));
const CHANNEL_PEERS = PEERS.slice(0, 5);
const PERMITTED_PEERS = PEERS.slice(5);

for (const [name, path] of [
  ['a perfect network', {}],
  ['5 % loss and 100 ms of jitter', { lossFraction: 0.05, jitterMs: 100 }],
] as [string, Partial<Path>][]) {
  test(`24 hours over ${name}: every hour every peer can talk and be talked to`, () => {
    const world = new TurnWorld(3, path);
    const client = world.client();
    world.act(() => client.machine.allocate(0));
    world.runUntil(10_000);
    const relayed = client.find('allocated')?.relayed[0];
    assert.ok(relayed);
    world.act(() =>
      client.machine.permit(
        world.now,
        PERMITTED_PEERS.map((peer) => peer.ip),
      ),
    );
    for (const peer of CHANNEL_PEERS) world.act(() => client.machine.bindChannel(world.now, peer));
    world.runUntil(20_000);
    assert.equal(client.all('channel-bound').length, CHANNEL_PEERS.length);

    let remembered = 0;
    for (let hour = 1; hour <= 24; hour++) {
      world.runUntil(hour * HOUR);
      world.atPeers.length = 0;
      const before = client.all('data').length;
      for (const peer of PEERS) {
        // Three times each, so that 5 % loss does not matter.
        for (let i = 0; i < 3; i++) {
          world.act(() => assert.ok(client.machine.send(world.now, peer, Uint8Array.of(hour))));
          world.peerSends(peer, relayed, Uint8Array.of(hour));
        }
      }
      world.runUntil(world.now + 1000);
      const reached = new Set(world.atPeers.map(({ to }) => to.ip));
      assert.ok(reached.size >= PEERS.length - 1, `hour ${hour}: ${reached.size} peers reached`);
      const heard = new Set(
        client
          .all('data')
          .slice(before)
          .map(({ from }) => from.ip),
      );
      assert.ok(heard.size >= PEERS.length - 1, `hour ${hour}: ${heard.size} peers heard`);
      remembered = Math.max(remembered, world.server.statistics.rememberedAnswers);
      assert.equal(world.server.statistics.relays, 1);
    }
    assert.equal(client.find('closed'), undefined);
    assert.deepEqual(client.all('failed'), []);
    assert.ok(remembered < 50, `${remembered} answers remembered at most`);
    // The nonce expired every hour and was renewed by 438 without anybody noticing.
    const stale = world.serverEvents.filter((event) => event.type === 'refused' && event.code === 438);
    assert.ok(stale.length >= 23, `${stale.length} stale nonces`);
    // About 15 s between requests on average: refreshes, not a storm.
    assert.ok(world.datagrams < 24 * 240 * 2.5 + 24 * 25 * 6 * 2, `${world.datagrams} datagrams`);

    world.act(() => client.machine.close(world.now));
    world.runUntil(world.now + 60_000);
    assert.equal(world.server.statistics.relays, 0);
    assert.equal(world.server.nextTimeout(), Number.POSITIVE_INFINITY);
  });
}

test('a client that vanishes is forgotten when its lifetime ends, and its permissions with it', () => {
  const world = new TurnWorld(1);
  const client = world.client();
  world.act(() => client.machine.allocate(0));
  world.runUntil(1000);
  world.act(() => client.machine.permit(world.now, ['192.0.2.1']));
  world.runUntil(2000);
  client.machine.abort(world.now); // the laptop lid closes
  world.runUntil(2 * HOUR);
  const ended = world.serverEvents.find((event) => event.type === 'allocation-ended');
  assert.equal(ended?.reason, 'expired');
  const { allocations, relays, rememberedAnswers } = world.server.statistics;
  assert.deepEqual(
    { allocations, relays, rememberedAnswers },
    { allocations: 0, relays: 0, rememberedAnswers: 0 },
  );
});
