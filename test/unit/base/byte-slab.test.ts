/** Small buffers out of large ones: apart from each other, and no more than is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteSlab } from '../../../src/base/index.ts';

function take(slab: ByteSlab, length: number): Uint8Array {
  const at = slab.reserve(length);
  const view = slab.bytes.subarray(at, at + length);
  slab.take(length);
  return view;
}

test('what was given away is never written again', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), (lengths) => {
      const slab = new ByteSlab();
      const views = lengths.map((length, i) => take(slab, length).fill(i));
      for (const [i, view] of views.entries()) {
        assert.equal(view.length, lengths[i]);
        assert.ok(view.every((byte) => byte === i % 256));
      }
    }),
  );
});

test('a place that was reserved and not taken is reserved again', () => {
  const slab = new ByteSlab();
  assert.equal(slab.reserve(100), slab.reserve(200));
  slab.take(50);
  assert.equal(slab.reserve(10), 50);
});

test('buffers grow with use up to 128 KiB, and begin small again after a rest', () => {
  const slab = new ByteSlab();
  const sizes = new Set<number>();
  for (let i = 0; i < 1000; i++) sizes.add(take(slab, 1228).buffer.byteLength);
  assert.deepEqual([...sizes], [1228, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]);
  slab.rest();
  assert.equal(slab.bytes.length, 0);
  assert.equal(take(slab, 10).buffer.byteLength, 512);
});

test('who asks for much once gets a buffer that goes with it', () => {
  const slab = new ByteSlab();
  assert.equal(take(slab, 16_373).buffer.byteLength, 16_373);
  assert.equal(slab.bytes.length, 0);
});
