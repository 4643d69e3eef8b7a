/** Tiles on a stage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestFit } from '../../../web/src/room/best-fit.ts';

const GAP = 8;

test('two people on a wide stage stand side by side, on a square one above each other', () => {
  assert.equal(bestFit(2, 1280, 420, GAP).columns, 2);
  assert.equal(bestFit(2, 800, 790, GAP).columns, 1);
});

test('six people on a desktop make two rows of three', () => {
  const { columns, rows } = bestFit(6, 1280, 720, GAP);
  assert.deepEqual({ columns, rows }, { columns: 3, rows: 2 });
});

test('one person gets the whole of a phone', () => {
  const { width, height } = bestFit(1, 390, 700, GAP);
  assert.deepEqual({ width, height }, { width: 390, height: 700 });
});

test('all tiles fit, whatever the stage', () => {
  const side = fc.integer({ min: 40, max: 4000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), side, side, (people, stageWidth, stageHeight) => {
      const { columns, rows, width, height } = bestFit(people, stageWidth, stageHeight, GAP);
      assert.ok(columns * rows >= people);
      assert.ok(columns * width + (columns - 1) * GAP <= stageWidth + 1e-6 || width === 0);
      assert.ok(rows * height + (rows - 1) * GAP <= stageHeight + 1e-6 || height === 0);
    }),
  );
});

test('a stage without size has tiles without size', () => {
  assert.deepEqual(bestFit(3, 0, 0, GAP), { columns: 0, rows: 0, width: 0, height: 0 });
});
