import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { DECIDING_BYTES, speechOf } from '../../../src/server/front/first-bytes.ts';

const BINDING = Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12));

test('tells TLS, STUN and HTTP apart', () => {
  assert.equal(speechOf(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00)), 'tls');
  assert.equal(speechOf(BINDING), 'stun');
  assert.equal(speechOf(encodeUtf8('GET / HTTP/1.1')), 'http');
  assert.equal(speechOf(encodeUtf8('PRI * HTTP/2.0')), 'http');
});

test('waits for as many bytes as it needs, and no more', () => {
  assert.equal(speechOf(new Uint8Array(0)), 'undecided');
  assert.equal(speechOf(Uint8Array.of(0x16)), 'undecided');
  for (let length = 1; length < DECIDING_BYTES; length++) {
    assert.equal(speechOf(BINDING.subarray(0, length)), 'undecided', `${length} bytes of STUN`);
  }
  assert.equal(speechOf(BINDING.subarray(0, DECIDING_BYTES)), 'stun');
});

test('knows noise at the first wrong byte', () => {
  assert.equal(speechOf(Uint8Array.of(0x16, 0x04)), 'noise');
  assert.equal(speechOf(Uint8Array.of(0, 1, 0, 0, 0x21, 0x13)), 'noise');
  assert.equal(speechOf(Uint8Array.of(0xff)), 'noise');
  assert.equal(speechOf(encodeUtf8('\r\n')), 'undecided');
  // ChannelData can only follow an allocation. Its first byte is "@" or a letter, so HTTP's parser refuses it.
  assert.equal(speechOf(Uint8Array.of(0x40, 0x00)), 'noise');
});

test('a decision never changes when more bytes come', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.uint8Array({ maxLength: 8 }).map((tail) => Uint8Array.of(0x16, 0x03, ...tail)),
    fc.uint8Array({ maxLength: 8 }).map((tail) => Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, ...tail)),
  );
  fc.assert(
    fc.property(bytes, (all) => {
      let decided = 'undecided';
      for (let length = 0; length <= all.length; length++) {
        const speech = speechOf(all.subarray(0, length));
        if (decided !== 'undecided') assert.equal(speech, decided);
        decided = speech;
      }
      if (all.length >= DECIDING_BYTES) assert.notEqual(decided, 'undecided');
    }),
  );
});
