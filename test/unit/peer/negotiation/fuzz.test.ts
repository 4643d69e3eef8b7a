/** The short fuzz of remote descriptions. Long: `npm run fuzz -- --target negotiation`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negotiation } from '../../../fuzz/negotiation-target.ts';
import { fuzz } from '../../../fuzz/target.ts';

test('bent descriptions are refused in words or taken and answered, and our own stay readable', () => {
  const { reached } = fuzz(negotiation, 6000, 20_261_121);
  const expected = [
    'offer: taken',
    'offer: sdp-syntax-error',
    'offer: InvalidAccessError',
    'answer: taken',
    'answer: InvalidAccessError',
    'local: taken',
    'candidate: taken',
    'candidate: OperationError',
  ];
  assert.deepEqual(
    expected.filter((what) => !reached.has(what)),
    [],
  );
  assert.ok((reached.get('offer: taken') ?? 0) > 1000, 'most of it gets in');
});
