/** Two of our own machines shake hands, with every suite, group and kind of certificate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '../../../src/base/index.ts';
import { IDENTITIES } from '../../support/dtls/identities.ts';
import { DtlsLab } from '../../support/dtls/lab.ts';

const SUITES = [
  'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'ECDHE_RSA_WITH_AES_256_GCM_SHA384',
] as const;

function texts(parts: readonly Uint8Array[]): readonly (string | undefined)[] {
  return parts.map((bytes) => decodeUtf8(bytes));
}

for (const suite of SUITES) {
  for (const group of ['x25519', 'p-256'] as const) {
    test(`connects with ${suite} over ${group}, and data goes both ways`, () => {
      const server = { identities: [IDENTITIES.rsa, IDENTITIES.ecdsa] };
      const lab = new DtlsLab({ client: { suites: [suite], groups: [group] }, server });
      lab.start().runUntilConnected();
      for (const side of ['client', 'server'] as const) {
        const connected = lab.event(side, 'connected');
        assert.equal(connected?.suite, suite);
        assert.equal(connected.group, group);
        assert.equal(connected.extendedMasterSecret, true);
      }
      assert.equal(lab.client.send(lab.now, encodeUtf8('hello')), true);
      assert.equal(lab.server.send(lab.now, encodeUtf8('안녕')), true);
      lab.run(lab.now + 100);
      assert.deepEqual(texts(lab.data('server')), ['hello']);
      assert.deepEqual(texts(lab.data('client')), ['안녕']);
    });
  }
}
