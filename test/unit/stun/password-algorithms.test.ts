/** PASSWORD-ALGORITHMS as bytes, and the cookie in a nonce. RFC 8489 §9.2, §14.11, §14.12, §18.1, §18.5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeHex, encodeHex, encodeUtf8 } from '../../../src/base/index.ts';
import {
  decodePasswordAlgorithm,
  decodePasswordAlgorithms,
  encodePasswordAlgorithm,
  encodePasswordAlgorithms,
  NONCE_COOKIE_CHARACTERS,
  readNonceCookie,
  writeNonceCookie,
} from '../../../src/stun/index.ts';

const SEED = 8489;

function listOf(hex: string): ReturnType<typeof decodePasswordAlgorithms> {
  return decodePasswordAlgorithms(decodeHex(hex) ?? new Uint8Array());
}

test('§14.11: a list in its sender’s order, four bytes for each of the two that there are', () => {
  assert.equal(encodeHex(encodePasswordAlgorithms(['sha256', 'md5'])), '0002000000010000');
  assert.deepEqual(listOf('00020000 00010000'), ['sha256', 'md5']);
  assert.deepEqual(listOf(''), []);
});

test('§14.11: parameters are stepped over with their padding; an algorithm that has them is none of ours', () => {
  assert.deepEqual(listOf('00070005 0102030405000000 00010000'), [undefined, 'md5']);
  assert.deepEqual(listOf('00020001 01000000 00020000'), [undefined, 'sha256']);
  assert.deepEqual(listOf('00070002 0102'), [undefined], 'the last padding may be the attribute’s own');
});

test('§14.11: a list that is cut short is none', () => {
  for (const hex of ['00', '0002', '000200', '00020004 010203', '00020000 0001']) {
    assert.equal(listOf(hex), undefined, hex);
  }
});

test('§14.12: one algorithm, not none and not two', () => {
  assert.equal(decodePasswordAlgorithm(encodePasswordAlgorithm('md5')), 'md5');
  assert.equal(decodePasswordAlgorithm(encodePasswordAlgorithm('sha256')), 'sha256');
  assert.equal(decodePasswordAlgorithm(new Uint8Array()), undefined);
  assert.equal(decodePasswordAlgorithm(encodePasswordAlgorithms(['md5', 'md5'])), undefined);
  assert.equal(decodePasswordAlgorithm(Uint8Array.of(0, 0, 0, 0)), undefined);
});

test('noise never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      decodePasswordAlgorithms(bytes);
      decodePasswordAlgorithm(bytes);
      readNonceCookie(bytes);
    }),
    { seed: SEED },
  );
});

test('§9.2: the cookie tells which features there are, and nothing else does', () => {
  for (const passwordAlgorithms of [false, true]) {
    for (const usernameAnonymity of [false, true]) {
      const features = { passwordAlgorithms, usernameAnonymity };
      const cookie = writeNonceCookie(features);
      assert.equal(cookie.length, NONCE_COOKIE_CHARACTERS);
      assert.deepEqual(readNonceCookie(encodeUtf8(`${cookie}whatever follows`)), features);
    }
  }
  // Appendix B.1 says AAAC: bits 22 and 23 mean nothing.
  const vector = readNonceCookie(encodeUtf8('obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA'));
  assert.deepEqual(vector, { passwordAlgorithms: false, usernameAnonymity: false });
  for (const other of ['', 'obMatJos2', 'obMatJos2AAA', 'f//499k954d6OL34oL9FSTvy64sA', 'obMatJos2!!!!']) {
    assert.equal(readNonceCookie(encodeUtf8(other)), undefined, other);
  }
});
