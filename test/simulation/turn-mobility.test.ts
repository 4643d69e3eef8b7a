/** Clients that change their network in the middle of a relayed call. RFC 8016, in virtual time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { NAT_PRESETS, nthPacket } from '../../src/vnet/index.ts';
import { type Caller, type Peer, TurnScene } from '../support/turn/scene.ts';

const WIFI_LATENCY_MS = 20;
const SERVER_OPTIONS = { mobility: true };

function call(scene: TurnScene, caller: Caller): Peer {
  const peer = scene.peer();
  caller.allocate({ mobile: true });
  caller.bindChannel(peer.address);
  return peer;
}

/** Both sides say a number every 20 ms for so long. */
function talk(scene: TurnScene, caller: Caller, peer: Peer, forMs: number): void {
  const relayed = caller.find('allocated')?.relayed[0];
  assert.ok(relayed);
  for (let at = 0; at < forMs; at += 20) {
    peer.send(relayed, Uint8Array.of(1));
    caller.send(peer.address, Uint8Array.of(2));
    scene.world.run(20);
  }
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`over ${transport}, from one network to another: the same relayed address, and a short silence`, () => {
    const scene = new TurnScene({ server: SERVER_OPTIONS });
    const caller = scene.caller({ transport });
    const peer = call(scene, caller);
    talk(scene, caller, peer, 2000);
    caller.events.splice(1);
    peer.received.length = 0;
    const movedAt = scene.world.now;
    caller.move('198.18.0.9', { latencyMs: 40 });
    talk(scene, caller, peer, 3000);

    assert.ok(caller.find('moved'));
    assert.equal(caller.find('closed'), undefined);
    const heardAt = caller.events.filter(({ event }) => event.type === 'data').map(({ at }) => at);
    const reachedAt = peer.received.map(({ at }) => at);
    for (const [who, times] of [
      ['the client', heardAt],
      ['the peer', reachedAt],
    ] as const) {
      const gaps = [movedAt, ...times].slice(1).map((at, i) => at - ([movedAt, ...times][i] ?? at));
      // A stale nonce (it belongs to the old address) and the move itself: two round trips of 80 ms; TCP: one more.
      assert.ok(Math.max(...gaps) < 600, `${who} heard nothing for ${Math.max(...gaps)} ms`);
      assert.ok(times.length > 110, `${who}: ${times.length} of 150`);
    }
    const { allocations, relays } = scene.server.machine.statistics;
    assert.deepEqual({ allocations, relays }, { allocations: 1, relays: 1 });
    assert.ok(scene.server.legs.heldCount <= 1, 'the old way is let go of');
    caller.act((machine, now) => machine.close(now));
    scene.world.run(10_000);
    assert.equal(scene.server.machine.statistics.relays, 0);
    assert.equal(scene.server.legs.heldCount, 0);
  });
}

test('the move survives the loss of any one datagram', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    const scene = new TurnScene({ server: SERVER_OPTIONS });
    const caller = scene.caller();
    const peer = call(scene, caller);
    talk(scene, caller, peer, 100);
    caller.move('198.18.0.9', { trap: lost.trap });
    talk(scene, caller, peer, 3000);
    assert.ok(caller.find('moved'), `datagram ${n} lost`);
    assert.equal(caller.find('closed'), undefined, `datagram ${n} lost`);
    assert.equal(scene.server.machine.statistics.allocations, 1);
    scene.world.run(700_000);
    assert.equal(caller.find('closed'), undefined, `datagram ${n} lost: it can still be refreshed`);
    assert.equal(scene.server.legs.heldCount, 1);
    return Math.min(lost.seen, 40);
  };
  const count = live(Number.POSITIVE_INFINITY);
  for (let n = 0; n < count; n++) live(n);
});

test('a router that restarts is survived with a ticket', () => {
  const scene = new TurnScene({ server: SERVER_OPTIONS });
  const caller = scene.caller({ nat: { ...NAT_PRESETS.symmetric, preservePort: false } });
  const peer = call(scene, caller);
  for (let i = 0; i < 20; i++) {
    caller.nat?.reboot();
    caller.rebind();
    talk(scene, caller, peer, 1000);
    assert.equal(caller.all('moved').length, i + 1);
  }
  assert.equal(caller.find('closed'), undefined);
  assert.equal(scene.told('allocation-created').length, 1);
  assert.equal(scene.server.legs.heldCount, 1);
  scene.world.run(WIFI_LATENCY_MS);
  const before = caller.all('data').length;
  talk(scene, caller, peer, 1000);
  assert.ok(caller.all('data').length >= before + 45);
});

test('a hundred moves over bad links: one allocation, one port, nothing left behind', () => {
  const scene = new TurnScene({ seed: 5, server: SERVER_OPTIONS });
  const caller = scene.caller();
  const peer = call(scene, caller);
  for (let i = 0; i < 100; i++) {
    caller.move(`198.18.1.${i + 1}`, { loss: 0.1, jitterMs: 30 });
    talk(scene, caller, peer, 200 + (i % 7) * 300);
    assert.ok(scene.server.machine.statistics.allocations <= 1);
    assert.ok(scene.server.legs.heldCount <= 2);
  }
  scene.world.run(60_000);
  assert.equal(caller.find('closed'), undefined);
  caller.act((machine, now) => machine.close(now));
  scene.world.run(60_000);
  const { allocations, relays } = scene.server.machine.statistics;
  assert.deepEqual(
    { allocations, relays, held: scene.server.legs.heldCount },
    { allocations: 0, relays: 0, held: 0 },
  );
  assert.equal(scene.serverHost.socketCount, 4);
});
