import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHex, encodeHex, encodeUtf8, randomBelow, silentLog } from '../../../src/base/index.ts';
import { monotonicNow, nodeEnv } from '../../../src/node/index.ts';

const env = nodeEnv({ log: silentLog });

test('hashes and authenticates as the published vectors say', () => {
  // RFC 1321 §A.5, FIPS 180-4 examples, RFC 2202 §3 case 2, RFC 4231 §4.3
  const abc = encodeUtf8('abc');
  assert.equal(encodeHex(env.crypto.hash('md5', abc)), '900150983cd24fb0d6963f7d28e17f72');
  assert.equal(encodeHex(env.crypto.hash('sha1', abc)), 'a9993e364706816aba3e25717850c26c9cd0d89d');
  assert.deepEqual(
    env.crypto.hash('sha256', abc),
    decodeHex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'),
  );
  const key = encodeUtf8('Jefe');
  const data = encodeUtf8('what do ya want for nothing?');
  assert.equal(encodeHex(env.crypto.hmac('sha1', key, data)), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  assert.equal(
    encodeHex(env.crypto.hmac('sha256', key, data)),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('gives plain bytes, of which a slice is a copy', () => {
  for (const bytes of [env.crypto.hash('sha1', Uint8Array.of(1)), env.random.bytes(4)]) {
    assert.equal(bytes.constructor, Uint8Array);
    const kept = bytes.slice();
    bytes.fill(0xaa);
    assert.notDeepEqual(kept, bytes);
  }
});

test('compares secrets of any length', () => {
  assert.ok(env.crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.ok(!env.crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!env.crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
});

test('random numbers fill their range and do not repeat over the edge of the pool', () => {
  const seen = new Set(Array.from({ length: 2_000 }, () => env.random.uint32()));
  assert.ok(seen.size > 1_990); // a repeat among 2000 of 2^32 has a chance of 1 in 2000
  const dice = Array.from({ length: 2_000 }, () => randomBelow(env.random, 6));
  for (let face = 0; face < 6; face++) assert.ok(dice.filter((value) => value === face).length > 200);
});

test('the clocks run', () => {
  assert.ok(Math.abs(env.wallClock() - Date.now()) < 1_000);
  const before = monotonicNow();
  assert.ok(monotonicNow() >= before);
});
