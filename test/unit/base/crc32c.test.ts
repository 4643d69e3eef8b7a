/** CRC-32C and serial numbers against known answers. RFC 9260 appendix A, RFC 1982, RFC 3720 §B.4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CRC32C_START,
  crc32c,
  encodeUtf8,
  serialDistance,
  serialLess,
  serialLess16,
  updateCrc32c,
} from '../../../src/base/index.ts';

test('the known answers', () => {
  assert.equal(crc32c(encodeUtf8('123456789')), 0xe3069283);
  // RFC 3720 §B.4: 32 bytes of zeros, of ones, counting up.
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});

test('pieces give the same as the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
      const state = updateCrc32c(updateCrc32c(CRC32C_START, bytes.subarray(0, at)), bytes.subarray(at));
      assert.equal((state ^ 0xffffffff) >>> 0, crc32c(bytes));
    }),
    { seed: 9260 },
  );
});

test('serial numbers go round', () => {
  assert.equal(serialLess(0xffff_ffff, 0), true);
  assert.equal(serialLess(0, 0xffff_ffff), false);
  assert.equal(serialLess(5, 5), false);
  assert.equal(serialLess(0, 2 ** 31), false);
  assert.equal(serialLess(2 ** 31, 0), false);
  assert.equal(serialLess16(0xffff, 0), true);
  assert.equal(serialLess16(0, 0x8000), false);
  assert.equal(serialDistance(0xffff_fffe, 1), 3);
});
