/** Relays over TCP, TLS and DTLS, servers with several addresses, redirects, refusals. RFC 8656 §3.1, RFC 8489 §10. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { Host, VirtualTurnServer } from '../../../src/vnet/index.ts';
import { GatherScene, SERVER_NAME, type Seeker, TURN } from '../../support/ice/gather-scene.ts';
import { DEFAULT_OPTIONS, SERVER } from '../../support/turn/lab.ts';

const turn = (...urls: readonly string[]) => ({ ...TURN, urls });

/** Data both ways through the relay, and the allocation given back at the end. */
function assertRelays(scene: GatherScene, seeker: Seeker): void {
  const relay = seeker.candidate('relay');
  const other = scene.seeker();
  other.gather();
  const { path, address } = other.candidate('host');
  seeker.act((machine, now) => machine.expect(now, relay.path.path, address));
  seeker.act((machine, now) => machine.select(now, relay.path.path, address));
  for (let i = 0; i < 20; i++) {
    seeker.send(relay.path.path, address, Uint8Array.of(1, i));
    scene.world.run(50);
    other.send(path.path, relay.address, Uint8Array.of(2, i));
  }
  scene.world.run(2000);
  assert.equal(other.heardFrom(path.path, relay.address).length, 20);
  assert.equal(seeker.heardFrom(relay.path.path, address).length, 20);
  seeker.act((machine, now) => machine.close(now));
  scene.world.run(2000);
  assert.equal(scene.allocations, 0);
}

test('TURN over TCP', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [turn(`turn:${SERVER_NAME}?transport=tcp`)] });
  seeker.gather();
  assert.equal(seeker.candidate('relay').relayProtocol, 'tcp');
  assert.deepEqual(
    seeker.candidates.map(({ type }) => type),
    ['host', 'relay'],
    'what a server sees of a TCP connection is no address for datagrams',
  );
  assertRelays(scene, seeker);
});

test('TURN over TLS: the shell opens it for the name in the URL', () => {
  const scene = new GatherScene();
  const servers = [turn(`turns:${SERVER_NAME}:3478`)];
  const seeker = scene.seeker({ nat: 'symmetric', servers });
  seeker.gather();
  const opened = seeker.requests.find((it) => it.kind === 'open-stream');
  assert.equal(opened?.kind === 'open-stream' && opened.serverName, SERVER_NAME);
  assert.equal(seeker.candidate('relay').relayProtocol, 'tls');
  assertRelays(scene, seeker);
});

test('TURN over DTLS: the shell judges the certificate', () => {
  const scene = new GatherScene();
  scene.openDtls();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [turn(`turns:${SERVER_NAME}?transport=udp`)] });
  seeker.gather();
  const asked = seeker.requests.find((it) => it.kind === 'verify');
  assert.equal(asked?.kind === 'verify' && asked.serverName, SERVER_NAME);
  assert.equal(seeker.candidate('relay').relayProtocol, 'dtls');
  assertRelays(scene, seeker);
});

test('TURN over DTLS with a certificate that is not to be trusted: 701, and nothing is asked', () => {
  const scene = new GatherScene();
  scene.openDtls();
  const seeker = scene.seeker({ servers: [turn(`turns:${SERVER_NAME}?transport=udp`)] });
  seeker.trusts = false;
  seeker.gather();
  const [error] = seeker.all('error');
  assert.equal(error?.errorCode, 701);
  assert.match(error?.errorText ?? '', /not one to trust for turn\.example\.test/);
  assert.equal(scene.allocations, 0);
});

test('stuns: over DTLS gives the reflexive address', () => {
  const scene = new GatherScene();
  scene.openDtls();
  const seeker = scene.seeker({
    nat: 'full-cone',
    servers: [{ urls: [`stuns:${SERVER_NAME}`], credentials: undefined }],
  });
  seeker.gather();
  assert.deepEqual(seeker.all('error'), []);
  assert.equal(seeker.candidate('srflx').url, `stuns:${SERVER_NAME}`);
});

test('one server by every way at once: UDP before DTLS before TCP before TLS', () => {
  const scene = new GatherScene();
  scene.openDtls();
  const urls = [
    `turns:${SERVER_NAME}:3478`,
    `turn:${SERVER_NAME}?transport=tcp`,
    `turns:${SERVER_NAME}?transport=udp`,
    `turn:${SERVER_NAME}`,
  ];
  const seeker = scene.seeker({ nat: 'symmetric', servers: [turn(...urls)] });
  const relays = seeker.gather().filter(({ type }) => type === 'relay');
  const best = relays.toSorted((a, b) => b.priority - a.priority);
  assert.deepEqual(
    best.map(({ relayProtocol }) => relayProtocol),
    ['udp', 'dtls', 'tcp', 'tls'],
  );
});

test('the same server under two names is asked once', () => {
  const scene = new GatherScene();
  scene.world.names.set('other.example.test', [SERVER.ip]);
  const seeker = scene.seeker({ servers: [turn(`turn:${SERVER_NAME}`, 'turn:other.example.test')] });
  seeker.gather();
  assert.equal(scene.allocations, 1);
  assert.deepEqual(seeker.all('error'), []);
});

test('a name with a dead address first: the next one is tried after three seconds', () => {
  const scene = new GatherScene();
  scene.world.names.set('two.example.test', ['192.0.2.200', SERVER.ip]);
  const urls = ['turn:two.example.test', 'turn:two.example.test?transport=tcp', 'stun:two.example.test'];
  const seeker = scene.seeker({ nat: 'symmetric', servers: [turn(...urls)] });
  seeker.gather();
  assert.deepEqual(seeker.all('error'), []);
  assert.equal(seeker.candidates.filter(({ type }) => type === 'relay').length, 2);
  assert.ok((seeker.timeOf('gathering') ?? 0) < 5000);
});

test('a server that is full sends on to another one (300): followed, over UDP and over TCP', () => {
  const alternate = { ip: '198.51.100.9', port: 3478 };
  for (const transport of ['udp', 'tcp']) {
    const scene = new GatherScene({
      server: { alternateServers: [alternate], relayPorts: { min: 50_000, max: 50_000 } },
    });
    scene.seeker({ servers: [TURN] }).gather();
    const host = new Host(scene.internet, 'alternate', [alternate.ip], { latencyMs: 0 });
    const { realm, nonceSecret, users = [], relayPorts, quotas } = DEFAULT_OPTIONS;
    const options = { realm, nonceSecret, users, relayPorts, quotas };
    const other = new VirtualTurnServer(host, scene.world.newEnv(nodeCrypto), options);
    scene.world.run(0);
    const seeker = scene.seeker({ servers: [turn(`turn:${SERVER_NAME}?transport=${transport}`)] });
    seeker.gather();
    assert.equal(seeker.candidate('relay').address.ip, alternate.ip, transport);
    assert.equal(other.machine.statistics.allocations, 1);
    assert.equal(scene.allocations, 1);
  }
});

test('no relay left: 486 or 508 with words, and still a reflexive candidate (RFC 8445 §5.1.1.2)', () => {
  for (const [server, code, words] of [
    [{ quotas: { perUser: 0, total: 10 } }, 486, /as many relays as it may have/],
    [{ relayPorts: { min: 50_000, max: 50_000 } }, 508, /no relay port left/],
  ] as const) {
    const scene = new GatherScene({ server });
    const first = scene.seeker({ servers: [turn(`turn:${SERVER_NAME}`)] });
    if (code === 508) first.gather();
    const seeker = scene.seeker({ nat: 'symmetric', servers: [turn(`turn:${SERVER_NAME}`)] });
    seeker.gather();
    const [error] = seeker.all('error');
    assert.equal(error?.errorCode, code);
    assert.match(error?.errorText ?? '', words);
    assert.equal(seeker.candidate('srflx').address.ip, '203.0.113.2');
  }
});

test('a peer that the relay forbids is told as lost; the others are not touched by it', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN] });
  const other = scene.seeker();
  seeker.gather();
  other.gather();
  const { path } = seeker.candidate('relay');
  const forbidden = { ip: '127.0.0.1', port: 5000 };
  const { address } = other.candidate('host');
  seeker.act((machine, now) => {
    machine.expect(now, path.path, forbidden);
    machine.expect(now, path.path, address);
  });
  scene.world.run(2000);
  assert.deepEqual(seeker.all('remote-lost'), [{ type: 'remote-lost', path: path.path, remote: forbidden }]);
  seeker.send(path.path, address, encodeUtf8('hello'));
  scene.world.run(1000);
  assert.equal(other.heard.length, 1);
});

test('the server goes away under a connection: the path is lost, and a restart asks again', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [turn(`turn:${SERVER_NAME}?transport=tcp`)] });
  seeker.gather();
  const { path } = seeker.candidate('relay');
  scene.server.crash();
  scene.world.run(2000);
  assert.deepEqual(seeker.all('path-lost'), [{ type: 'path-lost', path: path.path }]);
  const again = seeker.gather();
  assert.deepEqual(
    again.map(({ type }) => type),
    ['host'],
    'what is lost is not told again',
  );
  assert.equal(seeker.all('error').at(-1)?.errorCode, 701);
});

test('an allocation that outlives many restarts reaches whoever is expected last', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN] });
  seeker.gather();
  const relay = seeker.candidate('relay');
  const { path } = relay.path;
  const other = scene.seeker();
  other.gather();
  const host = other.candidate('host');
  const reaches = (): boolean => {
    seeker.send(path, host.address, Uint8Array.of(1));
    scene.world.run(1000);
    const before = seeker.heardFrom(path, host.address).length;
    other.send(host.path.path, relay.address, Uint8Array.of(2));
    scene.world.run(1000);
    return seeker.heardFrom(path, host.address).length > before;
  };
  const expectMany = (from: number): void => {
    for (let i = from; i < from + 150; i++) {
      const remote = { ip: `8.8.${i >> 8}.${i & 0xff}`, port: 4000 };
      seeker.act((machine, now) => machine.expect(now, path, remote));
      if (i % 10 === 9) scene.world.run(1000);
    }
  };
  expectMany(0);
  seeker.act((machine, now) => machine.expect(now, path, host.address));
  scene.world.run(1000);
  assert.deepEqual(seeker.all('remote-lost'), []);
  assert.ok(reaches());
  // It made room for others, and is asked for again when something is sent there.
  expectMany(150);
  assert.ok(reaches());
});
