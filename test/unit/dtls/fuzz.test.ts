/** The short fuzz of both ends and of the server's door; long: `npm run fuzz -- --target dtls`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dtlsConnection } from '../../fuzz/dtls-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('somebody writes between client and server: nothing thrown, nothing heard that was not said, nobody flooded', () => {
  const { reached } = fuzz(dtlsConnection, 20_000, 20_261_121);
  const outcomes = ['connected', 'not connected', 'data', 'ended', 'answered', 'not answered'];
  assert.deepEqual(
    outcomes.filter((outcome) => !reached.has(outcome)),
    [],
    'a fuzz that does not reach this proves nothing about it',
  );
});
