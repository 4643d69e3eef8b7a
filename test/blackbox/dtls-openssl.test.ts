/** Our DTLS against OpenSSL's, in both roles: every suite, both groups, both kinds of certificate, and data both ways. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, test } from 'node:test';
import { type AgreementGroup, decodeUtf8, encodeUtf8, type SignatureKeyKind } from '../../src/base/index.ts';
import { type CipherSuiteName, fingerprintOf } from '../../src/dtls/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import { makeCertificates, Openssl } from '../support/dtls/openssl.ts';
import { type Loses, startClient, startEchoServer } from '../support/dtls/sockets.ts';

const certificates = makeCertificates();
after(() => certificates.remove());

interface Suite {
  readonly ours: CipherSuiteName;
  readonly theirs: string;
  readonly kind: SignatureKeyKind;
}

const SUITES: readonly Suite[] = [
  { ours: 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', theirs: 'ECDHE-ECDSA-AES128-GCM-SHA256', kind: 'ecdsa' },
  { ours: 'ECDHE_RSA_WITH_AES_128_GCM_SHA256', theirs: 'ECDHE-RSA-AES128-GCM-SHA256', kind: 'rsa' },
  { ours: 'ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', theirs: 'ECDHE-ECDSA-AES256-GCM-SHA384', kind: 'ecdsa' },
  { ours: 'ECDHE_RSA_WITH_AES_256_GCM_SHA384', theirs: 'ECDHE-RSA-AES256-GCM-SHA384', kind: 'rsa' },
  {
    ours: 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    theirs: 'ECDHE-ECDSA-CHACHA20-POLY1305',
    kind: 'ecdsa',
  },
  { ours: 'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', theirs: 'ECDHE-RSA-CHACHA20-POLY1305', kind: 'rsa' },
];

const GROUPS: readonly { readonly ours: AgreementGroup; readonly theirs: string }[] = [
  { ours: 'x25519', theirs: 'X25519' },
  { ours: 'p-256', theirs: 'P-256' },
];

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function startOpensslServer(
  kind: SignatureKeyKind,
  ...args: readonly string[]
): Promise<{ server: Openssl; address: { ip: string; port: number } }> {
  const { certificate, key } = certificates.files[kind];
  const port = await freePort();
  const own = ['-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', key];
  const server = new Openssl(['s_server', '-dtls1_2', ...own, ...args]);
  await server.says(/ACCEPT/);
  return { server, address: { ip: '127.0.0.1', port } };
}

for (const suite of SUITES) {
  for (const group of GROUPS) {
    test(`openssl s_client talks to our server: ${suite.ours} over ${group.ours}`, async () => {
      const { ecdsa, rsa } = certificates.files;
      const identities = [ecdsa.identity, rsa.identity];
      const server = await startEchoServer({ identities, peer: { kind: 'none' } });
      // The list speaks of the curves of certificates too; and it is our server's preference that decides.
      const groups = `${group.theirs}${group.ours === 'x25519' ? ':P-256' : ''}`;
      const choice = ['-cipher', suite.theirs, '-groups', groups];
      const client = new Openssl(['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`, ...choice]);
      try {
        await client.says(/Extended master secret: yes/);
        client.say('over and back\n');
        await client.says(/over and back/);
        const connected = server.events.find((event) => event.type === 'connected');
        assert.equal(connected?.suite, suite.ours);
        assert.equal(connected.group, group.ours);
        assert.equal(connected.extendedMasterSecret, true);
        assert.match(client.output, /Secure Renegotiation IS supported/);
      } finally {
        await client.stop();
        await server.close();
      }
    });

    test(`our client talks to openssl s_server: ${suite.ours} over ${group.ours}`, async () => {
      const choice = ['-cipher', suite.theirs, '-groups', group.theirs];
      const { server, address } = await startOpensslServer(suite.kind, ...choice);
      const client = await startClient(address, { peer: { kind: 'none' } });
      try {
        const facts = await client.connected;
        assert.equal(facts.suite, suite.ours);
        assert.equal(facts.group, group.ours);
        assert.equal(facts.extendedMasterSecret, true);
        client.send(encodeUtf8('to openssl\n'));
        await server.says(/to openssl/);
        const answer = client.next();
        server.say('to us\n');
        assert.equal(decodeUtf8(await answer), 'to us\n');
      } finally {
        await client.close();
        await server.stop();
      }
    });
  }
}

test('our client goes through the cookie exchange of openssl s_server -listen', async () => {
  const { server, address } = await startOpensslServer('ecdsa', '-listen');
  const client = await startClient(address, { peer: { kind: 'none' } });
  try {
    await client.connected;
    client.send(encodeUtf8('hello\n'));
    await server.says(/hello/);
  } finally {
    await client.close();
    await server.stop();
  }
});

for (const kind of ['ecdsa', 'rsa'] as const) {
  test(`an ${kind} certificate of an openssl client is proven and has the announced fingerprint`, async () => {
    const { certificate, key, identity } = certificates.files[kind];
    const [own] = identity.chain;
    assert.ok(own);
    const fingerprint = fingerprintOf(nodeCrypto, 'sha-256', own);
    const peer = { kind: 'fingerprints', fingerprints: [fingerprint] } as const;
    const server = await startEchoServer({ identities: [certificates.files.ecdsa.identity], peer });
    const files = ['-cert', certificate, '-key', key];
    const client = new Openssl(['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`, ...files]);
    try {
      await client.says(/Extended master secret: yes/);
      client.say('it is me\n');
      await client.says(/it is me/);
      const connected = server.events.find((event) => event.type === 'connected');
      assert.deepEqual(connected?.peerChain, [own]);
    } finally {
      await client.stop();
      await server.close();
    }
  });

  test(`openssl s_server verifies our ${kind} client certificate, agrees on SRTP, ALPN and exported keys`, async () => {
    const { identity } = certificates.files[kind];
    const [own] = identity.chain;
    assert.ok(own);
    const { server, address } = await startOpensslServer(
      'ecdsa',
      ...['-Verify', '1', '-use_srtp', 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80'],
      ...['-alpn', 'stun.turn', '-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '20'],
    );
    const serverCertificate = certificates.files.ecdsa.identity.chain[0];
    assert.ok(serverCertificate);
    const fingerprints = [fingerprintOf(nodeCrypto, 'sha-512', serverCertificate)];
    const client = await startClient(address, {
      identities: [identity],
      peer: { kind: 'fingerprints', fingerprints },
      srtpProfiles: ['AES128_CM_HMAC_SHA1_80', 'AEAD_AES_128_GCM'],
      applicationProtocols: ['stun.turn'],
    });
    try {
      const facts = await client.connected;
      assert.equal(facts.srtpProfile, 'AEAD_AES_128_GCM');
      assert.equal(facts.applicationProtocol, 'stun.turn');
      await server.says(/Keying material: [0-9A-F]{40}/);
      const theirs = /Keying material: ([0-9A-F]{40})/.exec(server.output)?.[1];
      const ours = Buffer.from(client.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 20)).toString('hex');
      assert.equal(ours.toUpperCase(), theirs);
      assert.match(server.output, new RegExp(`CN ?= ?${kind}.test`));
    } finally {
      await client.close();
      await server.stop();
    }
  });
}

/** More than the datagrams of a handshake with cookies, both certificates and fragments of 400 bytes. */
const DATAGRAMS = 16;

/** OpenSSL waits a second before it repeats itself: four at a time. */
async function withEachLost(play: (loses: Loses) => Promise<void>): Promise<void> {
  for (let first = 0; first < DATAGRAMS; first += 4) {
    const rules = [0, 1, 2, 3].map(
      (more): Loses =>
        (number) =>
          number === first + more,
    );
    await Promise.all(rules.map(play));
  }
}

test('flights in fragments, both ways: openssl s_client at an MTU of 400, ours at 300', async () => {
  const { rsa } = certificates.files;
  const server = await startEchoServer({
    identities: [rsa.identity],
    peer: { kind: 'none' },
    maxDatagramBytes: 300,
  });
  const to = ['-connect', `127.0.0.1:${server.port}`, '-mtu', '400'];
  const client = new Openssl(['s_client', '-dtls1_2', ...to]);
  try {
    await client.says(/Extended master secret: yes/);
    client.say('piece by piece\n');
    await client.says(/piece by piece/);
  } finally {
    await client.stop();
    await server.close();
  }
});

test('our client connects to openssl s_server whichever datagram is lost', () =>
  withEachLost(async (loses) => {
    // Without -listen: with it OpenSSL 3.0 does not get over such losses from its own client either.
    const { server, address } = await startOpensslServer('rsa', '-Verify', '1', '-mtu', '400');
    const { identity } = certificates.files.rsa;
    const options = { peer: { kind: 'none' }, identities: [identity], maxDatagramBytes: 400 } as const;
    const client = await startClient(address, options, loses);
    try {
      await client.connected;
      client.send(encodeUtf8('all the same\n'));
      await server.says(/all the same/);
    } finally {
      await client.close();
      await server.stop();
    }
  }));

test('openssl s_client connects to our server whichever datagram is lost', () =>
  withEachLost(async (loses) => {
    const identities = [certificates.files.ecdsa.identity];
    const server = await startEchoServer(
      { identities, peer: { kind: 'none' }, maxDatagramBytes: 300 },
      loses,
    );
    const to = ['-connect', `127.0.0.1:${server.port}`, '-mtu', '400'];
    const client = new Openssl(['s_client', '-dtls1_2', ...to]);
    try {
      await client.says(/Extended master secret: yes/);
      client.say('all the same\n');
      await client.says(/all the same/);
    } finally {
      await client.stop();
      await server.close();
    }
  }));
