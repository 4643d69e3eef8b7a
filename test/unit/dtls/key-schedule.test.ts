/** The pseudo-random function against the vectors that were published for it, and what is derived with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHex, encodeHex, encodeUtf8 } from '../../../src/base/index.ts';
import { CIPHER_SUITES } from '../../../src/dtls/cipher-suites.ts';
import { KeySchedule } from '../../../src/dtls/key-schedule.ts';
import { type PrfHash, prf } from '../../../src/dtls/prf.ts';
import { nodeCrypto } from '../../../src/node/index.ts';

function hex(text: string): Uint8Array {
  const bytes = decodeHex(text.replaceAll(/\s/g, ''));
  assert.ok(bytes);
  return bytes;
}

/** Published on the mailing list of the TLS working group with TLS 1.2; label "test label". */
const VECTORS: readonly {
  readonly hash: PrfHash;
  readonly secret: string;
  readonly seed: string;
  readonly output: string;
}[] = [
  {
    hash: 'sha256',
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output: `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
      6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
      4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701 87347b66`,
  },
  {
    hash: 'sha384',
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output: `7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd
      e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd
      8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425
      9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6
      91c8f3a26854308d5eaa3be85e0990703d73e56f`,
  },
];

for (const { hash, secret, seed, output } of VECTORS) {
  test(`PRF with ${hash} gives the published output, and prefixes of it`, () => {
    const expected = hex(output);
    for (const length of [expected.length, 48, 12, 1]) {
      const got = prf(nodeCrypto, hash, hex(secret), 'test label', hex(seed), length);
      assert.equal(encodeHex(got), encodeHex(expected.subarray(0, length)));
    }
  });
}

const RANDOMS = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
const SECRET = new Uint8Array(32).fill(3);

for (const suite of CIPHER_SUITES) {
  test(`${suite.name}: four different pieces of the key block, as long as the cipher wants them`, () => {
    const { client, server } = new KeySchedule(nodeCrypto, suite, RANDOMS, SECRET, undefined).keys();
    for (const { key, iv } of [client, server]) {
      assert.equal(key.length, suite.keyBytes);
      assert.equal(iv.length, suite.ivBytes);
    }
    assert.notDeepEqual(client.key, server.key);
    assert.notDeepEqual(client.iv, server.iv);
  });
}

test('the key block is the PRF over the master secret, in the order of RFC 5246 §6.3', () => {
  const [suite] = CIPHER_SUITES;
  assert.ok(suite);
  const seed = new Uint8Array([...RANDOMS.client, ...RANDOMS.server]);
  const master = prf(nodeCrypto, 'sha256', SECRET, 'master secret', seed, 48);
  const reversed = new Uint8Array([...RANDOMS.server, ...RANDOMS.client]);
  const block = prf(nodeCrypto, 'sha256', master, 'key expansion', reversed, 40);
  const { client, server } = new KeySchedule(nodeCrypto, suite, RANDOMS, SECRET, undefined).keys();
  assert.deepEqual(new Uint8Array([...client.key, ...server.key, ...client.iv, ...server.iv]), block);
});

test('the extended master secret depends on the transcript, the other one does not', () => {
  const [suite] = CIPHER_SUITES;
  assert.ok(suite);
  const exported = (sessionHash: Uint8Array | undefined) =>
    encodeHex(new KeySchedule(nodeCrypto, suite, RANDOMS, SECRET, sessionHash).exportKeyingMaterial('x', 32));
  const all = [exported(undefined), exported(new Uint8Array(32)), exported(new Uint8Array(32).fill(9))];
  assert.equal(new Set(all).size, 3);
  assert.equal(exported(undefined), all[0]);
});

test('an empty context is not the same as none (RFC 5705 §4)', () => {
  const [suite] = CIPHER_SUITES;
  assert.ok(suite);
  const schedule = new KeySchedule(nodeCrypto, suite, RANDOMS, SECRET, undefined);
  const without = schedule.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60);
  assert.equal(without.length, 60);
  assert.notDeepEqual(schedule.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60, new Uint8Array(0)), without);
  const bound = schedule.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60, encodeUtf8('this call'));
  assert.notDeepEqual(bound, without);
});
