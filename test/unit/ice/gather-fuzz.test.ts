/** The short fuzz of the gatherer; long: `npm run fuzz -- --target gather`. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { iceGatherer } from '../../fuzz/gather-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('a gatherer whose servers are spoken for by somebody else: nothing thrown, nothing without bound, nothing left', () => {
  const { reached } = fuzz(iceGatherer, 8_000, 20_261_121);
  const outcomes = [
    ...[
      'candidate host',
      'candidate srflx',
      'candidate relay udp',
      'candidate relay tcp',
      'candidate relay dtls',
    ],
    ...['error 701', 'path-lost', 'remote-lost', 'heard', 'gathering'],
  ];
  assert.deepEqual(
    outcomes.filter((outcome) => !reached.has(outcome)),
    [],
    `a fuzz that does not reach this proves nothing about it; it reached ${[...reached.keys()].join(', ')}`,
  );
});
