/** Where one's own picture rests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerAfter, FIRST_CORNER, nearestCorner } from '../../../web/src/room/corner.ts';

test('arrow keys reach all four corners and stop at the edge', () => {
  const topLeft = cornerAfter('ArrowLeft', cornerAfter('ArrowUp', FIRST_CORNER));
  assert.deepEqual(topLeft, { vertical: 'top', horizontal: 'left' });
  assert.deepEqual(cornerAfter('ArrowUp', topLeft), topLeft);
  assert.deepEqual(cornerAfter('Tab', topLeft), topLeft);
});

test('a picture that is let go comes to rest in the nearest corner', () => {
  assert.deepEqual(nearestCorner(10, 590, 800, 600), { vertical: 'bottom', horizontal: 'left' });
  assert.deepEqual(nearestCorner(700, 20, 800, 600), { vertical: 'top', horizontal: 'right' });
});
