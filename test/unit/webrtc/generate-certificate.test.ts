/** RTCCertificate and how scripts get one. webrtc.html §4.9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCCertificate, RTCPeerConnection } from '../../../src/node/webrtc/index.ts';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' };
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const DAY_MS = 24 * 60 * 60 * 1000;

const generate = (algorithm: unknown): Promise<RTCCertificate> =>
  RTCPeerConnection.generateCertificate(algorithm as string);

for (const [name, algorithm] of Object.entries({ ECDSA, RSA, lowercase: { ...ECDSA, name: 'ecdsa' } })) {
  test(`makes a certificate: ${name}`, async () => {
    const certificate = await generate(algorithm);
    assert.ok(certificate instanceof RTCCertificate);
    const [fingerprint, ...more] = certificate.getFingerprints();
    assert.deepEqual(more, []);
    assert.equal(fingerprint?.algorithm, 'sha-256');
    assert.match(fingerprint?.value ?? '', /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
    assert.ok(Math.abs(certificate.expires - Date.now() - 30 * DAY_MS) < DAY_MS);
    assert.ok(Number.isInteger(certificate.expires));
  });
}

test('lives as long as it was asked to, at most a year', async () => {
  const brief = await generate({ ...ECDSA, expires: 60_000 });
  assert.ok(brief.expires - Date.now() <= 60_000);
  const long = await generate({ ...ECDSA, expires: 1e15 });
  assert.ok(long.expires - Date.now() <= 365 * DAY_MS);
  assert.ok(long.expires - Date.now() > 364 * DAY_MS);
});

test('an expired certificate is refused by the constructor', async () => {
  const certificate = await generate({ ...ECDSA, expires: 0 });
  await new Promise((resolve) => setTimeout(resolve, 2));
  assert.throws(() => new RTCPeerConnection({ certificates: [certificate] }), { name: 'InvalidAccessError' });
});

test('a connection announces the certificate it was given', async () => {
  const certificate = await generate(ECDSA);
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  connection.createDataChannel('x');
  const { sdp } = await connection.createOffer();
  const [fingerprint] = certificate.getFingerprints();
  assert.match(sdp, new RegExp(`a=fingerprint:sha-256 ${fingerprint?.value}`, 'i'));
  assert.deepEqual(connection.getConfiguration().certificates, [certificate]);
  connection.close();
});

test('every certificate is of its own', async () => {
  const [one, other] = await Promise.all([generate(ECDSA), generate(ECDSA)]);
  assert.notDeepEqual(one.getFingerprints(), other.getFingerprints());
});

const refused: readonly (readonly [string, unknown, string])[] = [
  ['another algorithm', 'HMAC', 'NotSupportedError'],
  ['text that is no algorithm', 'invalid-algo', 'NotSupportedError'],
  ['an object without name', {}, 'TypeError'],
  ['ECDSA without a curve', { name: 'ECDSA' }, 'TypeError'],
  ['ECDSA as text', 'ECDSA', 'TypeError'],
  ['another curve', { name: 'ECDSA', namedCurve: 'P-521' }, 'NotSupportedError'],
  ['RSA with SHA-1', { ...RSA, hash: 'SHA-1' }, 'NotSupportedError'],
  ['RSA of 1024 bits', { ...RSA, modulusLength: 1024 }, 'NotSupportedError'],
  ['RSA without a hash', { name: RSA.name }, 'TypeError'],
  ['a negative expiry', { ...ECDSA, expires: -1 }, 'TypeError'],
  ['an expiry that is no number', { ...ECDSA, expires: 'tomorrow' }, 'TypeError'],
];
for (const [what, algorithm, name] of refused) {
  test(`refuses ${what}: ${name}`, async () => {
    await assert.rejects(generate(algorithm), { name });
  });
}

test('needs an argument', async () => {
  await assert.rejects(
    Reflect.apply(RTCPeerConnection.generateCertificate, RTCPeerConnection, []),
    TypeError,
  );
});
