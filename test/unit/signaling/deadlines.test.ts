/** The table of deadlines against a plain list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NEVER } from '../../../src/base/index.ts';
import { Deadlines } from '../../../src/signaling/deadlines.ts';

test('names come at their time, the earliest first, equals in the order of setting', () => {
  const step = fc.oneof(
    fc.record({ set: fc.integer({ min: 0, max: 20 }), at: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ clear: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ take: fc.integer({ min: 0, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const deadlines = new Deadlines<number>();
      let plain: { key: number; at: number }[] = [];
      for (const action of steps) {
        if ('set' in action) {
          deadlines.set(action.set, action.at);
          plain = [...plain.filter(({ key }) => key !== action.set), { key: action.set, at: action.at }];
        } else if ('clear' in action) {
          deadlines.clear(action.clear);
          plain = plain.filter(({ key }) => key !== action.clear);
        } else {
          const earliest = plain.toSorted((a, b) => a.at - b.at)[0];
          const due = earliest && earliest.at <= action.take ? earliest.key : undefined;
          assert.equal(deadlines.takeDue(action.take), due);
          plain = plain.filter(({ key }) => key !== due);
        }
        assert.equal(deadlines.size, plain.length);
        assert.equal(deadlines.next(), Math.min(NEVER, ...plain.map(({ at }) => at)));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('moving one deadline a million times takes no memory', () => {
  const deadlines = new Deadlines<string>();
  for (let i = 0; i < 1_000_000; i++) deadlines.set('one', i);
  assert.equal(deadlines.takeDue(999_998), undefined);
  assert.equal(deadlines.takeDue(999_999), 'one');
  assert.equal(deadlines.next(), NEVER);
});
