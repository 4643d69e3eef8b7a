/** DTLS through NATs and over links that lose in bursts, repeat, reorder and damage: it connects, and nothing false arrives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ByteReader,
  ByteWriter,
  type DatagramSocket,
  type SocketAddress,
  silentLog,
} from '../../src/base/index.ts';
import { DtlsConnection, type DtlsEvent, DtlsServer, type DtlsServerEvent } from '../../src/dtls/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import {
  burstyLoss,
  Host,
  type LinkOptions,
  NAT_PRESETS,
  Nat,
  type NatKind,
  Network,
  VirtualDriver,
  World,
} from '../../src/vnet/index.ts';
import { IDENTITIES } from '../support/dtls/identities.ts';

const SERVER: SocketAddress = { ip: '192.0.2.1', port: 5349 };
const BAD: Partial<LinkOptions> = {
  latencyMs: 20,
  jitterMs: 15,
  loss: burstyLoss(0.3, 3),
  duplicateFraction: 0.1,
  reorderFraction: 0.1,
};

class Scene {
  readonly world: World;
  readonly events: { readonly client: DtlsEvent[]; readonly server: DtlsServerEvent[] } = {
    client: [],
    server: [],
  };
  readonly nat: Nat;
  readonly #client: VirtualDriver<DtlsEvent, Uint8Array>;
  readonly #machine: DtlsConnection;

  constructor(seed: number, kind: NatKind, link: Partial<LinkOptions>) {
    this.world = new World({ seed });
    const internet = new Network(this.world, 'internet');
    const host = new Host(internet, 'server', [SERVER.ip], { latencyMs: 0 });
    this.nat = new Nat(internet, 'nat', ['203.0.113.1'], NAT_PRESETS[kind], link);
    const home = new Host(this.nat.inner, 'client', ['192.168.1.2'], { latencyMs: 0 });
    this.#serve(this.#bind(host, SERVER));
    this.#machine = new DtlsConnection(this.world.newEnv(nodeCrypto, silentLog), { peer: { kind: 'none' } });
    const socket = this.#bind(home, { ip: '192.168.1.2', port: 0 });
    this.#client = new VirtualDriver(this.world, this.#machine, {
      onTransmit: (bytes) => socket.send(bytes, SERVER),
      onEvent: (event) => this.events.client.push(event),
    });
    socket.onDatagram((_from, bytes) => this.#client.run((now) => this.#machine.handleDatagram(now, bytes)));
    this.#client.run((now) => this.#machine.connect(now));
  }

  get connected(): boolean {
    return this.#machine.connected;
  }

  send(bytes: Uint8Array): void {
    this.#client.run((now) => void this.#machine.send(now, bytes));
  }

  /** Sends back what it gets. */
  #serve(socket: DatagramSocket): void {
    const server = new DtlsServer(this.world.newEnv(nodeCrypto, silentLog), {
      identities: [IDENTITIES.ecdsa],
      peer: { kind: 'none' },
      cookieSecret: this.world.newRandom().bytes(32),
    });
    const driver = new VirtualDriver(this.world, server, {
      onTransmit: ({ to, bytes }) => socket.send(bytes, to),
      onEvent: (event) => {
        this.events.server.push(event);
        if (event.type === 'data') driver.run((now) => void server.send(now, event.client, event.bytes));
      },
    });
    socket.onDatagram((from, bytes) => driver.run((now) => server.handleDatagram(now, from, bytes)));
  }

  #bind(host: Host, address: SocketAddress): DatagramSocket {
    let bound: DatagramSocket | undefined;
    host.bindUdp(address, ({ value, error }) => {
      if (error) throw error;
      bound = value;
    });
    this.world.run(0);
    assert.ok(bound);
    return bound;
  }
}

for (const kind of ['full-cone', 'restricted', 'port-restricted', 'symmetric'] as const) {
  test(`connects from behind a ${kind} NAT where 30 % is lost in bursts`, () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const scene = new Scene(seed, kind, BAD);
      scene.world.runUntil(30_000, () => scene.connected);
      assert.equal(scene.connected, true, `seed ${seed}`);
    }
  });
}

test('of 2,000 messages over a path that also damages, what arrives is right and arrives once', () => {
  const scene = new Scene(6347, 'port-restricted', BAD);
  scene.world.runUntil(30_000, () => scene.connected);
  scene.nat.access.change({ corruptFraction: 0.1 });
  for (let number = 0; number < 2_000; number += 1) {
    scene.send(new ByteWriter(1000).u32(number).zeros(996).finish());
    scene.world.run(5);
  }
  scene.world.run(1_000);
  const atServer = numbers(scene.events.server.flatMap((it) => (it.type === 'data' ? [it.bytes] : [])));
  const atClient = numbers(scene.events.client.flatMap((it) => (it.type === 'data' ? [it.bytes] : [])));
  assert.equal(new Set(atServer).size, atServer.length);
  assert.equal(new Set(atClient).size, atClient.length);
  // 0.7 × 0.9 of them, and again on the way back; with what is sent twice somewhat more.
  assert.ok(atServer.length > 1_000 && atServer.length < 1_500, `${atServer.length} at the server`);
  assert.ok(atClient.length > 600 && atClient.length < 1_100, `${atClient.length} at the client`);
});

function numbers(messages: readonly Uint8Array[]): readonly number[] {
  return messages.map((bytes) => {
    assert.equal(bytes.length, 1000);
    const reader = new ByteReader(bytes);
    const number = reader.u32();
    assert.ok(reader.take(996).every((byte) => byte === 0));
    return number;
  });
}
