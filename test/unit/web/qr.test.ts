/** The QR code of an invitation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'uqr';
import { drawQr } from '../../../web/src/room/qr.ts';

test('the path darkens exactly the dark modules', () => {
  const text = 'https://example.org/r/abcdefghijklmnopqrstuvw2';
  const { size, path } = drawQr(text);
  const { data } = encode(text, { ecc: 'M', border: 4 });
  assert.equal(size, data.length);
  const drawn = data.map((row) => row.map(() => false));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    drawn[Number(y)]?.fill(true, Number(x), Number(x) + Number(run));
  }
  assert.deepEqual(drawn, data);
});
