/** Hashes and HMACs made from one-shot hashing: the same bytes as node's own, and as the RFCs'. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { decodeHex, encodeHex, encodeUtf8, type HashName } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';

const NAMES: readonly HashName[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

test('RFC 2202 §3 and RFC 4231 §4.2: the vectors, and keys longer than a block', () => {
  const key = new Uint8Array(20).fill(0x0b);
  const hi = encodeUtf8('Hi There');
  const hexOf = (name: HashName, k: Uint8Array, data: Uint8Array): string =>
    encodeHex(nodeCrypto.hmac(name, k, data));
  assert.equal(hexOf('sha1', key, hi), 'b617318655057264e28bc0b6fb378c8ef146be00');
  assert.equal(hexOf('sha256', key, hi), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  const long = decodeHex('aa'.repeat(80)) ?? new Uint8Array(0);
  const text = encodeUtf8('Test Using Larger Than Block-Size Key - Hash Key First');
  assert.equal(hexOf('sha1', long, text), 'aa4ae5e15272d00e95705637ce8a3b55ed402112');
});

test('any key and any message give what node gives', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), bytes(200), bytes(5000), (name, key, data) => {
      const mac = createHmac(name, key).update(data).digest('hex');
      assert.equal(encodeHex(nodeCrypto.hmac(name, key, data)), mac);
      assert.equal(encodeHex(nodeCrypto.hash(name, data)), createHash(name).update(data).digest('hex'));
    }),
  );
});

test('a result is no view into memory that the next call overwrites', () => {
  const first = nodeCrypto.hmac('sha256', encodeUtf8('one'), encodeUtf8('message'));
  const kept = first.slice();
  nodeCrypto.hmac('sha256', encodeUtf8('two'), encodeUtf8('message'));
  assert.deepEqual(first, kept);
  assert.equal(first.constructor, Uint8Array);
});
