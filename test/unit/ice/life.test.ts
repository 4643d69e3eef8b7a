/** The life of a connection on the bench: consent, reserves, silence, end. RFC 7675 §5.1, RFC 8445 §11; the laws of machines. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Millis, NEVER } from '../../../src/base/index.ts';
import { IceBench, PEER, useCandidateOf } from '../../support/ice/bench.ts';

/** Answers every check for so long, and tells when those to the peer were sent. */
function live(bench: IceBench, ms: Millis, answers: boolean | ((path: number) => boolean) = true): Millis[] {
  const times: Millis[] = [];
  const end = bench.now + ms;
  while (bench.now < end) {
    for (const check of bench.takeChecks()) {
      if (check.to.port === PEER.port) times.push(check.at);
      if (typeof answers === 'boolean' ? answers : answers(check.path))
        bench.answer(check, { from: check.to });
    }
    const next = Math.max(1, Math.min(bench.agent.nextTimeout(), end) - bench.now);
    bench.wait(next);
  }
  return times;
}

test('consent is asked for every 4 … 6 s with a new transaction each time (RFC 7675 §5.1)', () => {
  const bench = new IceBench().connect();
  const times = live(bench, 600_000);
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  assert.ok(gaps.every((gap) => gap >= 4_000 && gap <= 6_000));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  assert.ok(mean > 4_800 && mean < 5_200, `${mean}`);
  const [pair] = bench.agent.statistics().pairs;
  assert.equal(pair?.consentRequestsSent, times.length);
});

test('unanswered: asked again half a second later by a check that is repeated, then silence, then the end', () => {
  const bench = new IceBench().connect();
  live(bench, 60_000);
  const [asked = 0, again = 0, ...repeated] = live(bench, 10_000, false);
  assert.equal(again - asked, 500);
  assert.deepEqual(
    repeated.slice(0, 3).map((at) => at - again),
    [100, 300, 700],
  );
  assert.equal(bench.agent.state, 'disconnected');
  live(bench, 30_000, false);
  assert.equal(bench.agent.state, 'disconnected', 'our own candidates may still come');
  bench.gather({ type: 'gathering', state: 'complete' });
  assert.equal(bench.agent.state, 'failed');
  assert.equal(bench.agent.nextTimeout(), NEVER);
});

test('what is heard of the other side is no consent: only answers are', () => {
  const bench = new IceBench().connect();
  for (let second = 0; second < 40; second++) {
    bench.check();
    bench.hear(Uint8Array.of(23, 1, 2));
    live(bench, 1_000, false);
  }
  assert.equal(bench.agent.send(bench.now, Uint8Array.of(23)), false);
});

test('valid pairs in reserve are kept alive every 15 s, four of them (RFC 8445 §11)', () => {
  const bench = new IceBench({ timing: { nominationWaitMs: 5_000 } });
  for (let path = 2; path <= 8; path++)
    bench.path({ path, ip: `192.0.2.${100 + path}`, localPreference: path });
  bench.path();
  bench.begin();
  // The best one answers last: the others are valid by then.
  live(bench, 3_000, (path) => path !== 1);
  live(bench, 3_000);
  assert.equal(bench.agent.selectedPair?.local.address.ip, '192.0.2.1');
  assert.equal(bench.agent.statistics().pairs.filter(({ state }) => state === 'succeeded').length, 8);
  const before = bench.agent.statistics().pairs.map(({ requestsSent }) => requestsSent);
  live(bench, 60_000);
  const more = bench.agent.statistics().pairs.map(({ requestsSent }, i) => requestsSent - (before[i] ?? 0));
  assert.ok((more[0] ?? 0) >= 10, 'the selected one');
  assert.deepEqual(more.slice(1), [4, 4, 4, 4, 0, 0, 0]);
});

test('one pair is nominated, and no second one while it lives (RFC 8445 §8.1.1)', () => {
  const bench = new IceBench();
  bench.path({ path: 2, ip: '192.0.2.102', localPreference: 7 });
  bench.begin();
  const nominated = new Set<number>();
  for (let i = 0; i < 1_000; i++) {
    for (const check of bench.takeChecks()) {
      if (useCandidateOf(check)) nominated.add(check.path);
      bench.answer(check);
    }
    bench.wait(60);
  }
  assert.deepEqual([...nominated], [1]);
});

test('the state is completed when both sides have told everything (webrtc.html §5.6.4)', () => {
  const bench = new IceBench().connect();
  assert.equal(bench.agent.state, 'connected');
  bench.gather({ type: 'gathering', state: 'complete' });
  assert.equal(bench.agent.state, 'connected');
  bench.act(() => bench.agent.endOfRemoteCandidates(bench.now));
  assert.equal(bench.agent.state, 'completed');
});

test('after it was closed an agent says nothing and waits for nothing', () => {
  const bench = new IceBench().connect();
  bench.agent.send(bench.now, Uint8Array.of(23));
  bench.act(() => bench.agent.close(bench.now));
  assert.equal(bench.states.at(-1), 'closed');
  bench.takeSent();
  assert.equal(bench.agent.pollTransmit(), undefined);
  assert.equal(bench.agent.nextTimeout(), NEVER);
  bench.check();
  bench.hear(Uint8Array.of(23));
  bench.tell({ port: 6000 });
  bench.act(() => {
    bench.agent.setRemote(bench.now, { usernameFragment: 'x', password: 'y', lite: false });
    bench.agent.restart(bench.now);
    bench.agent.abandonRestart(bench.now);
    bench.agent.endOfRemoteCandidates(bench.now);
    bench.agent.handleTimeout(bench.now + 100_000);
    bench.agent.close(bench.now);
  });
  assert.equal(bench.agent.send(bench.now, Uint8Array.of(23)), false);
  assert.deepEqual(bench.takeSent(), []);
  assert.equal(bench.agent.state, 'closed');
});

test('time that runs backwards is taken as standing still', () => {
  const bench = new IceBench().begin();
  bench.wait(150);
  bench.act(() => bench.agent.handleTimeout(20));
  assert.ok(bench.agent.nextTimeout() > 150);
});

test('data over the selected pair is counted, and goes to the socket as it is', () => {
  const bench = new IceBench().connect();
  const bytes = Uint8Array.of(23, 254, 253, 0);
  assert.ok(bench.agent.send(bench.now, bytes));
  assert.deepEqual(bench.agent.pollTransmit(), { socket: 1, to: PEER, bytes });
  bench.hear(bytes);
  const pair = bench.agent.statistics().pairs.find(({ selected }) => selected);
  assert.deepEqual(
    [pair?.packetsSent, pair?.bytesSent, pair?.packetsReceived, pair?.bytesReceived],
    [1, 4, 1, 4],
  );
});
