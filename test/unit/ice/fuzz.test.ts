/** The short fuzz of the agent; long: `npm run fuzz -- --target ice`. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { iceAgent } from '../../fuzz/ice-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('an agent whose passwords a bad neighbour knows: nothing thrown, nothing without bound, nobody flooded', () => {
  const { reached } = fuzz(iceAgent, 15_000, 20_260_807);
  const outcomes = [
    ...['state checking', 'state connected', 'state completed', 'state disconnected', 'state failed'],
    ...['said 0', 'said 2', 'said 3 487', 'said 3 420', 'said 3 400', 'data', 'role', 'selected-pair'],
  ];
  assert.deepEqual(
    outcomes.filter((outcome) => !reached.has(outcome)),
    [],
    'a fuzz that does not reach this proves nothing about it',
  );
});
