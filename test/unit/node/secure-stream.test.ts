/** TLS connections of the platform: bytes as over TCP, and nothing from whom nobody vouches for. RFC 8446, RFC 6125. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { type ByteStream, type Platform, type SocketAddress, StackError } from '../../../src/base/index.ts';
import { createNodePlatform, nodePlatform } from '../../../src/node/index.ts';
import { type Authority, issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { until } from '../../support/until.ts';
import { earOf } from '../../support/vnet/pair.ts';

const NAMES = ['turn.internal', '127.0.0.1'];

let authority: Authority;
let chain: string;
let server: Server;
let address: SocketAddress;
let ours: Platform;
const accepted: TLSSocket[] = [];

before(async () => {
  const now = Date.now();
  authority = await makeAuthority(NAMES, now);
  const leaf = await issueLeaf(authority, NAMES, now);
  chain = leaf.cert;
  server = createServer({ ...leaf, ALPNProtocols: ['stun.turn'] }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = { ip: '127.0.0.1', port: (server.address() as AddressInfo).port };
  ours = createNodePlatform({ authorities: [authority.cert] });
});

after(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

function connect(platform: Platform, serverName: string, to = address): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    platform.connectTls(to, { serverName, applicationProtocols: ['stun.turn'] }, ({ value, error }) =>
      value ? resolve(value) : reject(error),
    );
  });
}

for (const name of NAMES) {
  test(`to ${name}: bytes go both ways, and the end of one side is the end`, async () => {
    const stream = await connect(ours, name);
    await until(() => accepted.length > 0);
    const far = accepted.pop();
    assert.ok(far);
    assert.equal(far.alpnProtocol, 'stun.turn');
    assert.equal(far.remotePort, stream.local.port);
    assert.deepEqual(stream.remote, address);
    let got = 0;
    far.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    const ear = earOf(stream);
    stream.write(new Uint8Array(300_000).fill(7));
    assert.ok(stream.waitingBytes > 0);
    await until(() => got === 300_000 && ear.events.includes('drained'));
    assert.equal(stream.waitingBytes, 0);
    far.end(Buffer.from([1, 2]));
    await until(() => ear.events.includes('closed'));
    assert.deepEqual(ear.bytes, [1, 2]);
    assert.ok(ear.events.includes('ended'));
    stream.write(Uint8Array.of(1));
    stream.end();
    stream.abort();
  });
}

test('who breaks off is noticed on both sides', async () => {
  const stream = await connect(ours, 'turn.internal');
  await until(() => accepted.length > 0);
  const far = accepted.pop();
  assert.ok(far);
  let closed = false;
  far.on('close', () => {
    closed = true;
  });
  far.resume();
  const ear = earOf(stream);
  stream.abort();
  stream.abort();
  assert.deepEqual(ear.events, [], 'never from inside the call');
  await until(() => closed && ear.events.includes('closed'));
});

test('a certificate for another name, or by an authority that nobody trusts, is refused by name', async () => {
  await assert.rejects(connect(ours, 'other.internal'), {
    code: 'CERTIFICATE_REFUSED',
    message: /other\.internal.*ERR_TLS_CERT_ALTNAME_INVALID/,
  });
  await assert.rejects(connect(nodePlatform, 'turn.internal'), { code: 'CERTIFICATE_REFUSED' });
});

test('who hangs up before TLS has begun, or is not there, is no crash', async () => {
  const rude = createTcpServer((socket) => socket.destroy());
  rude.listen(0, '127.0.0.1');
  await once(rude, 'listening');
  const to = { ip: '127.0.0.1', port: (rude.address() as AddressInfo).port };
  await assert.rejects(connect(ours, 'turn.internal', to), { code: 'CONNECTION_REFUSED' });
  rude.close();
  await once(rude, 'close');
  await assert.rejects(connect(ours, 'turn.internal', to), { code: 'CONNECTION_REFUSED' });
});

test('a chain that came over DTLS is judged by the same authorities', async () => {
  const ders = chain
    .split(/(?<=-----END CERTIFICATE-----\n?)/)
    .filter((pem) => pem.includes('BEGIN'))
    .map((pem) => new Uint8Array(new X509Certificate(pem).raw));
  const judge = (platform: Platform, given: readonly Uint8Array[], name: string) =>
    new Promise<true | Error>((resolve) => {
      platform.verifyChain(given, name, ({ value, error }) => resolve(value ?? error));
    });
  assert.equal(await judge(ours, ders, 'turn.internal'), true);
  assert.equal(await judge(ours, ders, '127.0.0.1'), true);
  for (const refused of [
    await judge(ours, ders, 'other.internal'),
    await judge(nodePlatform, ders, 'turn.internal'),
    await judge(ours, [Uint8Array.of(1, 2)], 'turn.internal'),
    await judge(ours, [], 'turn.internal'),
  ]) {
    assert.ok(refused instanceof StackError && refused.code === 'CERTIFICATE_REFUSED');
  }
});
