/** A whole peer session over bad paths: every single datagram lost once, bursts of loss, outages, equal seeds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { burstyLoss, nthPacket, type Packet } from '../../src/vnet/index.ts';
import { IDENTITIES } from '../support/dtls/identities.ts';
import { Couple } from '../support/peer/couple.ts';
import { pattern } from '../support/sctp/pair.ts';

const CABLE = { latencyMs: 5, mtuBytes: 1500 };

/** Connects, says a word each way, closes. */
function conversation(couple: Couple): void {
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  a.say(mine, 'hello');
  b.say(theirs, 'welcome');
  couple.runUntil(() => a.heard(mine).length === 1 && b.heard(theirs).length === 1);
  assert.deepEqual([a.heard(mine), b.heard(theirs)], [['welcome'], ['hello']]);
  a.act((session, now) => session.closeChannel(now, mine));
  couple.runUntil(() => [a, b].every((person) => person.all('channel-closed').length === 1));
  assert.equal(b.all('channel-closed')[0]?.channel, theirs);
}

test('the loss of any one datagram costs less than 400 ms', () => {
  const undisturbed = new Couple({ link: CABLE });
  conversation(undisturbed);
  const took = undisturbed.world.now;
  let lost = 0;
  for (let n = 0; ; n++) {
    const couple = new Couple({ link: CABLE });
    const { trap, taken } = trapOn(couple, n);
    void trap;
    conversation(couple);
    if (!taken()) break;
    lost += 1;
    assert.ok(
      couple.world.now < took + 400,
      `datagram ${n} of the conversation costs ${couple.world.now - took} ms`,
    );
  }
  assert.ok(lost > 20, `${lost} datagrams`);
});

/** Takes the n-th datagram of both directions. */
function trapOn(couple: Couple, n: number) {
  const counting = nthPacket(n, (packet: Packet) => packet.protocol === 'udp');
  for (const access of couple.a.host.accesses) access.change({ trap: counting.trap });
  return { trap: counting.trap, taken: () => counting.taken !== undefined };
}

test('ten megabytes arrive byte for byte while three of ten packets are lost in bursts', {
  timeout: 120_000,
}, () => {
  const couple = new Couple({ seed: 7, link: { ...CABLE, latencyMs: 10 } });
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  for (const access of a.host.accesses) access.change({ loss: burstyLoss(0.3, 3) });
  const sizes = [1, 100, 1200, 65_536, 262_144];
  const messages: Uint8Array[] = [];
  for (let total = 0; total < 10_000_000; ) {
    const message = pattern(sizes[messages.length % sizes.length] ?? 1, messages.length);
    messages.push(message);
    total += message.length;
  }
  let arrived = 0;
  b.remembersMessages = false;
  b.onEvent = (event) => {
    if (event.type !== 'channel-message' || event.channel !== theirs) return;
    assert.deepEqual(event.bytes, messages[arrived]);
    arrived += 1;
  };
  const waiting = [...messages];
  const feed = (): void => {
    while (waiting[0] && a.session.bufferedBytes(mine) < 1_000_000) {
      const bytes = waiting.shift() as Uint8Array;
      a.act((session, now) => session.sendMessage(now, mine, { kind: 'binary', bytes: bytes.slice() }));
    }
  };
  feed();
  a.onEvent = (event) => event.type === 'channel-drained' && feed();
  couple.runUntil(() => arrived === messages.length, 2 * 3_600_000);
  assert.equal(arrived, messages.length);
  assert.equal(a.session.connectionState, 'connected');
});

test('a path that is gone for ten seconds is taken up again, and nothing that was said is missing', () => {
  const couple = new Couple({ link: CABLE });
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  const [access] = a.host.accesses;
  access?.change({ loss: 1 });
  a.say(mine, 'into the dark');
  couple.run(10_000);
  assert.equal(a.session.connectionState, 'disconnected');
  access?.change({ loss: 0 });
  const back = couple.world.now;
  couple.runUntil(() => couple.isConnected && b.heard(theirs).length > 0);
  assert.deepEqual(b.heard(theirs), ['into the dark']);
  assert.ok(couple.world.now - back < 11_000, `${couple.world.now - back} ms`);
});

test('after an outage that ICE gives up on, a restart brings the same channels back', () => {
  const couple = new Couple({ link: CABLE });
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  const [access] = a.host.accesses;
  access?.change({ loss: 1 });
  a.say(mine, 'kept');
  assert.ok(couple.runUntil(() => a.session.connectionState === 'failed', 90_000));
  couple.run(600_000); // whoever comes back after ten minutes
  access?.change({ loss: 0 });
  const back = couple.world.now;
  a.act((session, now) => session.restartIce(now));
  assert.equal(a.all('negotiation-needed').length, 2);
  couple.negotiate();
  assert.ok(couple.runUntil(() => couple.isConnected && b.heard(theirs).length > 0, 5000));
  assert.ok(couple.world.now - back < 1000, `${couple.world.now - back} ms`);
  b.say(theirs, 'here again');
  couple.run(1000);
  assert.deepEqual([a.heard(mine), b.heard(theirs)], [['here again'], ['kept']]);
  assert.deepEqual(a.all('channel-closed'), []);
});

test('equal seeds give equal packets, other seeds do not', () => {
  const rsa = { identity: IDENTITIES.rsa }; // its signatures all have one length
  const record = (seed: number): string[] => {
    const couple = new Couple({
      seed,
      a: rsa,
      b: rsa,
      link: { latencyMs: 5, jitterMs: 10, loss: 0.05, duplicateFraction: 0.05, reorderFraction: 0.05 },
    });
    conversation(couple);
    couple.run(60_000);
    return couple.world.log.records.map(
      ({ at, where, fate, packet }) =>
        `${at} ${where} ${fate} ${packet.protocol === 'udp' ? packet.payload.length : ''} ${packet.to.port}`,
    );
  };
  assert.deepEqual(record(11), record(11));
  assert.notDeepEqual(record(11), record(12));
});
