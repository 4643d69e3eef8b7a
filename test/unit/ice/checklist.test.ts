/** Pairs in their order, and what bounds them. RFC 8445 §5.1.2, §6.1.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { candidatePriority, comparePriorities, pairPriority } from '../../../src/ice/priority.ts';
import { IceBench, PEER_CREDENTIALS } from '../../support/ice/bench.ts';

test('a candidate priority is type, local preference and component in 8, 16 and 8 bits (RFC 8445 §5.1.2.1)', () => {
  assert.equal(candidatePriority('host', 'udp', 65_535), 2_130_706_431);
  assert.equal(candidatePriority('relay', 'udp', 0), 255);
  const direct = candidatePriority('prflx', 'tcp', 0);
  assert.ok(
    candidatePriority('srflx', 'udp', 0) > direct && direct > candidatePriority('relay', 'udp', 65_535),
  );
});

test('pair priorities are compared as the 64-bit numbers that they are (RFC 8445 §6.1.2.3)', () => {
  const exact = (g: number, d: number): bigint => {
    const [min, max] = g < d ? [g, d] : [d, g];
    return 2n ** 32n * BigInt(min) + 2n * BigInt(max) + (g > d ? 1n : 0n);
  };
  const priority = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(priority, priority, priority, priority, (a, b, c, d) => {
      const ours = comparePriorities(pairPriority(a, b), pairPriority(c, d));
      const [x, y] = [exact(a, b), exact(c, d)];
      assert.equal(Math.sign(ours), x < y ? -1 : x > y ? 1 : 0);
    }),
  );
});

test('no more than 100 pairs, and the best of them (RFC 8445 §6.1.2.5)', () => {
  const bench = new IceBench({ timing: { minRtoMs: 60_000 } }).begin();
  for (let i = 0; i < 190; i++) bench.tell({ port: 6000 + i, foundation: `g${i}`, priority: 1000 + i });
  const { pairs } = bench.agent.statistics();
  assert.equal(pairs.length, 100);
  const kept = new Set(pairs.map(({ remoteId }) => remoteId));
  const priorities = bench.agent
    .statistics()
    .remoteCandidates.filter(({ id }) => kept.has(id))
    .map(({ priority }) => priority);
  assert.ok(Math.min(...priorities) >= 1000 + 190 - 101);
});

test('no more than 200 remote candidates, names included', () => {
  const bench = new IceBench().begin();
  for (let i = 0; i < 300; i++) bench.tell({ port: 6000 + i });
  assert.equal(bench.agent.statistics().remoteCandidates.length, 200);
  bench.tell({ address: 'one-more.local' });
  assert.deepEqual(bench.gatherer.names, []);
});

test('one way to one address is one pair, whatever the candidates are called (RFC 8445 §6.1.2.4)', () => {
  const bench = new IceBench().begin();
  bench.gather({
    type: 'candidate',
    candidate: { ...bench.path(), type: 'srflx', address: { ip: '203.0.113.7', port: 7 }, priority: 1 },
  });
  bench.tell({ foundation: 'again', type: 'srflx' });
  assert.equal(bench.agent.statistics().pairs.length, 1);
  assert.equal(bench.agent.statistics().localCandidates.length, 2);
});

test('families, transports and scopes do not mix (RFC 8445 §6.1.2.2, RFC 6544 §6.2)', () => {
  const bench = new IceBench();
  bench.path({ path: 1, ip: '192.0.2.1' });
  bench.path({ path: 2, ip: '2001:db8::1' });
  bench.path({ path: 3, ip: 'fe80::1' });
  bench.path({ path: 4, ip: '192.0.2.1', protocol: 'tcp', tcpType: 'active' });
  bench.path({ path: 5, ip: '192.0.2.1', protocol: 'tcp', tcpType: 'passive' });
  bench.act(() => bench.agent.setRemote(0, { ...PEER_CREDENTIALS, lite: false }));
  bench.tell({ address: '192.0.2.2' });
  bench.tell({ address: '2001:db8::2' });
  bench.tell({ address: 'fe80::2' });
  bench.tell({ transport: 'tcp', tcpType: 'passive' });
  bench.tell({ transport: 'tcp', tcpType: 'active', port: 9 });
  assert.deepEqual(bench.gatherer.expected, [
    '1 192.0.2.2:5002',
    '2 2001:db8::2:5002',
    '3 fe80::2:5002',
    '4 192.0.2.2:5002',
  ]);
});

test('a name is looked up once, and what it stands for is paired', () => {
  const bench = new IceBench().begin();
  bench.tell({ address: 'Some-Host.local', port: 7000 });
  bench.tell({ address: 'some-host.local', port: 7001 });
  assert.deepEqual(bench.gatherer.names, ['some-host.local']);
  bench.gather({ type: 'resolved', name: 'some-host.local', ips: ['192.0.2.77'] });
  assert.deepEqual(bench.gatherer.expected.slice(1), ['1 192.0.2.77:7000', '1 192.0.2.77:7001']);
  bench.tell({ address: 'unknown.local', port: 7000 });
  bench.gather({ type: 'resolved', name: 'unknown.local', ips: undefined });
  assert.equal(bench.agent.statistics().remoteCandidates.length, 3);
});

test('a path that is lost takes its pairs with it, and the next best carries on', () => {
  const bench = new IceBench();
  bench.path({ path: 2, ip: '192.0.2.9', localPreference: 1 });
  bench.connect();
  bench.wait(200);
  for (const check of bench.takeChecks()) bench.answer(check);
  bench.wait(20_000);
  for (const check of bench.takeChecks()) bench.answer(check);
  assert.equal(bench.agent.selectedPair?.local.address.ip, '192.0.2.1');
  bench.gather({ type: 'path-lost', path: 1 });
  assert.deepEqual(bench.gatherer.released, ['1 192.0.2.2:5002']);
  assert.ok(bench.agent.statistics().pairs.every(({ localId }) => localId !== 'local-1'));
});
