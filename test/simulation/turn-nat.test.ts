/** TURN through NATs: every kind lets a client reach its relay, and every pair of kinds reaches each other by relays. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { NAT_PRESETS, type NatKind, nthPacket } from '../../src/vnet/index.ts';
import { type Caller, TurnScene } from '../support/turn/scene.ts';

const KINDS: readonly NatKind[] = ['full-cone', 'restricted', 'port-restricted', 'symmetric'];

for (const kind of KINDS) {
  for (const transport of ['udp', 'tcp'] as const) {
    test(`through a ${kind} NAT over ${transport}: what peers say comes in, whoever was permitted`, () => {
      const scene = new TurnScene();
      const caller = scene.caller({ nat: kind, transport });
      const [friend, stranger] = [scene.peer('192.0.2.9'), scene.peer('192.0.2.66')];
      const relayed = caller.allocate();
      assert.equal(caller.find('allocated')?.mapped.ip, '203.0.113.1');
      caller.permit(friend.address.ip);
      for (let minute = 0; minute < 30; minute++) {
        friend.send(relayed, Uint8Array.of(minute));
        stranger.send(relayed, Uint8Array.of(99));
        assert.ok(caller.send(friend.address, Uint8Array.of(minute)));
        scene.world.run(60_000);
      }
      const minutes = Array.from({ length: 30 }, (_, i) => i);
      assert.deepEqual(
        caller.all('data').map(({ bytes }) => bytes[0]),
        minutes,
      );
      assert.deepEqual(
        friend.received.map(({ from, bytes }) => [from, bytes[0]]),
        minutes.map((minute) => [relayed, minute]),
      );
      assert.equal(scene.server.machine.statistics.allocations, 1);
    });
  }
}

test('every pair of NATs: two clients reach each other by their relays, where theory says that nothing else will', () => {
  for (const a of KINDS) {
    for (const b of KINDS) {
      const scene = new TurnScene();
      const [alice, bob] = [
        scene.caller({ nat: a }),
        scene.caller({ nat: b, username: 'bob', password: 'builder' }),
      ];
      const [aliceAt, bobAt] = [alice.allocate(), bob.allocate()];
      alice.permit(bobAt.ip);
      bob.permit(aliceAt.ip);
      alice.send(bobAt, Uint8Array.of(1));
      bob.send(aliceAt, Uint8Array.of(2));
      scene.world.run(200);
      assert.deepEqual(
        bob.all('data')[0],
        { type: 'data', from: aliceAt, bytes: Uint8Array.of(1) },
        `${a} ${b}`,
      );
      assert.deepEqual(
        alice.all('data')[0],
        { type: 'data', from: bobAt, bytes: Uint8Array.of(2) },
        `${a} ${b}`,
      );
    }
  }
});

/** Lets a call be there for a while, then the router loses its mappings, then goes on until the client has noticed. */
function rebound(kind: NatKind): { scene: TurnScene; caller: Caller } {
  const scene = new TurnScene();
  const caller = scene.caller({ nat: { ...NAT_PRESETS[kind], preservePort: false } });
  caller.allocate();
  scene.world.run(60_000);
  caller.nat?.reboot();
  scene.world.run(1_200_000);
  return { scene, caller };
}

test('a router that restarts gives another port: the client learns that its allocation is out of reach, the server lets go', () => {
  for (const kind of KINDS) {
    const { scene, caller } = rebound(kind);
    const [before, after] = [scene.told('allocation-created')[0]?.leg, caller.find('closed')];
    // RFC 8656 §5: another 5-tuple, so 437.
    assert.equal(after?.failure?.code, 'TURN_ALLOCATION_MISMATCH', kind);
    assert.equal(before?.client.ip, '203.0.113.1');
    assert.equal(scene.told('allocation-ended')[0]?.reason, 'expired');
    assert.equal(scene.server.machine.statistics.relays, 0);
    assert.equal(scene.server.legs.heldCount, 0);
    // The same user can begin anew at once: nothing of the quota is lost.
    const again = scene.caller({ nat: kind });
    assert.ok(again.allocate().port);
  }
});

test('an allocation through a symmetric NAT survives the loss of any one datagram', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    const scene = new TurnScene();
    const peer = scene.peer();
    const caller = scene.caller({ nat: 'symmetric', link: { trap: lost.trap } });
    caller.allocate();
    caller.bindChannel(peer.address);
    // More often than the NAT forgets, even if one of them is lost.
    for (let minute = 0; minute < 12; minute++) {
      scene.world.run(59_000);
      caller.act((machine, now) => machine.bind(now));
    }
    assert.equal(caller.find('closed'), undefined, `datagram ${n} lost`);
    assert.equal(scene.told('allocation-created').length, 1);
    caller.act((machine, now) => machine.close(now));
    caller.until('closed');
    scene.world.run(60_000);
    assert.equal(scene.server.machine.statistics.relays, 0, `datagram ${n} lost`);
    return lost.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  assert.ok(count > 10);
  for (let n = 0; n < count; n++) live(n);
});
