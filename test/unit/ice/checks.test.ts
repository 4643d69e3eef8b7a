/** Connectivity checks, seen message by message. RFC 8445 §6.1.4, §7.2, §14; RFC 8863. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { IceAttribute } from '../../../src/ice/check-message.ts';
import { StunAttribute } from '../../../src/stun/index.ts';
import { IceBench, PEER, useCandidateOf } from '../../support/ice/bench.ts';

test('a check says who asks whom, what it would be learned as, and which role it has (RFC 8445 §7.1, §7.2.2)', () => {
  const bench = new IceBench().begin();
  const [check] = bench.takeChecks();
  assert.ok(check);
  assert.equal(check.at, 0, 'the first one goes at once');
  assert.equal(decodeUtf8(check.message.get(StunAttribute.USERNAME) ?? new Uint8Array(0)), 'PEER:OURS');
  // Type preference 110, local preference 65,535, component 1.
  assert.deepEqual(check.message.get(IceAttribute.PRIORITY), Uint8Array.of(110, 0xff, 0xff, 0xff));
  assert.equal(check.message.get(IceAttribute.ICE_CONTROLLING)?.length, 8);
  assert.ok(!check.message.has(IceAttribute.ICE_CONTROLLED));
  assert.ok(check.message.has(StunAttribute.FINGERPRINT));
  assert.ok(!useCandidateOf(check));
});

test('a check is repeated at doubling distances and then given up (RFC 8445 §14.3, RFC 8489 §6.2.1)', () => {
  const bench = new IceBench().begin();
  bench.wait(7_000);
  assert.deepEqual(
    bench.takeChecks().map(({ at }) => at),
    [0, 100, 300, 700, 1_500, 3_100, 6_300],
  );
  assert.equal(bench.agent.statistics().pairs[0]?.state, 'in-progress');
  bench.wait(1_000); // 6,300 + 16 × 100
  assert.equal(bench.agent.statistics().pairs[0]?.state, 'failed');
});

test('RTO grows with the number of pairs that wait or are being checked (RFC 8445 §14.3)', () => {
  const bench = new IceBench().begin();
  for (let i = 1; i <= 40; i++) bench.tell({ address: `192.0.2.${10 + i}`, foundation: `f${i}` });
  bench.wait(1_000);
  const times = bench.takeChecks().filter(({ to }) => to.ip === '192.0.2.11');
  // 20 ms × (39 that wait + 2 in progress).
  assert.deepEqual(
    times.map(({ at }) => at),
    [5, 825],
  );
});

test('checks go Ta apart: 5 ms for the first ten, then 20 (RFC 8445 §14.2)', () => {
  const bench = new IceBench({ timing: { minRtoMs: 10_000 } }).begin();
  for (let i = 1; i <= 20; i++) bench.tell({ address: `192.0.2.${10 + i}`, foundation: `f${i}` });
  bench.wait(300);
  const times = bench.takeChecks().map(({ at }) => at);
  assert.deepEqual(times.slice(0, 10), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  assert.deepEqual(times.slice(10, 15), [50, 70, 90, 110, 130]);
});

test('an answer makes the pair valid; the best one possible is nominated at once (RFC 8445 §7.2.5.3, §8.1.1)', () => {
  const bench = new IceBench().begin();
  const [first] = bench.takeChecks();
  assert.ok(first);
  bench.now = 8;
  bench.answer(first);
  assert.deepEqual(bench.states, ['checking', 'connected']);
  const [nomination] = bench.takeChecks();
  assert.ok(nomination && useCandidateOf(nomination));
  assert.equal(nomination.at, 8, 'Ta after the first one has passed');
  bench.answer(nomination);
  const [pair] = bench.agent.statistics().pairs;
  assert.equal(pair?.nominated, true);
  assert.equal(pair?.state, 'succeeded');
  assert.deepEqual([pair?.requestsSent, pair?.responsesReceived, pair?.totalRoundTripMs], [2, 2, 8]);
  assert.deepEqual(bench.gatherer.selected, ['1 192.0.2.2:5002']);
});

test('an answer from elsewhere fails the pair: the way is not symmetric (RFC 8445 §7.2.5.2.1)', () => {
  const bench = new IceBench().begin();
  const [check] = bench.takeChecks();
  assert.ok(check);
  bench.answer(check, { from: { ip: '192.0.2.66', port: 1 } });
  assert.equal(bench.agent.statistics().pairs[0]?.state, 'failed');
  assert.equal(bench.agent.state, 'checking', 'patience: a check from the other side may still come');
});

test('an answer with a wrong seal is as none', () => {
  const bench = new IceBench().begin();
  const [check] = bench.takeChecks();
  assert.ok(check);
  bench.answer(check, { password: 'a guess' });
  assert.equal(bench.agent.statistics().pairs[0]?.state, 'in-progress');
  bench.answer(check);
  assert.equal(bench.agent.state, 'connected');
});

test('a mapped address that nobody knew is a candidate of ours from then on (RFC 8445 §7.2.5.3.1)', () => {
  const bench = new IceBench().begin();
  const [check] = bench.takeChecks();
  assert.ok(check);
  bench.answer(check, { mapped: { ip: '203.0.113.9', port: 777 } });
  const local = bench.agent.selectedPair?.local;
  assert.deepEqual([local?.type, local?.address], ['prflx', { ip: '203.0.113.9', port: 777 }]);
  assert.deepEqual(local?.related, { ip: '192.0.2.1', port: 5001 });
});

test('pairs of one foundation wait for the first of them (RFC 8445 §6.1.2.6, RFC 8838 §12)', () => {
  const bench = new IceBench({ timing: { minRtoMs: 1_000 } });
  bench.path();
  bench.act(() =>
    bench.agent.setRemote(0, { usernameFragment: 'PEER', password: 'thepasswordofthepeer12', lite: false }),
  );
  bench.tell({ foundation: 'a', priority: 300 });
  bench.tell({ foundation: 'a', priority: 200, port: 5003 });
  bench.tell({ foundation: 'b', priority: 100, port: 5004 });
  assert.deepEqual(
    bench.agent.statistics().pairs.map(({ state }) => state),
    ['in-progress', 'frozen', 'waiting'],
  );
  const [first] = bench.takeChecks();
  assert.ok(first);
  bench.answer(first);
  assert.deepEqual(
    bench.agent.statistics().pairs.map(({ state }) => state),
    ['succeeded', 'waiting', 'waiting'],
  );
});

test('while nothing answers the agent is patient for 39.5 s, then it has failed (RFC 8863 §4)', () => {
  const bench = new IceBench().begin();
  bench.gather({ type: 'gathering', state: 'complete' });
  bench.act(() => bench.agent.endOfRemoteCandidates(bench.now));
  bench.wait(39_499);
  assert.deepEqual(bench.states, ['checking']);
  bench.wait(1);
  assert.deepEqual(bench.states, ['checking', 'failed']);
  bench.takeSent();
  bench.wait(100_000);
  bench.check();
  assert.deepEqual(bench.takeSent(), [], 'nothing more until a restart');
});

test('no failure while our own candidates are being gathered (RFC 8838 §8)', () => {
  const bench = new IceBench().begin();
  bench.gather({ type: 'gathering', state: 'gathering' });
  bench.wait(60_000);
  assert.deepEqual(bench.states, ['checking']);
  bench.gather({ type: 'gathering', state: 'complete' });
  assert.deepEqual(bench.states, ['checking', 'failed']);
});

test('errors: 401 is waited out, 400 fails the pair, 403 takes consent back (RFC 8445 §7.2.5.2.4, RFC 7675 §5.2)', () => {
  const early = new IceBench().begin();
  const [unknown] = early.takeChecks();
  assert.ok(unknown);
  early.answer(unknown, { code: 401 });
  assert.notEqual(early.agent.statistics().pairs[0]?.state, 'failed');

  const bad = new IceBench().begin();
  const [refused] = bad.takeChecks();
  assert.ok(refused);
  bad.answer(refused, { code: 400 });
  assert.equal(bad.agent.statistics().pairs[0]?.state, 'failed');

  const revoked = new IceBench().connect();
  revoked.wait(6_000);
  const [consent] = revoked.takeChecks();
  assert.ok(consent);
  revoked.answer(consent, { code: 403 });
  assert.equal(revoked.agent.state, 'disconnected');
  assert.equal(revoked.agent.send(revoked.now, Uint8Array.of(30)), false);
});

test('a better pair that is still open is waited for, 100 ms; a relay 1 s', () => {
  const bench = new IceBench({ timing: { minRtoMs: 5_000 } });
  bench.path();
  bench.path({ path: 2, type: 'relay', ip: '198.51.100.1', localPreference: 1 });
  bench.act(() =>
    bench.agent.setRemote(0, { usernameFragment: 'PEER', password: 'thepasswordofthepeer12', lite: false }),
  );
  bench.tell({});
  bench.wait(10);
  const byRelay = bench.takeChecks().find(({ path }) => path === 2);
  assert.ok(byRelay);
  bench.answer(byRelay);
  assert.equal(bench.agent.selectedPair?.relayed, true, 'data goes already');
  bench.wait(990);
  assert.deepEqual(bench.takeChecks().filter(useCandidateOf), []);
  bench.wait(30);
  assert.deepEqual(
    bench
      .takeChecks()
      .filter(useCandidateOf)
      .map(({ path }) => path),
    [2],
  );
});

test('nothing that no packet can be sent to is checked', () => {
  const bench = new IceBench().begin();
  bench.takeSent();
  const odd = [
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '127.0.0.1',
    'ff02::1',
    '::',
    'not an address at all!',
  ];
  for (const address of odd) bench.tell({ address });
  bench.tell({ port: 0 });
  bench.tell({ component: 2, port: 6000 });
  bench.tell({ transport: 'sctp', port: 6000 });
  bench.tell({ transport: 'tcp', port: 6000 });
  bench.tell({ type: 'strange', port: 6000 });
  bench.tell({ usernameFragment: 'an older one', port: 6000 });
  bench.wait(1_000);
  assert.deepEqual(
    [...new Set(bench.takeChecks().map(({ to }) => `${to.ip}:${to.port}`))],
    [`${PEER.ip}:${PEER.port}`],
  );
});
