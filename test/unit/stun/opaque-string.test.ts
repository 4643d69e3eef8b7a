/** User names and passwords. RFC 8265 §4.2, RFC 8489 §9.2.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeHex } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { longTermKey, prepareOpaqueString } from '../../../src/stun/index.ts';

test('RFC 8265 §4.3: case, blanks and symbols stay; other spaces become plain ones; forms are composed', () => {
  assert.equal(prepareOpaqueString('correct horse battery staple'), 'correct horse battery staple');
  assert.equal(prepareOpaqueString('Correct Horse Battery Staple'), 'Correct Horse Battery Staple');
  assert.equal(prepareOpaqueString('πßå'), 'πßå');
  assert.equal(prepareOpaqueString('Jack of ♦s'), 'Jack of ♦s');
  assert.equal(prepareOpaqueString('foo\u1680bar'), 'foo bar');
  assert.equal(prepareOpaqueString('A\u030a'), '\u00c5');
  assert.equal(prepareOpaqueString('이음'), '이음');
  assert.equal(prepareOpaqueString('마트릭스 user 1'), '마트릭스 user 1');
});

test('RFC 8265 §4.3: empty, controls, ignorables, private use and conjoining jamo are refused', () => {
  for (const text of [
    '',
    'my cat is a \u0009by',
    'a\u0000',
    'a\u00adb',
    '\ue000',
    '\u1100\u3000',
    'a\ud800',
    '\uffff',
  ]) {
    assert.equal(prepareOpaqueString(text), undefined, JSON.stringify(text));
  }
});

test('RFC 8489 §9.2.2: the key of user:realm:pass', () => {
  assert.equal(
    encodeHex(longTermKey(nodeCrypto, 'user', 'realm', 'pass')),
    '8493fbc53ba582fb4c044c456bdc40eb',
  );
  assert.equal(longTermKey(nodeCrypto, 'user', 'realm', 'pass', 'sha256').length, 32);
});
