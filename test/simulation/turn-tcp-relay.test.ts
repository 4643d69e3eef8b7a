/** TCP to peers through the relay, over links that lose. RFC 6062, in virtual time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type ByteStream, SeededRandom, type SocketAddress } from '../../src/base/index.ts';
import { Host, type LinkOptions, nthPacket, type Trap } from '../../src/vnet/index.ts';
import { type Caller, TurnScene } from '../support/turn/scene.ts';
import { earOf } from '../support/vnet/pair.ts';

const PEER: SocketAddress = { ip: '192.0.2.9', port: 80 };

/** A peer that takes connections, and a client with a TCP allocation. */
function scene(link: Partial<LinkOptions> = {}, seed = 1, bytesPerSecond?: number) {
  const limits = bytesPerSecond === undefined ? {} : { bandwidth: { perAllocation: bytesPerSecond } };
  const made = new TurnScene({ seed, server: { tcpRelay: true, limits } });
  const host = new Host(made.internet, 'peer', [PEER.ip], { latencyMs: 5 });
  const taken: ByteStream[] = [];
  host.listenTcp(
    PEER,
    (stream) => taken.push(stream),
    ({ error }) => assert.equal(error, undefined),
  );
  const caller = made.caller({ transport: 'tcp', link });
  const relayed = caller.allocate({ protocol: 'tcp' });
  return { ...made, world: made.world, turn: made, host, taken, caller, relayed };
}

/** Connects the client to the peer through the relay; both ends. */
function connected(caller: Caller, taken: readonly ByteStream[]): readonly [ByteStream, ByteStream] {
  caller.act((machine, now) => machine.connect(now, PEER));
  const { connection } = caller.until('connected');
  const near = caller.dataStream(connection);
  const far = taken[0];
  assert.ok(far);
  return [near, far];
}

for (const [name, link] of [
  ['a perfect link', {}],
  ['a link that loses and reorders', { loss: 0.05, reorderFraction: 0.1, duplicateFraction: 0.05 }],
] as const) {
  test(`100 KB both ways over ${name}: exactly what was written, and the end of each side`, () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { turn, world, taken, caller, relayed } = scene(link, seed);
      const [near, far] = connected(caller, taken);
      assert.deepEqual(far.remote, relayed, 'the peer sees the relayed address');
      const [nearEar, farEar] = [earOf(near), earOf(far)];
      const random = new SeededRandom(seed);
      const [up, down] = [random.bytes(100_000), random.bytes(100_000)];
      near.write(up.slice());
      far.write(down.slice());
      near.end();
      world.run(60_000);
      assert.ok(Buffer.from(farEar.bytes).equals(up));
      assert.equal(farEar.events.includes('closed'), false, 'only one side has ended');
      far.end();
      world.run(60_000);
      assert.ok(Buffer.from(nearEar.bytes).equals(down));
      for (const { events } of [nearEar, farEar])
        assert.ok(events.includes('ended') && events.includes('closed'));
      assert.equal(turn.server.machine.statistics.connections, 0);
      assert.equal(turn.server.machine.statistics.allocations, 1, 'the allocation goes on');
    }
  });
}

test('a peer that connects to the relayed address is announced, and what it said first is not lost', () => {
  const { world, host, caller, relayed } = scene();
  caller.permit(PEER.ip);
  let far: ByteStream | undefined;
  host.connectTcp(relayed, ({ value }) => {
    far = value;
    value?.write(Uint8Array.of(1, 2, 3));
  });
  const { connection, peer } = caller.until('connection-attempt');
  assert.equal(peer.ip, PEER.ip);
  world.run(1000);
  assert.ok(far);
  const near = caller.dataStream(connection);
  const [nearEar, farEar] = [earOf(near), earOf(far)];
  near.write(Uint8Array.of(4, 5));
  world.run(1000);
  assert.deepEqual([...near.rest, ...nearEar.bytes], [1, 2, 3]);
  assert.deepEqual(farEar.bytes, [4, 5]);
  far.abort();
  world.run(1000);
  assert.deepEqual(nearEar.events.at(-1), 'closed', 'who breaks off is followed');
});

test('a stranger that connects to the relayed address is hung up on', () => {
  const { world, turn, relayed, caller } = scene();
  const stranger = new Host(turn.internet, 'stranger', ['192.0.2.66']);
  let far: ByteStream | undefined;
  stranger.connectTcp(relayed, ({ value }) => {
    far = value;
  });
  world.runUntil(world.now + 10_000, () => far !== undefined);
  assert.ok(far);
  const ear = earOf(far);
  world.run(1000);
  assert.deepEqual(ear.events, ['closed']);
  assert.equal(caller.find('connection-attempt'), undefined);
});

test('survives the loss of any one segment between client and server', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    // Everything after the allocation: Connect, ConnectionBind, the data, the ends.
    const gate: { open: boolean } = { open: false };
    const trap: Trap = (packet) => gate.open && lost.trap(packet);
    const { turn, world, taken, caller } = scene({ trap });
    gate.open = true;
    const [near, far] = connected(caller, taken);
    const [nearEar, farEar] = [earOf(near), earOf(far)];
    near.write(new Uint8Array(3000).fill(1));
    far.write(new Uint8Array(3000).fill(2));
    world.run(5000);
    near.end();
    far.end();
    world.run(60_000);
    assert.deepEqual([nearEar.bytes.length, farEar.bytes.length], [3000, 3000], `segment ${n}`);
    assert.equal(turn.server.machine.statistics.connections, 0, `segment ${n}`);
    return lost.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  assert.ok(count > 10);
  for (let n = 0; n < count; n++) live(n);
});

test('the control connection breaks: the allocation, its port and its connections go with it', () => {
  const { turn, world, taken, caller } = scene();
  const [near, far] = connected(caller, taken);
  const [nearEar, farEar] = [earOf(near), earOf(far)];
  caller.act((machine, now) => machine.close(now));
  world.run(10_000);
  for (const { events } of [nearEar, farEar]) assert.equal(events.at(-1), 'closed');
  const { allocations, relays, connections } = turn.server.machine.statistics;
  assert.deepEqual({ allocations, relays, connections }, { allocations: 0, relays: 0, connections: 0 });
  assert.equal(turn.serverHost.socketCount, 4);
});

test('a limit of bandwidth makes TCP slow, and loses nothing', () => {
  const { world, taken, caller } = scene({}, 1, 100_000);
  const [near, far] = connected(caller, taken);
  const [nearEar, farEar] = [earOf(near), earOf(far)];
  const random = new SeededRandom(1);
  const [up, down] = [random.bytes(400_000), random.bytes(400_000)];
  const startedAt = world.now;
  let [upAt, downAt] = [0, 0];
  near.write(up.slice());
  near.end();
  far.write(down.slice());
  world.runUntil(world.now + 60_000, () => {
    if (upAt === 0 && farEar.bytes.length === up.length) upAt = world.now;
    if (downAt === 0 && nearEar.bytes.length === down.length) downAt = world.now;
    return upAt > 0 && downAt > 0;
  });
  assert.ok(Buffer.from(farEar.bytes).equals(up));
  assert.ok(Buffer.from(nearEar.bytes).equals(down));
  // The burst of at most 64 KB, then 100 KB a second, each direction for itself.
  for (const at of [upAt, downAt]) {
    const tookMs = at - startedAt;
    assert.ok(tookMs > 3000 && tookMs < 6000, `${tookMs} ms`);
  }
  world.run(1000);
  assert.ok(farEar.events.includes('ended'), 'the end comes after the last byte');
});
