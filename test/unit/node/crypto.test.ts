/** The cryptography of the shell against published vectors. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { type AeadName, decodeHex, encodeUtf8, SeededRandom } from '../../../src/base/index.ts';
import { isFastCipher } from '../../../src/node/aead.ts';
import { createCipherAead } from '../../../src/node/cipher-aead.ts';
import { createSigningKey, nodeCrypto, nodeRandom } from '../../../src/node/index.ts';

function hex(text: string): Uint8Array {
  const bytes = decodeHex(text.replaceAll(/\s/g, ''));
  assert.ok(bytes);
  return bytes;
}

interface AeadVector {
  readonly name: AeadName;
  readonly source: string;
  readonly key: string;
  readonly nonce: string;
  readonly additionalData: string;
  readonly plaintext: string;
  readonly sealed: string;
}

const aeadVectors: readonly AeadVector[] = [
  {
    name: 'aes-128-gcm',
    source: 'McGrew and Viega, test case 4',
    key: 'feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext: `d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`,
    sealed: `42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
      21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95ae7121a47`,
  },
  {
    name: 'aes-256-gcm',
    source: 'McGrew and Viega, test case 16',
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext: `d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`,
    sealed: `522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
      8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b`,
  },
  {
    name: 'chacha20-poly1305',
    source: 'RFC 8439 §2.8.2',
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    nonce: '070000004041424344454647',
    additionalData: '50515253c0c1c2c3c4c5c6c7',
    plaintext: `4c616469657320616e642047656e746c656d656e206f662074686520636c6173
      73206f66202739393a204966204920636f756c64206f6666657220796f75206f
      6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73
      637265656e20776f756c642062652069742e`,
    sealed: `d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
      3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
      92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
      3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691`,
  },
];

/** Through OpenSSL's own contexts where koffi is installed, and through node:crypto. */
const WAYS = { chosen: nodeCrypto.createAead, portable: createCipherAead };

for (const [way, createAead] of Object.entries(WAYS))
  for (const vector of aeadVectors) {
    const plaintext = hex(vector.plaintext);
    const sealed = hex(vector.sealed);
    const nonce = hex(vector.nonce);
    const additionalData = hex(vector.additionalData);

    test(`${way}: ${vector.name} seals and opens as in ${vector.source}`, () => {
      const aead = createAead(vector.name, hex(vector.key));
      const into = new Uint8Array(sealed.length);
      aead.seal(nonce, additionalData, plaintext, into);
      assert.deepEqual(into, sealed);
      const opened = new Uint8Array(plaintext.length);
      assert.equal(aead.open(nonce, additionalData, sealed, opened), true);
      assert.deepEqual(opened, plaintext);
    });

    test(`${way}: ${vector.name} works in place`, () => {
      const aead = createAead(vector.name, hex(vector.key));
      const buffer = new Uint8Array(sealed.length);
      buffer.set(plaintext);
      aead.seal(nonce, additionalData, buffer.subarray(0, plaintext.length), buffer);
      assert.deepEqual(buffer, sealed);
      assert.equal(aead.open(nonce, additionalData, buffer, buffer), true);
      assert.deepEqual(buffer.subarray(0, plaintext.length), plaintext);
    });

    test(`${way}: ${vector.name} refuses what was changed, and leaves no garbage`, () => {
      const aead = createAead(vector.name, hex(vector.key));
      const changed = sealed.slice();
      changed[3] = (changed[3] ?? 0) ^ 1;
      const into = new Uint8Array(plaintext.length);
      assert.equal(aead.open(nonce, additionalData, changed, into), false);
      assert.equal(aead.open(nonce, new Uint8Array(0), sealed, into), false);
      assert.equal(aead.open(nonce, additionalData, sealed.subarray(0, 15), into), false);
      assert.deepEqual(into, new Uint8Array(plaintext.length));
    });

    test(`${way}: ${vector.name} takes keys of its own length only`, () => {
      assert.throws(() => createAead(vector.name, new Uint8Array(17)), RangeError);
    });
  }

test('both ways do the same with messages of every length, and with several keys by turns', () => {
  const random = new SeededRandom(5116);
  for (const name of ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'] as const) {
    const keys = [1, 2, 3].map(() => random.bytes(name === 'aes-128-gcm' ? 16 : 32));
    const pairs = keys.map((key) => [nodeCrypto.createAead(name, key), createCipherAead(name, key)] as const);
    for (const length of [0, 1, 15, 16, 17, 1200, 16_384, 65_520, 65_537, 100_000]) {
      for (const [chosen, portable] of pairs) {
        const [nonce, additionalData, plaintext] = [random.bytes(12), random.bytes(13), random.bytes(length)];
        const [one, other] = [new Uint8Array(length + 16), new Uint8Array(length + 16)];
        chosen.seal(nonce, additionalData, plaintext, one);
        portable.seal(nonce, additionalData, plaintext, other);
        assert.deepEqual(one, other);
        const opened = new Uint8Array(length);
        assert.equal(chosen.open(nonce, additionalData, one, opened), true);
        assert.deepEqual(opened, plaintext);
      }
    }
  }
});

test('where koffi and an OpenSSL of our own are, the fast way is taken', () => {
  const expected = process.platform === 'linux' && existsSync('node_modules/koffi');
  for (const { name } of aeadVectors) if (expected) assert.equal(isFastCipher(name), true);
});

for (const group of ['x25519', 'p-256'] as const) {
  test(`two parties agree over ${group}, and a seed repeats the keys`, () => {
    const ours = nodeCrypto.createKeyAgreement(group, new SeededRandom(1));
    const theirs = nodeCrypto.createKeyAgreement(group, new SeededRandom(2));
    const secret = ours.agree(theirs.publicKey);
    assert.ok(secret);
    assert.equal(secret.length, 32);
    assert.deepEqual(theirs.agree(ours.publicKey), secret);
    const again = nodeCrypto.createKeyAgreement(group, new SeededRandom(1));
    assert.deepEqual(again.publicKey, ours.publicKey);
  });

  test(`${group} refuses bytes that are no point`, () => {
    const { publicKey, agree } = nodeCrypto.createKeyAgreement(group, nodeRandom);
    assert.equal(agree(new Uint8Array(publicKey.length)), undefined);
    assert.equal(agree(publicKey.subarray(1)), undefined);
    assert.equal(agree(new Uint8Array(0)), undefined);
  });
}

test('X25519 gives the secret of RFC 7748 §6.1', () => {
  const pair = (privateKey: string) =>
    nodeCrypto.createKeyAgreement('x25519', { bytes: () => hex(privateKey), uint32: () => 0 });
  const alice = pair('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
  const bob = pair('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
  assert.deepEqual(alice.publicKey, hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'));
  assert.deepEqual(
    alice.agree(bob.publicKey),
    hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'),
  );
});

test('keys that are too weak or of another kind are refused', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  assert.throws(() => createSigningKey(weak.privateKey), TypeError);
  assert.throws(() => createSigningKey(generateKeyPairSync('ed25519').privateKey), TypeError);
});

test('bytes that are no certificate have no key', () => {
  assert.equal(nodeCrypto.readCertificate(encodeUtf8('no certificate')), undefined);
  assert.equal(nodeCrypto.readCertificate(new Uint8Array(0)), undefined);
});
