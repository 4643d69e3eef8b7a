/** Addresses that come and go, servers that change, names in place of addresses, ports of a range. RFC 8445 §5.1.1.4. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8, type InterfaceAddress } from '../../../src/base/index.ts';
import { chooseHostAddresses } from '../../../src/ice/gather/host-addresses.ts';
import type { LocalCandidate } from '../../../src/ice/gatherer-port.ts';
import { nthPacket } from '../../../src/vnet/index.ts';
import { GatherScene, SERVER_NAME, type Seeker, STUN, TURN } from '../../support/ice/gather-scene.ts';

const summary = (list: readonly LocalCandidate[]) => list.map(({ type, address }) => [type, address.ip]);
const states = (seeker: Seeker) => seeker.all('gathering').map(({ state }) => state);

function address(ip: string, interfaceName = 'eth0'): InterfaceAddress {
  return { ip, family: ip.includes(':') ? 6 : 4, interfaceName };
}

function chosen(ips: readonly (string | InterfaceAddress)[], loopback = false): string[] {
  const interfaces = ips.map((it) => (typeof it === 'string' ? address(it) : it));
  return chooseHostAddresses(interfaces, { loopback, maxAddresses: 16 }).map(({ ip }) => ip);
}

test('host addresses: what RFC 8445 §5.1.1.1 forbids is left out', () => {
  const forbidden = [
    '0.0.0.0',
    '224.0.0.251',
    '::',
    'fec0::1',
    'fe80::1',
    'ff02::fb',
    '::ffff:192.0.2.1',
    '::192.0.2.1',
  ];
  assert.deepEqual(chosen([...forbidden, '192.0.2.1', 'nonsense']), ['192.0.2.1']);
});

test('host addresses: loopback only where it is allowed, or where there is nothing else', () => {
  assert.deepEqual(chosen(['127.0.0.1', '192.0.2.1', '::1']), ['192.0.2.1']);
  assert.deepEqual(chosen(['127.0.0.1', '192.0.2.1', '::1'], true), ['192.0.2.1', '::1', '127.0.0.1']);
  assert.deepEqual(chosen(['127.0.0.1', '::1']), ['::1', '127.0.0.1']);
  assert.deepEqual(chosen([]), []);
});

test('host addresses: families alternate by RFC 8421 §4, link-local comes last, each once', () => {
  const v6 = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4', '2001:db8::5', '2001:db8::6'];
  assert.deepEqual(chosen(['169.254.1.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', ...v6]), [
    ...v6.slice(0, 4),
    '192.0.2.1',
    ...v6.slice(4),
    '192.0.2.2',
    '169.254.1.1',
  ]);
});

test('host addresses: one made of the hardware address is left out beside one that is not', () => {
  const trackable = '2001:db8::211:22ff:fe33:4455';
  assert.deepEqual(chosen([trackable, '2001:db8::1234']), ['2001:db8::1234']);
  assert.deepEqual(chosen([trackable, '2001:db8:0:1::1234']), ['2001:db8:0:1::1234', trackable].reverse());
  assert.deepEqual(chosen([trackable, address('2001:db8::1234', 'eth1')]).length, 2);
});

test('host addresses: sixteen at most', () => {
  const many = Array.from({ length: 40 }, (_, i) => `192.0.2.${i + 1}`);
  assert.equal(chosen(many).length, 16);
});

test('a new address gives new candidates, after the end of gathering too', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN] });
  seeker.gather();
  seeker.host.join(scene.internet, ['203.0.113.77']);
  seeker.act((machine, now) => machine.handleInterfaces(now, seeker.host.interfaces()));
  scene.world.run(3000);
  assert.deepEqual(states(seeker), ['gathering', 'complete', 'gathering', 'complete']);
  assert.deepEqual(summary(seeker.candidates.slice(2)), [
    ['host', '203.0.113.77'],
    ['relay', '198.51.100.1'],
  ]);
  const preferences = seeker.candidates.map(({ type, localPreference }) => `${type} ${localPreference}`);
  assert.equal(new Set(preferences).size, 4);
});

test('nothing is opened before gathering has begun', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker();
  seeker.act((machine, now) => machine.handleInterfaces(now, seeker.host.interfaces()));
  assert.deepEqual(seeker.requests, []);
});

test('a vanished address takes its socket, its mapping and its relay along; the others stay', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN], tcp: true, tcpListen: true });
  const extra = seeker.host.join(scene.internet, ['203.0.113.77']);
  seeker.gather();
  const gone = seeker.candidates
    .filter(({ path }) => path.base.ip === '203.0.113.77')
    .map(({ path }) => path.path);
  assert.equal(gone.length, 3);
  const sockets = seeker.host.socketCount;
  seeker.host.leave(extra);
  seeker.act((machine, now) => machine.handleInterfaces(now, seeker.host.interfaces()));
  scene.world.run(1000);
  const lost = seeker.all('path-lost').map(({ path }) => path);
  assert.equal(lost.length, 4, 'and the relay of that socket');
  for (const path of gone) assert.ok(lost.includes(path));
  assert.equal(seeker.host.socketCount, sockets - 2);
  const again = seeker.gather();
  assert.deepEqual(
    again.map(({ path }) => path.base.ip).filter((ip) => ip === '203.0.113.77'),
    [],
  );
});

test('a relay over TCP outlives the address of the moment only if its connection does', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [{ ...TURN, urls: [`turn:${SERVER_NAME}?transport=tcp`] }] });
  seeker.gather();
  seeker.act((machine, now) =>
    machine.handleInterfaces(now, [address('203.0.113.1'), address('203.0.113.9')]),
  );
  scene.world.run(1000);
  assert.deepEqual(seeker.all('path-lost'), []);
  assert.equal(scene.allocations, 1);
});

test('servers that leave the list give back what they gave, at the next gathering; what carries data stays until it does not', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN] });
  const other = scene.seeker();
  seeker.gather();
  other.gather();
  const relay = seeker.candidate('relay');
  const remote = other.candidate('host').address;
  seeker.act((machine, now) => machine.expect(now, relay.path.path, remote));
  seeker.act((machine, now) => machine.select(now, relay.path.path, remote));
  seeker.act((machine) => machine.setServers([STUN], 'all'));
  assert.equal(scene.allocations, 1);
  seeker.gather();
  scene.world.run(1000);
  assert.equal(scene.allocations, 1, 'data goes through it');
  seeker.send(relay.path.path, remote, encodeUtf8('still'));
  scene.world.run(1000);
  assert.equal(other.heard.length, 1);
  const host = seeker.candidate('host');
  seeker.act((machine, now) => machine.select(now, host.path.path, remote));
  scene.world.run(1000);
  assert.equal(scene.allocations, 0);
  assert.deepEqual(seeker.all('path-lost'), [{ type: 'path-lost', path: relay.path.path }]);
});

test('the same list again, in another order, keeps the allocation', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [TURN, STUN] });
  seeker.gather();
  seeker.act((machine) => machine.setServers([STUN, TURN], 'all'));
  seeker.gather();
  assert.equal(scene.told.filter(({ type }) => type === 'allocation-created').length, 1);
});

test('names of mDNS in place of host addresses: no line gives the address away', () => {
  const scene = new GatherScene();
  const dead = { urls: ['stun:192.0.2.77'], credentials: undefined };
  const seeker = scene.seeker({
    nat: 'full-cone',
    servers: [TURN, dead],
    mdns: true,
    tcp: true,
    tcpListen: true,
  });
  const [host, ...rest] = seeker.gather();
  assert.match(
    host?.mdnsName ?? '',
    /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\.local$/,
  );
  assert.deepEqual(scene.world.names.get(host?.mdnsName ?? ''), ['192.168.1.2']);
  for (const { type, mdnsName, related } of rest) {
    assert.equal(mdnsName, type === 'host' ? host?.mdnsName : undefined);
    if (type !== 'host') assert.deepEqual(related, { ip: '0.0.0.0', port: 0 });
  }
  assert.equal(seeker.all('error')[0]?.address, undefined);
  seeker.act((machine, now) => machine.close(now));
  assert.equal(scene.world.names.has(host?.mdnsName ?? ''), false);
});

test('a name of mDNS on a host without a NAT: its reflexive twin is told, for those whom the name says nothing', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ servers: [STUN], mdns: true });
  assert.deepEqual(summary(seeker.gather()), [
    ['host', '203.0.113.1'],
    ['srflx', '203.0.113.1'],
  ]);
});

test('remote names are resolved; nobody is asked for an address; a resolver that is silent says no', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker();
  scene.world.names.set('abc.local', ['192.168.1.9']);
  for (const name of ['abc.local', '192.0.2.4', 'nobody.local']) {
    seeker.act((machine, now) => machine.resolve(now, name));
  }
  scene.world.run(100);
  const resolved = seeker.all('resolved').map(({ name, ips }) => [name, ips]);
  assert.deepEqual(resolved, [
    ['192.0.2.4', ['192.0.2.4']],
    ['abc.local', ['192.168.1.9']],
    ['nobody.local', undefined],
  ]);
});

test('ports of a range, tried one after the other while they are taken', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ ports: { min: 6000, max: 6003 } });
  for (const port of [6000, 6001, 6003]) {
    seeker.host.bindUdp({ ip: '203.0.113.1', port }, () => {});
  }
  scene.world.run(0);
  assert.equal(seeker.gather()[0]?.address.port, 6002);
  const late = scene.seeker({ ports: { min: 7000, max: 7001 } });
  for (const port of [7000, 7001]) late.host.bindUdp({ ip: '203.0.113.2', port }, () => {});
  scene.world.run(0);
  assert.deepEqual(late.gather(), [], 'none is free: gathering ends all the same');
});

test('gathering that is asked for twice while it is under way asks nobody twice', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN, STUN] });
  const start = () => seeker.act((machine, now) => machine.gather(now, seeker.host.interfaces()));
  start();
  scene.world.run(5);
  start();
  scene.world.run(2000);
  assert.equal(states(seeker).at(-1), 'complete');
  assert.equal(scene.told.filter(({ type }) => type === 'allocation-created').length, 1);
});

test('survives the loss of any one datagram', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    const scene = new GatherScene();
    const seeker = scene.seeker({ nat: 'port-restricted', servers: [TURN, STUN], link: { trap: lost.trap } });
    const other = scene.seeker();
    other.gather();
    seeker.gather();
    assert.deepEqual(
      new Set(seeker.candidates.map(({ type }) => type)),
      new Set(['host', 'srflx', 'relay']),
      `${n}`,
    );
    assert.ok((seeker.timeOf('gathering') ?? 0) < 2500, `datagram ${n}`);
    const relay = seeker.candidate('relay');
    const { address: to } = other.candidate('host');
    seeker.act((machine, now) => machine.expect(now, relay.path.path, to));
    scene.world.run(2000);
    for (let i = 0; i < 3; i++) {
      seeker.send(relay.path.path, to, encodeUtf8('check'));
      scene.world.run(1000);
    }
    assert.ok(other.heard.length >= 2, `datagram ${n}`);
    assert.deepEqual(seeker.all('error'), []);
    return lost.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  assert.ok(count > 10);
  for (let n = 0; n < count; n++) live(n);
});

test('through 30 % loss: ends, and with a relay as a rule', () => {
  let relays = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const scene = new GatherScene({ seed });
    const seeker = scene.seeker({
      nat: 'symmetric',
      servers: [TURN, STUN],
      link: { loss: 0.3, jitterMs: 30 },
    });
    if (seeker.gather().some(({ type }) => type === 'relay')) relays += 1;
    seeker.act((machine, now) => machine.close(now));
    scene.world.run(700_000);
    assert.equal(scene.allocations, 0);
  }
  assert.ok(relays >= 34, `${relays} of 40`);
});

test('equal seeds tell equal stories', () => {
  const story = (): unknown => {
    const scene = new GatherScene({ seed: 7 });
    const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN, STUN], link: { loss: 0.2 }, mdns: true });
    seeker.gather();
    return [scene.world.log.digest, seeker.events];
  };
  assert.deepEqual(story(), story());
});

test('on a shared port: host candidates there, servers asked from a port of our own', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'full-cone', servers: [TURN, STUN], udpMux: true });
  seeker.gather();
  const asked = seeker.requests.filter((it) => it.kind === 'open-udp').map(({ shared }) => shared);
  assert.deepEqual(asked, [true, false]);
  const [host, srflx] = [seeker.candidate('host'), seeker.candidate('srflx')];
  assert.notEqual(srflx.path.path, host.path.path);
  assert.deepEqual(srflx.related, srflx.path.base);
  assert.equal(seeker.candidates.filter(({ type }) => type === 'host').length, 1);
  const alone = scene.seeker({ udpMux: true });
  alone.gather();
  assert.equal(alone.host.socketCount, 1, 'without servers there is nothing to ask');
});

test('a host with many addresses asks for relays from four of them, and for reflexive addresses from all', () => {
  const scene = new GatherScene();
  const ips = Array.from({ length: 8 }, (_, i) => `203.0.113.${i + 1}`);
  const seeker = scene.seeker({ ips, servers: [TURN, STUN] });
  seeker.gather();
  assert.equal(scene.allocations, 4);
  assert.equal(seeker.candidates.filter(({ type }) => type === 'host').length, 8);
  assert.deepEqual(seeker.all('error'), []);
});

test('on a shared port with a relay by TCP only: it is asked all the same', () => {
  const scene = new GatherScene();
  const servers = [{ ...TURN, urls: [`turn:${SERVER_NAME}?transport=tcp`] }];
  const seeker = scene.seeker({ servers, udpMux: true, policy: 'relay' });
  assert.deepEqual(summary(seeker.gather()), [['relay', '198.51.100.1']]);
});

test('a host with IPv6 alone: a relay of both families where the server has IPv6, and a word where it has not', () => {
  const scene = new GatherScene();
  scene.world.names.set('old.example.test', ['198.51.100.1']);
  const servers = [TURN, { urls: ['stun:old.example.test'], credentials: undefined }];
  const seeker = scene.seeker({ ips: ['2001:db8:2::1'], servers });
  assert.deepEqual(
    new Set(summary(seeker.gather()).map(([type, ip]) => `${type} ${ip}`)),
    new Set(['host 2001:db8:2::1', 'relay 198.51.100.1', 'relay 2001:db8:1::1']),
  );
  const errors = seeker.all('error').map(({ url, errorCode, errorText }) => [url, errorCode, errorText]);
  assert.deepEqual(errors, [
    ['stun:old.example.test', 701, 'No address of this host can reach the server, which has IPv4 only.'],
  ]);
});

test('a restart while the resolver is away keeps what servers gave, and complains of nothing', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker({ nat: 'symmetric', servers: [TURN] });
  const before = seeker.gather();
  scene.world.names.delete(SERVER_NAME);
  assert.deepEqual(seeker.gather(), before);
  assert.deepEqual(seeker.all('error'), []);
});
