/** Host, server-reflexive and relayed candidates over UDP. RFC 8445 §5.1. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8, type SocketAddress } from '../../../src/base/index.ts';
import type { LocalCandidate } from '../../../src/ice/gatherer-port.ts';
import { GatherScene, SERVER_NAME, STUN, TURN } from '../../support/ice/gather-scene.ts';

const summary = (list: readonly LocalCandidate[]) => list.map(({ type, address }) => [type, address.ip]);

test('a host candidate for each address, told as soon as its socket is open, and complete at once', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ ips: ['203.0.113.1', '2001:db8:2::1'] });
  const candidates = seeker.gather();
  assert.deepEqual(summary(candidates), [
    ['host', '2001:db8:2::1'],
    ['host', '203.0.113.1'],
  ]);
  assert.deepEqual(
    seeker.all('gathering').map(({ state }) => state),
    ['gathering', 'complete'],
  );
  assert.equal(seeker.timeOf('gathering'), 0);
  for (const { path, address, related, url } of candidates) {
    assert.deepEqual(path.base, address);
    assert.equal(related, undefined);
    assert.equal(url, undefined);
    assert.equal(path.neverFragments, true);
  }
});

test('behind a NAT: host, then what the STUN server sees, with its base as the related address', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'port-restricted', servers: [STUN] });
  const [host, srflx, ...rest] = seeker.gather();
  assert.deepEqual(rest, []);
  assert.equal(host?.type, 'host');
  assert.equal(srflx?.type, 'srflx');
  assert.equal(srflx?.address.ip, '203.0.113.1');
  assert.deepEqual(srflx?.related, host?.address);
  assert.equal(srflx?.path.path, host?.path.path);
  assert.equal(srflx?.url, `stun:${SERVER_NAME}`);
  assert.notEqual(srflx?.foundation, host?.foundation);
  assert.ok((host?.priority ?? 0) > (srflx?.priority ?? 0));
});

test('without a NAT the reflexive candidate is the host candidate again, and is left out (§5.1.3)', () => {
  const scene = new GatherScene();
  assert.deepEqual(summary(scene.seeker({ servers: [STUN] }).gather()), [['host', '203.0.113.1']]);
});

test('one allocation gives both, reflexive and relayed (§5.1.1.2)', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN] });
  assert.deepEqual(summary(seeker.gather()), [
    ['host', '192.168.1.2'],
    ['srflx', '203.0.113.1'],
    ['relay', '198.51.100.1'],
  ]);
  const relay = seeker.candidate('relay');
  assert.deepEqual(relay.path.base, relay.address);
  assert.deepEqual(relay.related, seeker.candidate('srflx').address);
  assert.equal(relay.relayProtocol, 'udp');
  assert.equal(relay.path.relayed, true);
  assert.equal(scene.allocations, 1);
});

test('data goes through the relay both ways: first with a permission, then by a channel', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN] });
  const other = scene.seeker();
  seeker.gather();
  other.gather();
  const relay = seeker.candidate('relay');
  const { path, address } = other.candidate('host');
  // What is sent before the permission is there waits for it.
  seeker.send(relay.path.path, address, encodeUtf8('check'));
  scene.world.run(1000);
  assert.deepEqual(other.heardFrom(path.path, relay.address), [encodeUtf8('check')]);
  other.send(path.path, relay.address, encodeUtf8('answer'));
  scene.world.run(1000);
  assert.deepEqual(seeker.heardFrom(relay.path.path, address), [encodeUtf8('answer')]);
  seeker.act((machine, now) => machine.select(now, relay.path.path, address));
  scene.world.run(1000);
  const before = scene.server.machine.statistics;
  seeker.send(relay.path.path, address, encodeUtf8('by channel'));
  other.send(path.path, relay.address, encodeUtf8('back'));
  scene.world.run(1000);
  assert.equal(scene.server.machine.statistics.malformed, before.malformed);
  assert.equal(other.heard.length, 2);
  assert.equal(seeker.heard.length, 2);
});

test('closing gives the allocation back and closes every socket', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN, STUN] });
  seeker.gather();
  assert.equal(scene.allocations, 1);
  seeker.act((machine, now) => machine.close(now));
  scene.world.run(1000);
  assert.equal(scene.allocations, 0);
  assert.equal(seeker.host.socketCount, 0);
  assert.equal(seeker.machine.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('a relay at a server with both families, for a host with both', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ ips: ['203.0.113.1', '2001:db8:2::1'], servers: [TURN] });
  const relays = seeker.gather().filter(({ type }) => type === 'relay');
  assert.deepEqual(
    new Set(relays.map(({ address }) => address.ip)),
    new Set(['198.51.100.1', '2001:db8:1::1']),
  );
  assert.equal(new Set(relays.map(({ priority }) => priority)).size, relays.length);
});

test('24 hours idle: the allocation and the mapping are still there', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'port-restricted', servers: [TURN, STUN] });
  seeker.gather();
  const other = scene.seeker();
  other.gather();
  const relay = seeker.candidate('relay');
  const to = other.candidate('host');
  seeker.act((machine, now) => machine.expect(now, relay.path.path, to.address));
  scene.world.run(24 * 3_600_000);
  other.send(to.path.path, relay.address, encodeUtf8('still there?'));
  scene.world.run(1000);
  assert.deepEqual(seeker.heardFrom(relay.path.path, to.address), [encodeUtf8('still there?')]);
  assert.equal(scene.allocations, 1);
  assert.deepEqual(seeker.all('path-lost'), []);
});

test('a restart tells again what is still there, without asking anybody', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN] });
  const first = seeker.gather();
  const sockets = seeker.requests.filter(({ kind }) => kind === 'open-udp').length;
  const second = seeker.gather();
  assert.deepEqual(second, first);
  assert.equal(seeker.requests.filter(({ kind }) => kind === 'open-udp').length, sockets);
  assert.equal(scene.allocations, 1);
});

test('policy relay: nothing but relayed candidates, and no word of our own addresses', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN], policy: 'relay' });
  const [relay, ...rest] = seeker.gather();
  assert.deepEqual(rest, []);
  assert.equal(relay?.type, 'relay');
  assert.deepEqual(relay?.related, { ip: '0.0.0.0', port: 0 });
});

test('a dead server is told with 701, once, and holds nobody else up', () => {
  const scene = new GatherScene();
  const dead = { urls: ['stun:192.0.2.77', 'turn:192.0.2.77'], credentials: TURN.credentials };
  const seeker = scene.seeker({ nat: 'symmetric', servers: [dead, TURN] });
  seeker.act((machine, now) => machine.gather(now, seeker.host.interfaces()));
  scene.world.run(1000);
  assert.ok(seeker.candidate('relay'), 'long before the dead ones are given up');
  assert.equal(seeker.all('gathering').at(-1)?.state, 'gathering');
  scene.world.run(20_000);
  assert.equal(seeker.all('gathering').at(-1)?.state, 'complete');
  const errors = seeker.all('error').map(({ url, errorCode }) => [url, errorCode]);
  assert.deepEqual(errors.sort(), [
    ['stun:192.0.2.77', 701],
    ['turn:192.0.2.77', 701],
  ]);
  const { address, port } = seeker.all('error')[0] ?? {};
  const base: SocketAddress = { ip: address ?? '', port: port ?? 0 };
  assert.deepEqual(base, seeker.candidate('host').address);
});

test('a wrong password is told with 401 and words that help', () => {
  const scene = new GatherScene();
  const wrong = { ...TURN, credentials: { username: 'alice', password: 'rabbit' } };
  const seeker = scene.seeker({ servers: [wrong] });
  assert.deepEqual(summary(seeker.gather()), [['host', '203.0.113.1']]);
  const [error, ...more] = seeker.all('error');
  assert.deepEqual(more, []);
  assert.equal(error?.errorCode, 401);
  assert.match(error?.errorText ?? '', /credential is wrong or has expired/);
});

test('a name that nobody knows, a URL that is none, a TURN server without a user: 701 with words', () => {
  const scene = new GatherScene();
  const servers = [
    { urls: ['stun:nowhere.example', 'http://example.test', 'turn:198.51.100.1'], credentials: undefined },
  ];
  const seeker = scene.seeker({ servers });
  seeker.gather();
  const errors = new Map(seeker.all('error').map(({ url, errorText }) => [url, errorText]));
  assert.match(errors.get('stun:nowhere.example') ?? '', /has no address/);
  assert.match(errors.get('http://example.test') ?? '', /no URL/);
  assert.match(errors.get('turn:198.51.100.1') ?? '', /needs a user name/);
});
