import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import test from 'node:test';
import { p256KeyOf } from '../../../src/node/p256-certificate.ts';
import { nodeRandom } from '../../../src/node/random.ts';
import { createSelfSigned } from '../../../src/node/self-signed.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function certificateOf(commonName: string, kind: 'ecdsa' | 'rsa' = 'ecdsa'): Uint8Array {
  const notBefore = Date.UTC(2026, 0, 1);
  return createSelfSigned(nodeRandom, { kind, commonName, notBefore, notAfter: notBefore + 30 * DAY_MS })
    .certificate;
}

test('finds the key that OpenSSL finds, however long the names are', () => {
  for (const length of [1, 8, 64, 100, 127, 128, 255, 256, 1000]) {
    const certificate = certificateOf('n'.repeat(length));
    const found = p256KeyOf(certificate);
    assert.ok(found);
    assert.ok(found.equals(new X509Certificate(certificate).publicKey));
  }
});

test('leaves keys of other kinds to OpenSSL', () => {
  assert.equal(p256KeyOf(certificateOf('name', 'rsa')), undefined);
});

test('what was cut short, or has something behind it, is no certificate', () => {
  const certificate = certificateOf('name');
  for (let length = 0; length < certificate.length; length++) {
    assert.equal(p256KeyOf(certificate.subarray(0, length)), undefined);
  }
  assert.equal(p256KeyOf(Uint8Array.of(...certificate, 0)), undefined);
});

test('a changed octet gives the same key or none', () => {
  const certificate = certificateOf('name');
  const key = p256KeyOf(certificate);
  assert.ok(key);
  for (const [at, octet] of certificate.entries()) {
    for (const bit of [1, 0x80]) {
      const changed = certificate.slice();
      changed[at] = octet ^ bit;
      const found = p256KeyOf(changed);
      assert.ok(found === undefined || found.equals(key));
    }
  }
});
