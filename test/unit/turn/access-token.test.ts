/** Access tokens as bytes: the samples of RFC 7635 appendix A, and what is none. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeHex, encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { type AccessToken, openAccessToken, sealAccessToken } from '../../../src/turn/index.ts';

const SEED = 7635;
const SERVER_NAME = 'blackdow.carleon.gov';
const LONG_TERM_KEY = encodeUtf8('HGkj32KJGiuy098sdfaqbNjOiaz71923');
const NONCE = encodeUtf8('h4j3k2l2n4b5');
const SAMPLE: AccessToken = {
  macKey: encodeUtf8('ZksjpweoixXmvn67534m'),
  issuedAt: (92_470_300_704_768 / 65_536) * 1000,
  lifetimeSeconds: 3600,
};
const AEAD = nodeCrypto.createAead('aes-256-gcm', LONG_TERM_KEY);

function bytesOf(hex: string): Uint8Array {
  const bytes = decodeHex(hex);
  assert.ok(bytes);
  return bytes;
}

for (const [name, aead, hex] of [
  [
    'sample 1: AEAD_AES_256_GCM',
    AEAD,
    `000c 68346a336b326c326e346235
     617ef134a3d5e44e9a19cc7dc104b0c03d03b2a551d8fdf5cd3b6dca6f10cfb77e5b 2ddec84d293a5c50499359f0c2e26f76`,
  ],
  [
    'sample 2: AEAD_AES_128_GCM, with the first half of the key',
    nodeCrypto.createAead('aes-128-gcm', LONG_TERM_KEY.subarray(0, 16)),
    `000c 68346a336b326c326e346235
     7fb9e99f0827be3df1e1bd651493d3031d36df57079784aee5eacb65fad4f27fab1a 3f97974b69f851b24bf5af09eda357e0`,
  ],
] as const) {
  test(`appendix A, ${name}, read and written`, () => {
    const token = bytesOf(hex);
    assert.equal(token.length, 64);
    assert.deepEqual(openAccessToken(aead, SERVER_NAME, token), SAMPLE);
    assert.deepEqual(sealAccessToken(aead, NONCE, SERVER_NAME, SAMPLE), token);
  });
}

test('what is sealed is what is opened, by the server it was made for and by no other', () => {
  const tokens = fc.record({
    macKey: fc.uint8Array({ minLength: 20, maxLength: 64 }),
    // 1/64 ms is what the timestamp can tell.
    issuedAt: fc.integer({ min: 0, max: 2 ** 47 }).map((n) => n / 64),
    lifetimeSeconds: fc.integer({ min: 0, max: 0xffff_ffff }),
  });
  fc.assert(
    fc.property(tokens, (token) => {
      const sealed = sealAccessToken(AEAD, NONCE, SERVER_NAME, token);
      assert.deepEqual(openAccessToken(AEAD, SERVER_NAME, sealed), { ...token });
      assert.equal(openAccessToken(AEAD, `${SERVER_NAME}.`, sealed), undefined);
    }),
    { seed: SEED },
  );
});

test('one flipped bit anywhere, a byte too many, a byte too few: no token', () => {
  const token = sealAccessToken(AEAD, NONCE, SERVER_NAME, SAMPLE);
  for (let bit = 0; bit < token.length * 8; bit++) {
    const damaged = token.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(openAccessToken(AEAD, SERVER_NAME, damaged), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < token.length; length++) {
    assert.equal(openAccessToken(AEAD, SERVER_NAME, token.subarray(0, length)), undefined);
  }
  assert.equal(openAccessToken(AEAD, SERVER_NAME, Uint8Array.of(...token, 0)), undefined);
});

test('a length of the nonce that lies is refused before anything is decrypted (CVE-2026-43994)', () => {
  let opened = 0;
  const counting = {
    ...AEAD,
    open: () => {
      opened += 1;
      return true;
    },
  };
  for (const length of [0, 8, 11, 13, 16, 60, 62, 735, 0xffff]) {
    const token = sealAccessToken(AEAD, NONCE, SERVER_NAME, SAMPLE);
    token[0] = length >> 8;
    token[1] = length & 0xff;
    assert.equal(openAccessToken(counting, SERVER_NAME, token), undefined, `nonce of ${length}`);
  }
  assert.equal(openAccessToken(counting, SERVER_NAME, new Uint8Array(1000)), undefined);
  assert.equal(opened, 0);
});

test('authentic, but its inner length lies: no token', () => {
  for (const length of [0, 19, 21, 34, 0xffff]) {
    const plaintext = new Uint8Array(34);
    plaintext[0] = length >> 8;
    plaintext[1] = length & 0xff;
    const sealed = new Uint8Array(34 + 16);
    AEAD.seal(NONCE, encodeUtf8(SERVER_NAME), plaintext, sealed);
    const token = Uint8Array.of(0, 12, ...NONCE, ...sealed);
    assert.equal(openAccessToken(AEAD, SERVER_NAME, token), undefined, `${length}`);
  }
});

test('noise never throws, and is no token', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(openAccessToken(AEAD, SERVER_NAME, bytes), undefined);
    }),
    { seed: SEED },
  );
});

test('lengths that no token has are the caller’s mistake', () => {
  assert.throws(() => sealAccessToken(AEAD, NONCE.subarray(1), SERVER_NAME, SAMPLE), RangeError);
  for (const length of [19, 65]) {
    const token = { ...SAMPLE, macKey: new Uint8Array(length) };
    assert.throws(() => sealAccessToken(AEAD, NONCE, SERVER_NAME, token), RangeError);
  }
});
