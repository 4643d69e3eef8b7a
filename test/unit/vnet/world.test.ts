/** Time in a virtual world: it jumps, it never goes back, and equal times keep the order of asking. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { World } from '../../../src/vnet/index.ts';

test('actions happen in the order of their times, equal ones in the order of asking', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
      const world = new World({ seed: 1 });
      const happened: { at: number; asked: number; now: number }[] = [];
      for (const [asked, at] of delays.entries()) {
        world.after(at, () => happened.push({ at, asked, now: world.now }));
      }
      world.run(100);
      const expected = delays
        .map((at, asked) => ({ at, asked, now: at }))
        .sort((a, b) => a.at - b.at || a.asked - b.asked);
      assert.deepEqual(happened, expected);
      assert.equal(world.now, 100);
    }),
  );
});

test('what is cancelled does not happen, and what has happened can be cancelled', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean()), { maxLength: 40 }), (plans) => {
      const world = new World({ seed: 1 });
      const happened: number[] = [];
      const scheduled = plans.map(([at], i) => world.after(at, () => happened.push(i)));
      for (const [i, [, cancelled]] of plans.entries()) if (cancelled) scheduled[i]?.cancel();
      world.run(10);
      for (const each of scheduled) each.cancel();
      const expected = plans.flatMap(([at, cancelled], i) => (cancelled ? [] : [{ at, i }]));
      assert.deepEqual(
        happened,
        expected.sort((a, b) => a.at - b.at || a.i - b.i).map(({ i }) => i),
      );
    }),
  );
});

test('an action of now waits for its turn; one for the past happens now', () => {
  const world = new World({ seed: 1 });
  const order: string[] = [];
  world.after(5, () => {
    world.after(0, () => order.push('later'));
    world.at(1, () => order.push(`past, at ${world.now}`));
    order.push('first');
  });
  world.run(5);
  assert.deepEqual(order, ['first', 'later', 'past, at 5']);
});

test('runs until something has come true, and no further', () => {
  const world = new World({ seed: 1 });
  let rings = 0;
  const ring = (): void => {
    rings += 1;
    world.after(10, ring);
  };
  world.after(10, ring);
  assert.equal(
    world.runUntil(1000, () => rings === 3),
    true,
  );
  assert.equal(world.now, 30);
  assert.equal(
    world.runUntil(95, () => rings === 50),
    false,
  );
  assert.deepEqual([world.now, rings], [95, 9]);
});

test('an endless now is reported, not suffered', () => {
  const world = new World({ seed: 1 });
  const again = (): void => {
    world.after(0, again);
  };
  again();
  assert.throws(() => world.run(1), /does not get beyond 0 ms/);
});

test('every part has chance of its own, and the wall clock follows virtual time', () => {
  const [a, b] = [new World({ seed: 7, epoch: 1000 }), new World({ seed: 7, epoch: 1000 })];
  const [first, second] = [a.newRandom(), a.newRandom()];
  const again = b.newRandom();
  b.newRandom().bytes(100);
  assert.notEqual(first.uint32(), second.uint32());
  again.uint32();
  assert.equal(first.uint32(), again.uint32(), 'what another part drew has changed nothing');
  a.run(500);
  assert.equal(a.now, 500);
});
