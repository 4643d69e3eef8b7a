/** What both sides agree on, and how they fail when they cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DtlsErrorCode, type DtlsOptions, fingerprintOf } from '../../../src/dtls/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { IDENTITIES } from '../../support/dtls/identities.ts';
import { DtlsLab, type LabOptions } from '../../support/dtls/lab.ts';

function own(kind: 'ecdsa' | 'rsa'): Uint8Array {
  const [certificate] = IDENTITIES[kind].chain;
  assert.ok(certificate);
  return certificate;
}

function announced(kind: 'ecdsa' | 'rsa', hash: 'sha-256' | 'sha-384' | 'sha-512' = 'sha-256') {
  return { kind: 'fingerprints' as const, fingerprints: [fingerprintOf(nodeCrypto, hash, own(kind))] };
}

/** Plays it to its end; the codes of both sides. */
function failures(options: LabOptions): Record<'client' | 'server', DtlsErrorCode | undefined> {
  const lab = new DtlsLab(options).start().run();
  assert.equal(lab.client.connected || lab.server.connected, false);
  return { client: lab.event('client', 'failed')?.code, server: lab.event('server', 'failed')?.code };
}

for (const hash of ['sha-256', 'sha-384', 'sha-512'] as const) {
  test(`the certificates announced by ${hash} are taken on both sides`, () => {
    const client = { identities: [IDENTITIES.rsa], peer: announced('ecdsa', hash) };
    const lab = new DtlsLab({ client, server: { peer: announced('rsa', hash) } }).start().runUntilConnected();
    assert.deepEqual(lab.event('client', 'connected')?.peerChain, [own('ecdsa')]);
    assert.deepEqual(lab.event('server', 'connected')?.peerChain, [own('rsa')]);
  });
}

test('another certificate than the announced one ends it at both sides', () => {
  assert.deepEqual(failures({ client: { peer: announced('rsa') } }), {
    client: 'DTLS_FINGERPRINT_MISMATCH',
    server: 'DTLS_ALERT_RECEIVED',
  });
  const client = { identities: [IDENTITIES.rsa] };
  assert.deepEqual(failures({ client, server: { peer: announced('ecdsa') } }), {
    client: 'DTLS_ALERT_RECEIVED',
    server: 'DTLS_FINGERPRINT_MISMATCH',
  });
});

test('where fingerprints with several hashes are announced, the strongest decides (RFC 8122 §5)', () => {
  const [right] = announced('ecdsa', 'sha-256').fingerprints;
  const [wrong] = announced('rsa', 'sha-512').fingerprints;
  assert.ok(right && wrong);
  const peer = { kind: 'fingerprints', fingerprints: [right, wrong] } as const;
  assert.equal(failures({ client: { peer } }).client, 'DTLS_FINGERPRINT_MISMATCH');
  assert.equal(
    failures({ client: { peer: { ...peer, fingerprints: [] } } }).client,
    'DTLS_FINGERPRINT_MISMATCH',
  );
});

test('a client without the certificate that is asked for is sent away', () => {
  assert.deepEqual(failures({ server: { peer: announced('rsa') } }), {
    client: 'DTLS_ALERT_RECEIVED',
    server: 'DTLS_CERTIFICATE_MISSING',
  });
});

for (const side of ['client', 'server'] as const) {
  test(`the ${side} can be asked about the certificate of the other, and take its time`, () => {
    const lab = new DtlsLab({
      client: { identities: [IDENTITIES.ecdsa] },
      [side]: { identities: [IDENTITIES.ecdsa], peer: { kind: 'ask' } },
    });
    lab.start().run(5000);
    assert.deepEqual(lab.event(side, 'peer-certificate')?.chain, [own('ecdsa')]);
    assert.equal(lab[side].connected, false);
    lab[side].acceptPeer(lab.now);
    lab.runUntilConnected();
    assert.equal(lab.client.connected && lab.server.connected, true);
  });

  test(`the ${side} can refuse the certificate of the other`, () => {
    const lab = new DtlsLab({
      client: { identities: [IDENTITIES.ecdsa] },
      [side]: { identities: [IDENTITIES.ecdsa], peer: { kind: 'ask' } },
    });
    lab.start().run(100);
    lab[side].rejectPeer(lab.now, 'certificate_expired');
    lab.run();
    const other = side === 'client' ? 'server' : 'client';
    assert.equal(lab.event(side, 'failed')?.code, 'DTLS_CERTIFICATE_REFUSED');
    assert.equal(lab.event(other, 'failed')?.alert, 'certificate_expired');
  });
}

const nothing: readonly (readonly [string, Partial<DtlsOptions>, Partial<DtlsOptions>])[] = [
  [
    'suite',
    { suites: ['ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] },
    { suites: ['ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] },
  ],
  ['certificate for a suite', { suites: ['ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }, {}],
  ['application protocol', { applicationProtocols: ['stun.turn'] }, { applicationProtocols: ['webrtc'] }],
];
for (const [what, client, server] of nothing) {
  test(`no ${what} in common: the server says so, and the client hears it`, () => {
    const expected = { client: 'DTLS_ALERT_RECEIVED', server: 'DTLS_NOTHING_IN_COMMON' };
    assert.deepEqual(failures({ client, server }), expected);
  });
}

test('SRTP profiles and application protocols: the server chooses by its own preference', () => {
  const lab = new DtlsLab({
    client: {
      srtpProfiles: ['AES128_CM_HMAC_SHA1_80', 'AEAD_AES_128_GCM'],
      applicationProtocols: ['webrtc', 'c-webrtc'],
      serverName: 'turn.example.org',
    },
    server: {
      srtpProfiles: ['AEAD_AES_256_GCM', 'AEAD_AES_128_GCM', 'AES128_CM_HMAC_SHA1_80'],
      applicationProtocols: ['c-webrtc', 'webrtc'],
    },
  });
  lab.start().runUntilConnected();
  for (const side of ['client', 'server'] as const) {
    const facts = lab.event(side, 'connected');
    assert.equal(facts?.srtpProfile, 'AEAD_AES_128_GCM');
    assert.equal(facts.applicationProtocol, 'c-webrtc');
    assert.equal(facts.serverName, 'turn.example.org');
  }
});

test('who offers no SRTP and no protocol gets none', () => {
  const server = { srtpProfiles: ['AEAD_AES_128_GCM'], applicationProtocols: ['stun.turn'] } as const;
  const lab = new DtlsLab({ server }).start().runUntilConnected();
  assert.equal(lab.event('client', 'connected')?.srtpProfile, undefined);
  assert.equal(lab.event('client', 'connected')?.applicationProtocol, undefined);
});

test('options that make no sense are the mistake of the caller', () => {
  assert.throws(() => new DtlsLab({ client: { maxDatagramBytes: 100 } }), RangeError);
  assert.throws(() => new DtlsLab({ client: { suites: [] } }), RangeError);
  const lab = new DtlsLab().start();
  assert.throws(() => lab.client.accept(0));
});
