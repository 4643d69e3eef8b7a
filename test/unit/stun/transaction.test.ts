/** The schedule of one request. RFC 8489 §6.2.1, §6.2.2. Virtual time only. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Millis, NEVER } from '../../../src/base/index.ts';
import { Transaction, type TransactionEvent, type TransactionOptions } from '../../../src/stun/index.ts';

const SERVER = { ip: '192.0.2.1', port: 3478 };
const REQUEST = Uint8Array.of(1, 2, 3);

/** Runs a transaction that starts at `startAt` and whose answer comes at `answerAt`. */
function play(options: Partial<TransactionOptions>, answerAt: Millis = NEVER, startAt: Millis = 0) {
  const transaction = new Transaction(startAt, REQUEST.slice(), SERVER, { reliable: false, ...options });
  const sentAt: Millis[] = [];
  const events: TransactionEvent[] = [];
  let now = startAt;
  const drain = () => {
    for (let out = transaction.pollTransmit(); out; out = transaction.pollTransmit()) {
      assert.deepEqual(out, { to: SERVER, bytes: REQUEST });
      out.bytes.fill(0); // given away: the machine must not need it any more
      sentAt.push(now - startAt);
    }
    for (let event = transaction.pollEvent(); event; event = transaction.pollEvent()) events.push(event);
  };
  drain();
  while (transaction.nextTimeout() < NEVER) {
    const next = transaction.nextTimeout();
    assert.ok(next > now);
    if (startAt + answerAt <= next) {
      now = startAt + answerAt;
      transaction.handleAnswer(now);
    } else {
      now = next;
      transaction.handleTimeout(now);
    }
    drain();
  }
  return { sentAt, events, lastedMs: now - startAt, transaction };
}

test('sends at the times of RFC 8489 §6.2.1 and gives up at 39.5 s', () => {
  const { sentAt, events, lastedMs } = play({});
  assert.deepEqual(sentAt, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  assert.deepEqual(events, [{ type: 'timed-out' }]);
  assert.equal(lastedMs, 39_500);
});

test('an answer ends it; the time counts for an estimate only without repetition (Karn)', () => {
  assert.deepEqual(play({}, 80).events, [{ type: 'answered', afterMs: 80, retransmitted: false }]);
  const late = play({}, 600);
  assert.deepEqual(late.sentAt, [0, 500]);
  assert.deepEqual(late.events, [{ type: 'answered', afterMs: 600, retransmitted: true }]);
});

test('over TCP nothing is repeated, and it gives up at 39.5 s', () => {
  const { sentAt, events, lastedMs } = play({ reliable: true });
  assert.deepEqual(sentAt, [0]);
  assert.deepEqual(events, [{ type: 'timed-out' }]);
  assert.equal(lastedMs, 39_500);
});

test('Rc, Rm and RTO are the caller’s to choose', () => {
  const { sentAt, lastedMs } = play({ rtoMs: 100, maxRequests: 3, lastWaitFactor: 4 });
  assert.deepEqual(sentAt, [0, 100, 300]);
  assert.equal(lastedMs, 700);
});

test('a driver that sleeps too long catches up without sending a burst', () => {
  const transaction = new Transaction(0, REQUEST.slice(), SERVER, { reliable: false });
  transaction.pollTransmit();
  transaction.handleTimeout(10_000);
  assert.ok(transaction.pollTransmit());
  assert.equal(transaction.pollTransmit(), undefined);
  assert.ok(transaction.nextTimeout() > 10_000);
});

test('an aborted or answered transaction is silent for ever', () => {
  const transaction = new Transaction(0, REQUEST.slice(), SERVER, { reliable: false });
  transaction.abort();
  assert.equal(transaction.pollTransmit(), undefined);
  assert.equal(transaction.nextTimeout(), NEVER);
  transaction.handleAnswer(5);
  assert.equal(transaction.pollEvent(), undefined);
  const { transaction: answered } = play({}, 80);
  answered.handleAnswer(90);
  assert.equal(answered.pollEvent(), undefined);
});
