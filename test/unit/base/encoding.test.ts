/** Text and bytes, compared with Node's own. RFC 3629, RFC 4648. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  decodeBase32,
  decodeBase64,
  decodeHex,
  decodeUtf8,
  encodeBase32,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  encodeUtf8,
} from '../../../src/base/index.ts';

const anyBytes = fc.uint8Array({ maxLength: 64 });

test('UTF-8 is written as TextEncoder writes it, lone surrogates included', () => {
  const anyText = fc.string({ unit: 'binary' });
  const withSurrogates = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(anyText, withSurrogates), (text) => {
      assert.deepEqual(encodeUtf8(text), new TextEncoder().encode(text));
    }),
    { numRuns: 1000 },
  );
});

test('well-formed UTF-8 comes back; a byte-order mark is a character like others', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(decodeUtf8(encodeUtf8(text)), text);
    }),
  );
  assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa');
});

test('malformed UTF-8 never throws, and what is good around it stays', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const ours = decodeUtf8(bytes);
      // How many U+FFFD stand for one fault differs between readers; everything else must agree.
      const theirs = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      assert.equal(ours.replaceAll('\ufffd', ''), theirs.replaceAll('\ufffd', ''));
    }),
    { numRuns: 2000 },
  );
});

test('RFC 3629 §10: overlong forms, surrogates and numbers beyond Unicode are no characters', () => {
  for (const hex of [
    'c080',
    'e08080',
    'f0808080',
    'eda080',
    'f4908080',
    'f8888080',
    'c1bf',
    '80',
    'c2',
    'e282',
  ]) {
    const bytes = decodeHex(hex);
    assert.ok(bytes);
    assert.match(decodeUtf8(bytes), /^\ufffd+$/, hex);
  }
});

test('hexadecimal there and back, with the blanks that RFCs print', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      assert.equal(encodeHex(bytes), Buffer.from(bytes).toString('hex'));
      assert.deepEqual(decodeHex(encodeHex(bytes).toUpperCase()), bytes);
    }),
  );
  assert.deepEqual(decodeHex('0a 0b:0C\n0d'), Uint8Array.of(10, 11, 12, 13));
  assert.equal(decodeHex('abc'), undefined);
  assert.equal(decodeHex('0g'), undefined);
});

test('base64 there and back, both alphabets', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
      assert.equal(encodeBase64Url(bytes), Buffer.from(bytes).toString('base64url'));
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      assert.deepEqual(decodeBase64(encodeBase64Url(bytes)), bytes);
    }),
  );
  assert.equal(decodeBase64('a*b='), undefined);
});

test('base64 of a length that no bytes have is refused', () => {
  assert.equal(decodeBase64('A'), undefined);
  assert.equal(decodeBase64('AAAAA'), undefined);
});

test('RFC 4648 §10: base32 vectors, in lower case without padding', () => {
  for (const [text, encoded] of [
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ] as const) {
    assert.equal(encodeBase32(encodeUtf8(text)), encoded);
    assert.deepEqual(decodeBase32(encoded.toUpperCase()), encodeUtf8(text));
  }
  fc.assert(fc.property(anyBytes, (bytes) => assert.deepEqual(decodeBase32(encodeBase32(bytes)), bytes)));
  assert.equal(decodeBase32('mzx0'), undefined);
  assert.equal(decodeBase32('m'), undefined);
});
