/** A day of relayed calls in virtual time: refreshes, nonces that go stale every hour, and nothing that grows. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LinkOptions } from '../../src/vnet/index.ts';
import { TurnScene } from '../support/turn/scene.ts';

const HOUR = 3_600_000;
const PEERS = 25;
const CHANNEL_PEERS = 5;

for (const [name, transport, link] of [
  ['UDP, a perfect network', 'udp', {}],
  ['UDP, 5 % loss and 100 ms of jitter', 'udp', { loss: 0.05, jitterMs: 100, reorderFraction: 0.2 }],
  ['TCP, 2 % loss', 'tcp', { loss: 0.02, jitterMs: 20 }],
] as [string, 'udp' | 'tcp', Partial<LinkOptions>][]) {
  test(`24 hours over ${name}: every hour every peer can talk and be talked to`, () => {
    const scene = new TurnScene({ seed: 3 });
    const { world, server } = scene;
    const caller = scene.caller({ transport, link });
    const peers = Array.from({ length: PEERS }, (_, i) => scene.peer(`192.0.2.${i + 1}`, 9000 + i));
    const relayed = caller.allocate();
    caller.permit(...peers.slice(CHANNEL_PEERS).map(({ address }) => address.ip));
    for (const { address } of peers.slice(0, CHANNEL_PEERS)) caller.bindChannel(address);
    world.run(20_000);
    assert.equal(caller.all('channel-bound').length, CHANNEL_PEERS);

    const before = world.log.count;
    let remembered = 0;
    for (let hour = 1; hour <= 24; hour++) {
      world.runUntil(hour * HOUR);
      caller.events.length = 0;
      for (const peer of peers) {
        peer.received.length = 0;
        // Three times each, so that 5 % loss does not matter.
        for (let i = 0; i < 3; i++) {
          assert.ok(caller.send(peer.address, Uint8Array.of(hour)));
          peer.send(relayed, Uint8Array.of(hour));
        }
      }
      world.run(transport === 'udp' ? 1000 : 10_000);
      const reached = peers.filter(({ received }) => received.length > 0).length;
      assert.ok(reached >= PEERS - 1, `hour ${hour}: ${reached} peers reached`);
      const heard = new Set(caller.all('data').map(({ from }) => from.ip)).size;
      assert.ok(heard >= PEERS - 1, `hour ${hour}: ${heard} peers heard`);
      remembered = Math.max(remembered, server.machine.statistics.rememberedAnswers);
      assert.equal(server.machine.statistics.relays, 1);
      assert.equal(scene.serverHost.socketCount, transport === 'udp' ? 5 : 6);
    }
    assert.equal(caller.find('closed'), undefined);
    assert.deepEqual(caller.all('failed'), []);
    assert.ok(remembered < 50, `${remembered} answers remembered at most`);
    // The nonce expired every hour and was renewed by 438 without anybody noticing.
    const stale = scene.told('refused').filter(({ code }) => code === 438);
    assert.ok(stale.length >= 23, `${stale.length} stale nonces`);
    // Each datagram is told of when it leaves and when it arrives; TCP acknowledges each.
    const perHour = (world.log.count - before) / 24;
    assert.ok(perHour < (transport === 'udp' ? 3000 : 6000), `${perHour} packet records an hour`);

    caller.act((machine, now) => machine.close(now));
    world.run(60_000);
    assert.equal(server.machine.statistics.relays, 0);
    // One sweep may still be due for what would have expired.
    world.run(600_000);
    assert.equal(server.machine.nextTimeout(), Number.POSITIVE_INFINITY);
    assert.equal(scene.serverHost.socketCount, 4);
  });
}

test('24 hours behind a NAT that forgets after 30 seconds: refreshes alone do not hold the way open, traffic does', () => {
  for (const [everyMs, holds] of [
    [20_000, true],
    [120_000, false],
  ] as const) {
    const scene = new TurnScene({ seed: 8 });
    const { world } = scene;
    const peer = scene.peer();
    const caller = scene.caller({
      nat: {
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        hairpin: false,
        mappingLifetimeMs: 30_000,
        inboundRefresh: false,
        preservePort: false,
        ports: { min: 1024, max: 65_535 },
      },
    });
    const relayed = caller.allocate();
    caller.permit(peer.address.ip);
    const end = world.now + 24 * HOUR;
    while (world.now < end && !caller.find('closed')) {
      // A Binding request, as ICE and browsers send it to keep the way open.
      caller.act((machine, now) => machine.bind(now));
      world.run(everyMs);
    }
    if (holds) {
      peer.send(relayed, Uint8Array.of(1));
      world.run(1000);
      assert.equal(caller.find('closed'), undefined);
      assert.equal(caller.all('data').length, 1);
    } else {
      // Another port after each silence is another 5-tuple to the server: it knows no allocation there.
      assert.equal(caller.find('closed')?.failure?.code, 'TURN_ALLOCATION_MISMATCH');
    }
  }
});
