/** Timers, queue, buckets, seeded randomness: what every machine counts on. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  BucketTable,
  NEVER,
  Queue,
  randomBelow,
  SeededRandom,
  TimerTable,
  TokenBucket,
} from '../../../src/base/index.ts';

test('deadlines come out earliest first, each once, and none before its time', () => {
  const timers = new TimerTable<'a' | 'b' | 'c'>();
  assert.equal(timers.next(), NEVER);
  timers.set('a', 30);
  timers.set('b', 10);
  timers.set('c', 20);
  timers.set('a', 40); // replaces
  assert.equal(timers.next(), 10);
  assert.equal(timers.takeDue(9), undefined);
  assert.equal(timers.takeDue(20), 'b');
  assert.equal(timers.takeDue(20), 'c');
  assert.equal(timers.takeDue(20), undefined);
  assert.equal(timers.has('a'), true);
  timers.clear('a');
  assert.equal(timers.next(), NEVER);
});

test('a timer table is a sorted list of what was set last', () => {
  const names = ['a', 'b', 'c', 'd', 'e'] as const;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(100))), fc.nat(100), (sets, now) => {
      const timers = new TimerTable<(typeof names)[number]>();
      for (const [name, at] of sets) timers.set(name, at);
      const last = new Map(sets);
      const due = [...last.values()].filter((at) => at <= now).sort((x, y) => x - y);
      const taken: number[] = [];
      for (let name = timers.takeDue(now); name; name = timers.takeDue(now)) taken.push(last.get(name) ?? -1);
      assert.deepEqual(taken, due);
      assert.ok(timers.next() > now);
    }),
  );
});

test('a queue gives back in order, through any mixture of pushing and taking', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('take' as const), fc.nat(40))), (steps) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      let next = 0;
      for (const step of steps) {
        if (step === 'take') assert.equal(queue.take(), model.shift());
        else
          for (let i = 0; i < step; i++) {
            queue.push(next);
            model.push(next);
            next += 1;
          }
        assert.equal(queue.length, model.length);
      }
      for (const expected of model) assert.equal(queue.take(), expected);
      assert.equal(queue.take(), undefined);
    }),
  );
});

test('a queue can be emptied at once', () => {
  const queue = new Queue<string>();
  for (let i = 0; i < 100; i++) queue.push('x');
  queue.clear();
  assert.equal(queue.length, 0);
  assert.equal(queue.take(), undefined);
  queue.push('y');
  assert.equal(queue.take(), 'y');
});

test('a bucket allows a burst, then the rate, and never saves up more than the burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
  assert.deepEqual(
    [0, 0, 0, 0].map((now) => bucket.take(now)),
    [true, true, true, false],
  );
  assert.equal(bucket.take(99), false);
  assert.equal(bucket.take(101), true);
  assert.deepEqual(
    [60_000, 60_000, 60_000, 60_000].map((now) => bucket.take(now)),
    [true, true, true, false],
  );
  assert.equal(bucket.take(0), false, 'a clock that goes back refills nothing');
  assert.equal(bucket.take(60_200, 2), true);
});

test('over any time a bucket lets through at most burst + rate × time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(500), { maxLength: 200 }), (gaps) => {
      const bucket = new TokenBucket({ perSecond: 20, burst: 5 }, 0);
      let now = 0;
      let passed = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now)) passed += 1;
      }
      assert.ok(passed <= 5 + (now / 1000) * 20 + 1e-6);
    }),
  );
});

test('a table of buckets keeps keys apart, stays bounded, and forgets who was quiet longest', () => {
  const table = new BucketTable({ perSecond: 1, burst: 1 }, 3);
  assert.equal(table.take('a', 0), true);
  assert.equal(table.take('a', 0), false);
  assert.equal(table.take('b', 0), true);
  assert.equal(table.take('c', 0), true);
  assert.equal(table.take('a', 0), false); // a is the most recent now
  for (let i = 0; i < 1000; i++) table.take(`spoofed ${i}`, 0);
  assert.equal(table.size, 3);
  const small = new BucketTable({ perSecond: 1, burst: 1 }, 2);
  small.take('a', 0);
  small.take('b', 0);
  small.take('a', 0);
  small.take('c', 0); // b makes room
  assert.equal(small.take('a', 0), false, 'a is still remembered');
});

test('the same seed tells the same story, another seed another', () => {
  const a = new SeededRandom(7);
  const b = new SeededRandom(7);
  assert.deepEqual(a.bytes(64), b.bytes(64));
  assert.equal(a.uint32(), b.uint32());
  assert.notDeepEqual(new SeededRandom(8).bytes(64), new SeededRandom(7).bytes(64));
  for (let i = 0; i < 1000; i++) {
    const fraction = a.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
  }
});

test('a random number below a bound is below it, and every one of them comes', () => {
  const random = new SeededRandom(1);
  for (const bound of [1, 2, 3, 6, 1000, 2 ** 32]) {
    for (let i = 0; i < 100; i++) assert.ok(randomBelow(random, bound) < bound);
  }
  const seen = new Set(Array.from({ length: 1000 }, () => randomBelow(random, 6)));
  assert.equal(seen.size, 6);
  // Values that would favour small results are drawn again: 2³² − 1 is not a multiple of 3.
  const draws = [0xffffffff, 5];
  const rigged = { bytes: () => new Uint8Array(0), uint32: () => draws.shift() ?? 0 };
  assert.equal(randomBelow(rigged, 3), 2);
});
