/** What the agent does with checks of the other side. RFC 8445 §7.3, RFC 7983. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { MessageClass, MessageWriter, StunMethod } from '../../../src/stun/index.ts';
import { IceBench, PEER, PEER_CREDENTIALS, useCandidateOf } from '../../support/ice/bench.ts';

const STRANGER = { ip: '203.0.113.66', port: 6666 };

test('a check is answered with the address it came from, and asked back at once (RFC 8445 §7.3.1.4)', () => {
  const bench = new IceBench().begin();
  bench.takeSent();
  bench.now = 30;
  bench.check();
  const sent = bench.gatherer.sent.slice();
  assert.deepEqual(bench.takeAnswers(), [{ code: 0, mapped: PEER }]);
  assert.equal(sent.length, 2, 'an answer and a triggered check');
  assert.deepEqual(
    sent.map(({ to }) => to),
    [PEER, PEER],
  );
});

test('the answer to a check that was cancelled by a triggered one still counts', () => {
  const bench = new IceBench().begin();
  const [first] = bench.takeChecks();
  assert.ok(first);
  bench.check();
  bench.answer(first);
  assert.equal(bench.agent.state, 'connected');
});

test('a pair that answers before its triggered check has its turn is not asked again (RFC 8445 §7.3.1.4)', () => {
  const bench = new IceBench({ role: 'controlled' }).begin();
  const [first] = bench.takeChecks();
  assert.ok(first);
  bench.check({ role: 'controlling' });
  bench.answer(first);
  assert.equal(bench.agent.state, 'connected');
  bench.wait(300);
  assert.deepEqual(bench.takeChecks(), []);
});

test('who checks from an address that nobody told us becomes a candidate (RFC 8445 §7.3.1.3)', () => {
  const bench = new IceBench().begin();
  bench.wait(50);
  bench.takeSent();
  bench.check({ from: STRANGER, priority: 123_456 });
  const remote = bench.agent.statistics().remoteCandidates.at(-1);
  assert.deepEqual([remote?.type, remote?.address, remote?.priority], ['prflx', STRANGER, 123_456]);
  const [check] = bench.takeChecks();
  assert.deepEqual(check?.to, STRANGER);
});

test('what was learned becomes what it is told to be, with its priority (RFC 8838 §11)', () => {
  const bench = new IceBench().begin();
  bench.check({ from: STRANGER, priority: 5 });
  bench.tell({ address: STRANGER.ip, port: STRANGER.port, type: 'srflx', foundation: 'x', priority: 99_999 });
  const told = bench.agent.statistics().remoteCandidates.find(({ address }) => address.ip === STRANGER.ip);
  assert.deepEqual([told?.type, told?.priority, told?.foundation], ['srflx', 99_999, 'x']);
  assert.equal(bench.agent.statistics().remoteCandidates.length, 2);
});

test('checks before the answer is here are answered, and asked back once it is (RFC 8445 §7.3)', () => {
  const bench = new IceBench({ role: 'controlled' });
  bench.path();
  bench.check({ role: 'controlling', useCandidate: true });
  assert.deepEqual(bench.takeAnswers(), [{ code: 0, mapped: PEER }]);
  assert.equal(bench.agent.state, 'new');
  bench.act(() => bench.agent.setRemote(bench.now, { ...PEER_CREDENTIALS, lite: false }));
  const [check] = bench.takeChecks();
  assert.ok(check);
  bench.answer(check);
  assert.equal(bench.agent.state, 'connected');
  assert.equal(bench.agent.statistics().pairs[0]?.nominated, true);
});

test('checks of somebody else than the answer names are forgotten', () => {
  const bench = new IceBench({ role: 'controlled' });
  bench.path();
  bench.check({ role: 'controlling', username: 'OURS:FORK', from: STRANGER });
  bench.act(() => bench.agent.setRemote(bench.now, { ...PEER_CREDENTIALS, lite: false }));
  assert.deepEqual(bench.takeChecks(), []);
  assert.deepEqual(bench.agent.statistics().remoteCandidates, []);
  bench.check({ role: 'controlling', username: 'OURS:FORK', from: STRANGER });
  assert.deepEqual(bench.takeChecks(), []);
});

test('the controlled side takes the nomination once its own check has succeeded (RFC 8445 §7.3.1.5)', () => {
  const bench = new IceBench({ role: 'controlled' }).begin();
  const [check] = bench.takeChecks();
  assert.ok(check && !useCandidateOf(check));
  bench.check({ role: 'controlling', useCandidate: true });
  assert.equal(bench.agent.statistics().pairs[0]?.nominated, false);
  bench.answer(check);
  assert.equal(bench.agent.statistics().pairs[0]?.nominated, true);
});

test('nobody is answered who does not know the password: no amplifier, no oracle', () => {
  const bench = new IceBench().begin();
  bench.takeSent();
  bench.check({ password: 'a guess' });
  bench.check({ username: 'OTHER:PEER' });
  bench.check({ username: 'OURS' });
  bench.hear(new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, new Uint8Array(12)).finish());
  bench.hear(new MessageWriter(StunMethod.BINDING, MessageClass.INDICATION, new Uint8Array(12)).finish());
  bench.hear(new MessageWriter(0x003, MessageClass.REQUEST, new Uint8Array(12)).finish());
  bench.hear(Uint8Array.of(0, 1, 2, 3));
  bench.hear(new Uint8Array(0));
  assert.deepEqual(bench.takeSent(), []);
  assert.equal(bench.agent.statistics().pairs[0]?.requestsReceived, 0);
});

test('what cannot be understood is refused: 420 with the attribute, 400 without PRIORITY', () => {
  const bench = new IceBench().begin();
  bench.takeSent();
  bench.check({ extra: (writer) => writer.flag(0x7fff) });
  bench.check({ priority: undefined });
  bench.check({ extra: (writer) => writer.flag(0xc057) }); // optional: ignored
  assert.deepEqual(
    bench.takeAnswers().map(({ code }) => code),
    [420, 400, 0],
  );
});

for (const [role, ours, theirs, answer, becomes] of [
  ['controlling', 'larger', 'controlling', 487, 'controlling'],
  ['controlling', 'smaller', 'controlling', 0, 'controlled'],
  ['controlled', 'larger', 'controlled', 0, 'controlling'],
  ['controlled', 'smaller', 'controlled', 487, 'controlled'],
  ['controlling', 'smaller', 'controlled', 0, 'controlling'],
  ['controlled', 'smaller', 'controlling', 0, 'controlled'],
] as const) {
  test(`${role} with the ${ours} tie-breaker meets ${theirs}: ${answer}, then ${becomes} (RFC 8445 §7.3.1.1)`, () => {
    const bench = new IceBench({ role }).begin();
    bench.takeSent();
    bench.check({ role: theirs, tieBreaker: ours === 'larger' ? 0 : 255 });
    assert.deepEqual(
      bench.takeAnswers().map(({ code }) => code),
      [answer],
    );
    assert.equal(bench.agent.role, becomes);
    assert.equal(bench.all('role').length, role === becomes ? 0 : 1);
  });
}

test('487 turns the role, once for what was sent in the old one, and the check is made again (RFC 8445 §7.2.5.1)', () => {
  const bench = new IceBench().begin();
  bench.tell({ port: 5003, foundation: '2' });
  bench.wait(5);
  const [first, second] = bench.takeChecks();
  assert.ok(first && second);
  bench.wait(5);
  bench.answer(first, { code: 487 });
  assert.equal(bench.agent.role, 'controlled');
  bench.answer(second, { code: 487, from: { ...PEER, port: 5003 } });
  assert.equal(bench.agent.role, 'controlled', 'the second answer is about a role that is no more');
  bench.wait(10);
  const again = bench.takeChecks();
  assert.deepEqual(again.map(({ to }) => to.port).sort(), [5002, 5003]);
});

test('a peer that answers 487 to everything does not make us ask for ever', () => {
  const bench = new IceBench().begin();
  let checks = 0;
  for (let round = 0; round < 1_000; round++) {
    for (const check of bench.takeChecks()) {
      checks += 1;
      bench.answer(check, { code: 487 });
    }
    bench.wait(100);
  }
  assert.ok(checks < 40, `${checks} checks`);
});

test('data is taken from wherever the other side said it is, before any check too (RFC 8445 §11, RFC 7983)', () => {
  const bench = new IceBench().begin();
  const data = Uint8Array.of(22, 254, 253);
  bench.hear(data);
  assert.equal(bench.all('data')[0]?.bytes, data, 'the same bytes, not a copy');
  bench.hear(data, STRANGER);
  assert.equal(bench.all('data').length, 1);
  bench.check({ from: STRANGER });
  bench.hear(data, STRANGER);
  assert.equal(bench.all('data').length, 2);
});

test('a flood of forged checks makes no state', () => {
  const bench = new IceBench().connect();
  bench.takeSent();
  for (let i = 0; i < 5_000; i++) {
    bench.check({ from: { ip: `203.0.113.${i % 256}`, port: 1 + i }, password: 'a guess' });
  }
  const { pairs, remoteCandidates } = bench.agent.statistics();
  assert.deepEqual([pairs.length, remoteCandidates.length], [1, 1]);
  assert.deepEqual(bench.takeSent(), []);
  // The peer itself is heard all the time.
  bench.check();
  assert.equal(bench.takeAnswers().length, 1);
});

test('a peer that checks from everywhere is heard from 32 places', () => {
  const bench = new IceBench().begin();
  for (let i = 0; i < 500; i++) {
    bench.check({ from: { ip: '203.0.113.1', port: 1000 + i } });
    bench.wait(20);
  }
  const learned = bench.agent.statistics().remoteCandidates.filter(({ type }) => type === 'prflx');
  assert.equal(learned.length, 32);
});
