/** A short fuzz of whole sessions; `npm run fuzz` runs it long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerSession } from '../../fuzz/peer-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('sessions that are up go on talking, whatever somebody on the path writes', () => {
  const { reached } = fuzz(peerSession, 20_000, 20_261_121);
  assert.ok((reached.get('words') ?? 0) > 20);
});
