/** A reader that has run past the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader } from '../../../src/base/index.ts';

test('after a failure nothing remains, so that reading until nothing remains ends', () => {
  const reader = new ByteReader(new Uint8Array(5));
  assert.equal(reader.u32(), 0);
  assert.equal(reader.remaining, 1);
  assert.equal(reader.u16(), 0);
  assert.equal(reader.failed, true);
  assert.equal(reader.remaining, 0);
});
