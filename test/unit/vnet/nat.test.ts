/** NATs as RFC 4787 describes them: a table of behaviours, then what holds for each of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatagramSocket, SocketAddress } from '../../../src/base/index.ts';
import {
  Host,
  NAT_PRESETS,
  Nat,
  type NatBehaviour,
  type NatKind,
  type NatOptions,
  Network,
  World,
} from '../../../src/vnet/index.ts';
import { bindUdp, collect, type Received } from '../../support/vnet/pair.ts';

const FAST = { latencyMs: 1 };

/** One host behind a NAT, and two servers with two ports each outside. */
class Scene {
  readonly world = new World({ seed: 1 });
  readonly internet = new Network(this.world, 'internet');
  readonly nat: Nat;
  readonly inner: Host;
  readonly socket: DatagramSocket;
  readonly heard: Received[];
  readonly servers: readonly DatagramSocket[];
  /** Where the servers saw the inner host last, by server. */
  readonly seen: (SocketAddress | undefined)[] = [];

  constructor(options: Partial<NatOptions>) {
    this.nat = new Nat(
      this.internet,
      'nat',
      ['203.0.113.1'],
      { ...NAT_PRESETS['full-cone'], ...options },
      FAST,
    );
    this.inner = new Host(this.nat.inner, 'inner', ['192.168.1.10'], FAST);
    this.socket = bindUdp(this.inner, '192.168.1.10', 5000);
    this.heard = collect(this.inner, this.socket);
    const hosts = ['198.51.100.1', '198.51.100.2'].map((ip) => new Host(this.internet, ip, [ip], FAST));
    this.servers = hosts.flatMap((host) =>
      [7, 8].map((port) => {
        const socket = bindUdp(host, host.name, port);
        const index = hosts.indexOf(host) * 2 + port - 7;
        socket.onDatagram((from) => {
          this.seen[index] = from;
        });
        return socket;
      }),
    );
  }

  /** The inner host says something to server `index` (0, 1: ports of the first; 2, 3: of the second). */
  speakTo(index: number): SocketAddress | undefined {
    const to = this.servers[index]?.local;
    assert.ok(to);
    this.seen[index] = undefined;
    this.socket.send(Uint8Array.of(index), to);
    this.world.run(10);
    return this.seen[index];
  }

  /** Whether something that server `index` says to `address` reaches the inner host. */
  hearsFrom(index: number, address: SocketAddress): boolean {
    const before = this.heard.length;
    this.servers[index]?.send(Uint8Array.of(index), address);
    this.world.run(10);
    return this.heard.length > before;
  }
}

/** Which of the other three servers find the same mapping: same address and other port, then the other address. */
const MAPPINGS: Readonly<Record<NatBehaviour, readonly boolean[]>> = {
  'endpoint-independent': [true, true, true],
  'address-dependent': [true, false, false],
  'address-and-port-dependent': [false, false, false],
};

for (const [mapping, same] of Object.entries(MAPPINGS)) {
  test(`${mapping} mapping: one outer port for as much as it looks at`, () => {
    const scene = new Scene({ mapping: mapping as NatBehaviour, preservePort: false });
    const first = scene.speakTo(0);
    assert.equal(first?.ip, '203.0.113.1');
    assert.deepEqual(
      [1, 2, 3].map((index) => scene.speakTo(index)?.port === first.port),
      same,
    );
    assert.deepEqual(scene.speakTo(0), first, 'and it stays');
  });
}

/** Who may come in by the mapping after only server 0 was spoken to. */
const FILTERS: Readonly<Record<NatBehaviour, readonly boolean[]>> = {
  'endpoint-independent': [true, true, true, true],
  'address-dependent': [true, true, false, false],
  'address-and-port-dependent': [true, false, false, false],
};

for (const [filtering, open] of Object.entries(FILTERS)) {
  test(`${filtering} filtering: lets in as much as was spoken to`, () => {
    const scene = new Scene({ filtering: filtering as NatBehaviour });
    const outside = scene.speakTo(0);
    assert.ok(outside);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => scene.hearsFrom(index, outside)),
      open,
    );
    assert.equal(scene.hearsFrom(0, { ...outside, port: outside.port + 1 }), false, 'no mapping, no way');
  });
}

test('the four presets are what their names say', () => {
  const described = Object.entries(NAT_PRESETS).map(([kind, options]) => {
    const scene = new Scene(options);
    const outside = scene.speakTo(0);
    assert.ok(outside);
    const sameForOthers = scene.speakTo(2)?.port === outside.port;
    const fresh = new Scene(options);
    const at = fresh.speakTo(0);
    assert.ok(at);
    return [kind, sameForOthers, fresh.hearsFrom(1, at), fresh.hearsFrom(3, at)];
  });
  assert.deepEqual(described, [
    ['full-cone', true, true, true],
    ['restricted', true, true, false],
    ['port-restricted', true, false, false],
    ['symmetric', false, false, false],
  ]);
});

test('a mapping ends when nothing goes out for its lifetime; what comes in keeps it alive only if it may', () => {
  for (const inboundRefresh of [false, true]) {
    const scene = new Scene({ mappingLifetimeMs: 30_000, inboundRefresh });
    const outside = scene.speakTo(0);
    assert.ok(outside);
    scene.world.run(20_000);
    assert.equal(scene.hearsFrom(0, outside), true);
    scene.world.run(20_000);
    assert.equal(scene.hearsFrom(0, outside), inboundRefresh);
    scene.world.run(20_000);
    scene.speakTo(0);
    scene.world.run(29_000);
    const again = scene.seen[0];
    assert.ok(again);
    assert.equal(scene.hearsFrom(0, again), true, 'what goes out keeps it alive');
  }
});

test('a reboot forgets every mapping', () => {
  const scene = new Scene({ preservePort: false });
  const outside = scene.speakTo(0);
  assert.ok(outside);
  assert.equal(scene.nat.mappingCount, 1);
  scene.nat.reboot();
  assert.equal(scene.nat.mappingCount, 0);
  assert.equal(scene.hearsFrom(0, outside), false);
  assert.notDeepEqual(scene.speakTo(0), outside);
});

test('port preservation: the inner port where it is free, another where it is not', () => {
  const scene = new Scene({});
  assert.equal(scene.speakTo(0)?.port, 5000);
  const neighbour = new Host(scene.nat.inner, 'neighbour', ['192.168.1.11'], FAST);
  const [first, server] = [bindUdp(neighbour, '192.168.1.11', 5000), scene.servers[0]];
  assert.ok(server);
  first.send(Uint8Array.of(1), server.local);
  scene.world.run(10);
  assert.notEqual(scene.seen[0]?.port, 5000);
  assert.equal(scene.nat.mappingCount, 2);
});

test('no port left: the packet is lost, and one that has ended is given again', () => {
  const scene = new Scene({ ports: { min: 6000, max: 6001 }, mapping: 'address-and-port-dependent' });
  assert.ok(scene.speakTo(0) && scene.speakTo(1));
  assert.equal(scene.speakTo(2), undefined);
  assert.equal(scene.world.log.records.at(-1)?.fate, 'no-port');
  scene.world.run(130_000);
  assert.ok(scene.speakTo(2));
});

test('hairpin: neighbours reach each other by the outer address only where the NAT turns packets round', () => {
  for (const hairpin of [false, true]) {
    const scene = new Scene({ hairpin });
    const neighbour = new Host(scene.nat.inner, 'neighbour', ['192.168.1.11'], FAST);
    const other = bindUdp(neighbour, '192.168.1.11', 5001);
    const heard = collect(neighbour, other);
    const server = scene.servers[0];
    assert.ok(server);
    other.send(Uint8Array.of(1), server.local);
    scene.world.run(10);
    const outside = scene.seen[0];
    assert.ok(outside);
    scene.socket.send(Uint8Array.of(2), outside);
    scene.world.run(10);
    // RFC 4787 REQ-9 a: "External source IP address and port".
    assert.deepEqual(
      heard.map(({ from }) => from.ip),
      hairpin ? ['203.0.113.1'] : [],
    );
    scene.socket.send(Uint8Array.of(3), other.local);
    scene.world.run(10);
    assert.equal(heard.at(-1)?.from.ip, '192.168.1.10', 'in the same house no NAT is needed');
  }
});

test('NATs in a row: each translates for itself', () => {
  const scene = new Scene(NAT_PRESETS.symmetric);
  const home = new Nat(scene.nat.inner, 'home', ['192.168.1.99'], NAT_PRESETS['port-restricted'], FAST);
  const deep = new Host(home.inner, 'deep', ['10.0.0.2'], FAST);
  const socket = bindUdp(deep, '10.0.0.2', 4000);
  const heard = collect(deep, socket);
  const server = scene.servers[0];
  assert.ok(server);
  socket.send(Uint8Array.of(1), server.local);
  scene.world.run(20);
  const outside = scene.seen[0];
  assert.equal(outside?.ip, '203.0.113.1');
  server.send(Uint8Array.of(2), outside);
  scene.world.run(20);
  assert.deepEqual(heard[0]?.from, server.local);
});

/** Both sides know each other's outer address from a server and send to it, again and again. */
function punch(kinds: readonly [NatKind, NatKind]): boolean {
  const world = new World({ seed: 5 });
  const internet = new Network(world, 'internet');
  const server = bindUdp(new Host(internet, 'server', ['198.51.100.1'], FAST), '198.51.100.1', 7);
  const sides = kinds.map((kind, i) => {
    const nat = new Nat(internet, `nat ${i}`, [`203.0.113.${i + 1}`], NAT_PRESETS[kind], FAST);
    const host = new Host(nat.inner, `host ${i}`, [`10.0.${i}.2`], FAST);
    const socket = bindUdp(host, `10.0.${i}.2`, 5000 + i);
    return { socket, heard: collect(host, socket) };
  });
  const mapped: SocketAddress[] = [];
  server.onDatagram((from, bytes) => {
    mapped[bytes[0] ?? 0] = from;
  });
  for (const [i, { socket }] of sides.entries()) socket.send(Uint8Array.of(i), server.local);
  world.run(20);
  for (let round = 0; round < 5; round++) {
    for (const [i, { socket, heard }] of sides.entries()) {
      // As ICE does: to the address that was told, and to the one from which something came.
      for (const to of [mapped[1 - i], heard.at(-1)?.from]) if (to) socket.send(Uint8Array.of(9), to);
    }
    world.run(20);
  }
  return sides.every(({ heard }) => heard.length > 0);
}

test('who gets through to whom: the textbook table', () => {
  const kinds: readonly NatKind[] = ['full-cone', 'restricted', 'port-restricted', 'symmetric'];
  const table = kinds.map((a) => kinds.map((b) => punch([a, b])));
  assert.deepEqual(table, [
    [true, true, true, true],
    [true, true, true, true],
    [true, true, true, false],
    [true, true, false, false],
  ]);
});
