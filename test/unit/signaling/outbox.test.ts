/** The outbox: nothing is lost before it is confirmed, nothing is kept beyond the bounds, gaps are told from losses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Outbox } from '../../../src/signaling/index.ts';

test('keeps what is not confirmed, in order', () => {
  const outbox = new Outbox<string>();
  for (const body of ['a', 'b', 'c']) outbox.push(body, 1);
  assert.equal(outbox.acknowledge(1), true);
  assert.deepEqual(
    outbox.after(1)?.map((item) => item.body),
    ['b', 'c'],
  );
  assert.deepEqual(outbox.after(3), []);
  assert.equal(outbox.frames, 2);
  assert.equal(outbox.bytes, 2);
});

test('a confirmation of what was never sent changes nothing', () => {
  const outbox = new Outbox<string>();
  outbox.push('a', 1);
  assert.equal(outbox.acknowledge(2), false);
  assert.equal(outbox.after(2), undefined);
  assert.deepEqual(
    outbox.after(0)?.map((item) => item.body),
    ['a'],
  );
});

test('an old confirmation changes nothing', () => {
  const outbox = new Outbox<string>();
  for (const body of ['a', 'b', 'c']) outbox.push(body, 1);
  outbox.acknowledge(2);
  assert.equal(outbox.acknowledge(1), true);
  assert.equal(outbox.unacknowledged, 1);
});

test('beyond the limits the oldest go, and to continue from before them is refused', () => {
  const outbox = new Outbox<string>({ maxFrames: 2, maxBytes: 100 });
  for (const body of ['a', 'b', 'c']) outbox.push(body, 1);
  assert.equal(outbox.after(0), undefined);
  assert.deepEqual(
    outbox.after(1)?.map((item) => item.body),
    ['b', 'c'],
  );
  outbox.push('large', 100);
  assert.deepEqual(
    outbox.after(3)?.map((item) => item.body),
    ['large'],
  );
  assert.equal(outbox.after(2), undefined);
});

test('a superseded item is a gap, not a loss', () => {
  const outbox = new Outbox<string>();
  for (const body of ['a', 'b', 'c']) outbox.push(body, 1);
  outbox.supersede(2);
  outbox.supersede(99);
  assert.deepEqual(
    outbox.after(0)?.map((item) => [item.number, item.body]),
    [
      [1, 'a'],
      [3, 'c'],
    ],
  );
});

test('says in advance whether something fits', () => {
  const outbox = new Outbox<string>({ maxFrames: 4, maxBytes: 100 });
  assert.equal(outbox.fits(100), true);
  assert.equal(outbox.fits(76, 0.75), false);
  for (let i = 0; i < 3; i++) outbox.push('x', 1);
  assert.equal(outbox.fits(1, 0.75), false);
  assert.equal(outbox.fits(1), true);
});

test('whatever happens, bounds hold, and what comes after a number is complete or refused', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ confirm: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ supersede: fc.integer({ min: 0, max: 60 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const outbox = new Outbox<number>({ maxFrames: 5, maxBytes: 100 });
      const superseded = new Set<number>();
      let confirmed = 0;
      for (const action of steps) {
        if ('push' in action) outbox.push(outbox.last + 1, action.push);
        else if ('confirm' in action) {
          if (outbox.acknowledge(action.confirm)) confirmed = Math.max(confirmed, action.confirm);
        } else if (action.supersede <= outbox.last) {
          outbox.supersede(action.supersede);
          superseded.add(action.supersede);
        }
        assert.ok(outbox.frames <= 5 && outbox.bytes <= 100);
        for (let from = confirmed; from <= outbox.last; from++) {
          const items = outbox.after(from);
          if (!items) continue;
          const expected = [];
          for (let n = from + 1; n <= outbox.last; n++) if (!superseded.has(n)) expected.push(n);
          assert.deepEqual(
            items.map((item) => item.body),
            expected,
          );
        }
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
