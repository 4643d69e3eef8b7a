/** The whole server in this process: its parts together, a certificate that changes, and an end that leaves nothing open. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { StackError, silentLog } from '../../../src/base/index.ts';
import { type RunningServer, type Settings, settingsWith, startServer } from '../../../src/server/index.ts';
import { issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { RawClient } from '../../support/raw-client.ts';

let folder = '';
let states = 0;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-serve-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function settings(own: Partial<Settings> = {}): Settings {
  states += 1;
  const stateDir = path.join(folder, `state-${states}`);
  return settingsWith({ host: '127.0.0.1', port: 0, turnPort: 0, stateDir, ...own });
}

/** Turns an in-process server into what the raw client asks for. */
function clientOf(server: RunningServer, transports?: string[]): Promise<RawClient> {
  return RawClient.connect(
    { url: server.url, ca: server.authority ?? '' } as Parameters<typeof RawClient.connect>[0],
    transports,
  );
}

async function handshake(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

function namesOf(socket: TLSSocket): string {
  return new X509Certificate(socket.getPeerCertificate(true).raw).subjectAltName ?? '';
}

function status(port: number, pathname: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: pathname, agent: false, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}

for (const transport of ['websocket', 'polling']) {
  test(`a client over ${transport} gets addresses with the ports that are really open`, async () => {
    const server = await startServer(settings({ credentialMinutes: 3 }), silentLog);
    const client = await clientOf(server, [transport]);
    client.say(JSON.stringify({ type: 'hello', v: 1, name: 'Alice' }));
    const event = await client.next(({ type }) => type === 'ice');
    const { ice } = event as unknown as { ice: { ttlSeconds: number; iceServers: { urls: string[] }[] } };
    const [relay] = server.relays;
    assert.deepEqual(
      ice.iceServers.flatMap(({ urls }) => urls),
      [
        relay?.stun,
        `${relay?.turn}?transport=udp`,
        `turn:127.0.0.1:${server.local.port}?transport=tcp`,
        `${relay?.turns}?transport=tcp`,
      ],
    );
    assert.equal(ice.ttlSeconds, 180);
    client.close();
    await server.close();
  });
}

test('draining tells clients to come back, then ends well before its deadline, and frees the ports', async () => {
  const wanted = settings({ drainSeconds: 30 });
  const server = await startServer(wanted, silentLog);
  const client = await clientOf(server);
  client.say(JSON.stringify({ type: 'hello', v: 1, name: 'Alice' }));
  await client.next(({ type }) => type === 'welcome');
  const startedAt = performance.now();
  await server.drain();
  assert.ok(performance.now() - startedAt < 3000);
  const notice = await client.next(({ type }) => type === 'draining');
  assert.ok(Number(notice.reconnectInMs) >= 1000);
  const turnPort = Number(/:(\d+)$/.exec(server.relays[0]?.turn ?? '')?.[1]);
  const again = await startServer({ ...wanted, port: server.local.port, turnPort }, silentLog);
  assert.equal(await status(again.local.port, '/readyz'), 200);
  assert.equal(again.authority, server.authority);
  await again.close();
});

test('a renewed certificate is given to new connections, and old ones go on', async () => {
  const cert = path.join(folder, 'own.crt');
  const key = path.join(folder, 'own.key');
  const authority = await makeAuthority([], Date.now());
  const write = async (name: string) => {
    const leaf = await issueLeaf(authority, [name], Date.now());
    writeFileSync(key, leaf.key);
    writeFileSync(cert, leaf.cert);
  };
  await write('first.local');
  const server = await startServer(settings({ cert, key }), silentLog);
  assert.equal(server.authority, undefined);
  assert.equal(await status(server.local.port, '/ca.crt'), 404);
  const old = await handshake(server.local.port);
  assert.match(namesOf(old), /first\.local/);
  await write('second.local');
  const deadline = performance.now() + 15_000;
  for (let names = ''; !names.includes('second.local'); ) {
    assert.ok(performance.now() < deadline, 'the new certificate is not used');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const fresh = await handshake(server.local.port);
    names = namesOf(fresh);
    fresh.destroy();
  }
  old.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  const [answer] = await once(old, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 200/);
  await server.close();
});

test('a start that fails closes what it had opened', async () => {
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  const address = held.address();
  assert.ok(typeof address === 'object' && address);
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const freeAddress = free.address();
  assert.ok(typeof freeAddress === 'object' && freeAddress);
  await new Promise((resolve) => free.close(resolve));
  await assert.rejects(
    startServer(settings({ port: freeAddress.port, httpPort: address.port }), silentLog),
    (error) =>
      error instanceof StackError &&
      error.code === 'ADDRESS_IN_USE' &&
      error.message.startsWith('--http-port: '),
  );
  const server = await startServer(settings({ port: freeAddress.port }), silentLog);
  await server.close();
  await new Promise((resolve) => held.close(resolve));
});

test('closing twice is closing once', async () => {
  const server = await startServer(settings(), silentLog);
  await Promise.all([server.close(), server.close()]);
  await assert.rejects(status(server.local.port, '/'), { code: 'ECONNREFUSED' });
});
