/** Sessions that live long, and what they leave behind when they end: nothing. RFC 7675, webrtc.html §4.4.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOOPBACK_MTU_BYTES } from '../../src/vnet/index.ts';
import { Couple } from '../support/peer/couple.ts';

const HOUR_MS = 3_600_000;

test('twenty-four idle hours: the session stays, and nothing in it grows', () => {
  const couple = new Couple({ link: { latencyMs: 20, mtuBytes: LOOPBACK_MTU_BYTES } });
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(60_000);
  const packetsOfAnHour: number[] = [];
  const told = a.told.length + b.told.length;
  for (let hour = 0; hour < 24; hour++) {
    const before = couple.world.log.count;
    couple.run(HOUR_MS);
    packetsOfAnHour.push(couple.world.log.count - before);
    couple.world.log.forgetRecords();
  }
  assert.ok(couple.isConnected);
  assert.equal(a.told.length + b.told.length, told);
  const [most, least] = [Math.max(...packetsOfAnHour), Math.min(...packetsOfAnHour)];
  assert.ok(most < least * 1.1, `${least} … ${most} packets in an hour`);
  // Consent every 5 s from both, each with its answer, seen twice (sent, arrived); heartbeats of SCTP.
  assert.ok(most < 8000, `${most} packets in an hour`);
  a.say(mine, 'still here');
  couple.run(1000);
  assert.deepEqual(b.heard(theirs), ['still here']);
});

test('close tells the peer, and lets go of everything at once', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { theirs } = couple.connect();
  couple.run(1000);
  a.act((session, now) => session.close(now));
  assert.equal(a.openSockets, 0);
  assert.equal(a.session.nextTimeout(), Number.POSITIVE_INFINITY);
  assert.equal(a.session.pollTransmit(), undefined);
  assert.equal(a.session.connectionState, 'closed');
  const told = a.told.length;
  couple.run(100);
  // B <- ABORT, close_notify <- A
  const [closed] = b.all('channel-closed');
  assert.equal(closed?.channel, theirs);
  // As browsers have it (RFC 9260 §3.3.10.12): the peer's user asked for it.
  assert.deepEqual([closed?.error?.detail, closed?.error?.sctpCauseCode], ['sctp-failure', 12]);
  assert.equal(b.states('dtls-state').at(-1), 'closed');
  assert.equal(b.session.sctpTransport?.state, 'closed');
  b.act((session, now) => session.close(now));
  assert.equal(b.openSockets, 0);
  couple.run(HOUR_MS);
  assert.equal(a.told.length, told);
  assert.throws(() => a.act((session, now) => session.createOffer(now)), { name: 'InvalidStateError' });
});

test('close is possible at every moment of a conversation', () => {
  for (let afterMs = 0; afterMs < 120; afterMs += 1) {
    const couple = new Couple();
    const { a, b } = couple;
    a.act((session, now) => session.createDataChannel(now, { label: '' }));
    couple.negotiate();
    couple.run(afterMs);
    a.act((session, now) => session.close(now));
    couple.run(10);
    assert.equal(a.openSockets, 0, `after ${afterMs} ms`);
    assert.equal(a.session.nextTimeout(), Number.POSITIVE_INFINITY);
    b.act((session, now) => session.close(now));
    couple.run(10);
    assert.equal(b.openSockets, 0, `after ${afterMs} ms`);
  }
});

test('a thousand channels are opened and closed, and none is left', () => {
  const couple = new Couple();
  const { a, b } = couple;
  couple.connect();
  for (let round = 0; round < 10; round++) {
    const ids = a.act((session, now) =>
      Array.from({ length: 100 }, (_, i) => session.createDataChannel(now, { label: `${round}.${i}` })),
    );
    couple.run(500);
    a.act((session, now) => {
      for (const id of ids) session.closeChannel(now, id);
    });
    couple.run(500);
  }
  couple.run(5000);
  assert.equal(a.all('channel-closed').length, 1000);
  assert.equal(b.all('channel-closed').length, 1000);
  for (const { session } of [a, b]) {
    const channels = session.statistics(0).filter(({ type }) => type === 'data-channel');
    assert.equal(channels.length, 1);
  }
});
