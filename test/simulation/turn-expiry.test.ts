/** When things end, to the second: allocations, permissions, channels, nonces, reservations. RFC 8656 §6, §9, §12. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Millis } from '../../src/base/index.ts';
import { type Caller, type Peer, TurnScene } from '../support/turn/scene.ts';

/** From the client's access to the server; the server's own takes no time. */
const ONE_WAY_MS = 20;

/** Nothing of the client gets through any more; what is sent to it still does. */
function silence(caller: Caller): void {
  caller.access.up.change({ loss: 1 });
}

/** Sends from the peer every 10 ms for so long, and tells when the last one reached the client's host. */
function lastHeardAt(
  scene: TurnScene,
  peer: Peer,
  caller: Caller,
  to: Parameters<Peer['send']>[0],
  forMs: Millis,
): Millis {
  const { world } = scene;
  let last = 0;
  world.log.onRecord(({ fate, where, at }) => {
    if (fate === 'arrived' && where === caller.host.name) last = at;
  });
  for (let at = 0; at < forMs; at += 10) world.after(at, () => peer.send(to, Uint8Array.of(1)));
  world.run(forMs + 1000);
  return last;
}

for (const seconds of [600, 1234, 3600]) {
  test(`an allocation of ${seconds} s that nobody refreshes ends after ${seconds} s`, () => {
    const scene = new TurnScene({ server: { lifetimes: { permissionSeconds: 10_000 } } });
    const [caller, peer] = [scene.caller(), scene.peer()];
    const relayed = caller.allocate({ lifetimeSeconds: seconds });
    caller.permit(peer.address.ip);
    silence(caller);
    const createdAt = scene.toldAt('allocation-created') ?? Number.NaN;
    scene.world.runUntil(createdAt + seconds * 1000 - 5000);
    const last = lastHeardAt(scene, peer, caller, relayed, 10_000);
    const end = createdAt + seconds * 1000;
    // The last packet before the end is relayed, none after it.
    assert.ok(last - ONE_WAY_MS < end && last - ONE_WAY_MS >= end - 10, `${last - ONE_WAY_MS - end} ms`);
    const endedAt = scene.toldAt('allocation-ended') ?? Number.NaN;
    assert.ok(endedAt >= end && endedAt <= end + 1000, `its port is free after ${endedAt - end} ms`);
    assert.equal(scene.told('allocation-ended')[0]?.reason, 'expired');
    assert.equal(scene.serverHost.socketCount, 4);
  });
}

test('a refresh counts from when it reached the server', () => {
  const scene = new TurnScene();
  const caller = scene.caller();
  caller.allocate();
  const createdAt = scene.toldAt('allocation-created') ?? Number.NaN;
  // The client refreshes a minute before the end: at 540 s of its own time.
  scene.world.runUntil(createdAt + 545_000);
  silence(caller);
  scene.world.run(1_000_000);
  const refreshedAt = createdAt + ONE_WAY_MS + 540_000 + ONE_WAY_MS;
  const endedAt = scene.toldAt('allocation-ended') ?? Number.NaN;
  assert.ok(Math.abs(endedAt - refreshedAt - 600_000) <= 1000, `${endedAt - refreshedAt} ms`);
});

test('a permission ends after 300 s, a channel permits as long', () => {
  for (const make of ['permission', 'channel'] as const) {
    const scene = new TurnScene();
    const [caller, peer] = [scene.caller(), scene.peer()];
    const relayed = caller.allocate();
    if (make === 'permission') caller.permit(peer.address.ip);
    else caller.bindChannel(peer.address);
    const madeAt = scene.world.now - ONE_WAY_MS;
    silence(caller);
    scene.world.runUntil(madeAt + 295_000);
    const last = lastHeardAt(scene, peer, caller, relayed, 10_000) - ONE_WAY_MS;
    assert.ok(last < madeAt + 300_000 && last >= madeAt + 299_990, `${make}: ${last - madeAt} ms`);
  }
});

test('a channel ends after 600 s: what its peer says comes as Data indication then', () => {
  const scene = new TurnScene({
    server: { lifetimes: { allocationSeconds: 3600, permissionSeconds: 3600 } },
  });
  const [caller, peer] = [scene.caller(), scene.peer()];
  const relayed = caller.allocate();
  caller.bindChannel(peer.address);
  const madeAt = scene.world.now - ONE_WAY_MS;
  silence(caller);
  const firstBytes: { at: Millis; first: number }[] = [];
  scene.world.log.onRecord(({ fate, where, at, packet }) => {
    if (fate === 'arrived' && where === caller.host.name) {
      firstBytes.push({ at: at - ONE_WAY_MS, first: packet.payload[0] ?? 0 });
    }
  });
  scene.world.runUntil(madeAt + 595_000);
  lastHeardAt(scene, peer, caller, relayed, 10_000);
  const channelData = firstBytes.filter(({ first }) => first >= 0x40).map(({ at }) => at);
  const indications = firstBytes.filter(({ first }) => first < 0x40).map(({ at }) => at);
  assert.ok((channelData.at(-1) ?? 0) < madeAt + 600_000);
  assert.ok((indications[0] ?? 0) >= madeAt + 600_000 && (indications[0] ?? 0) <= madeAt + 600_010);
});

test('a nonce is good for its hour, and is stale then', () => {
  const scene = new TurnScene();
  const caller = scene.caller();
  caller.allocate();
  const mintedAt = scene.world.now;
  scene.world.runUntil(mintedAt + 3_500_000);
  assert.equal(scene.told('refused').filter(({ code }) => code === 438).length, 0);
  scene.world.runUntil(mintedAt + 4_200_000);
  assert.equal(scene.told('refused').filter(({ code }) => code === 438).length, 1);
  assert.equal(caller.find('closed'), undefined);
});

test('a reserved port waits 30 s for its token', () => {
  for (const [afterMs, given] of [
    [29_900, true],
    [30_000, false],
  ] as const) {
    const scene = new TurnScene();
    const [first, second] = [scene.caller(), scene.caller()];
    first.allocate({ evenPort: 'reserve-next' });
    const { token, relayed } = first.until('allocated');
    assert.ok(token);
    const reservedAt = scene.toldAt('allocation-created') ?? Number.NaN;
    // The first request is challenged: two one-way times and a half more until the token is seen.
    scene.world.runUntil(reservedAt + afterMs - 3 * ONE_WAY_MS);
    second.act((machine, now) => machine.allocate(now, { token }));
    scene.world.run(1000);
    const port = second.find('allocated')?.relayed[0]?.port;
    if (given) assert.equal(port, (relayed[0]?.port ?? 0) + 1);
    else assert.equal(second.find('closed')?.failure?.code, 'TURN_NO_CAPACITY');
  }
});
