/** PeerJS and its server, as they come from npm, on our interfaces as globals. Node 20 has no WebSocket: it gets one for PeerJS. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { DataConnection, Peer as PeerType } from 'peerjs';
import { WebSocket } from 'ws';

let server: ChildProcess | undefined;
let port = 0;
const peers: PeerType[] = [];

before(async () => {
  await import('../../src/node/webrtc/polyfill.ts');
  if (!('WebSocket' in globalThis)) Object.assign(globalThis, { WebSocket });
  const program = path.join(import.meta.dirname, '../support/webrtc/peerjs-server.ts');
  server = fork(program, { execArgv: ['--import', 'tsx'] });
  [port] = (await once(server, 'message')) as [number];
});

after(() => {
  for (const peer of peers) peer.destroy();
  server?.disconnect();
});

async function join(id: string): Promise<PeerType> {
  const { Peer } = await import('peerjs');
  // `secure` is what a page would tell by its location.
  const options = { host: '127.0.0.1', port, path: '/', secure: false, config: { iceServers: [] } };
  const peer = new Peer(id, options);
  peers.push(peer);
  await new Promise<void>((resolve, reject) => {
    peer.on('open', () => resolve());
    peer.on('error', reject);
  });
  return peer;
}

const next = (connection: DataConnection): Promise<unknown> =>
  new Promise((resolve) => {
    connection.once('data', resolve);
  });

test('PeerJS thinks that this is a browser', async () => {
  const { util } = await import('peerjs');
  assert.equal(util.supports.data, true);
  assert.equal(util.supports.binaryBlob, true);
});

for (const serialization of ['binary', 'json', 'raw'] as const) {
  test(`two peers find each other by the server and talk: ${serialization}`, async () => {
    const [alice, bob] = [await join(`alice-${serialization}`), await join(`bob-${serialization}`)];
    bob.on('connection', (connection) => {
      connection.on('data', (data) => void connection.send(data));
    });
    const connection = alice.connect(bob.id, { reliable: true, serialization });
    await new Promise<void>((resolve, reject) => {
      connection.on('open', resolve);
      connection.on('error', reject);
    });
    const said: readonly unknown[] =
      serialization === 'raw' ? ['hello'] : ['hello', { list: [1, 2.5, null, '한글'], yes: true }];
    for (const data of said) {
      const echo = next(connection);
      void connection.send(data);
      assert.deepEqual(await echo, data);
    }
    const closed = new Promise<void>((resolve) => {
      connection.on('close', resolve);
    });
    bob.destroy();
    await closed;
  });
}

test('200 KB in chunks', async () => {
  const [alice, bob] = [await join('alice-long'), await join('bob-long')];
  bob.on('connection', (connection) => {
    connection.on('data', (data) => void connection.send(data));
  });
  const connection = alice.connect(bob.id, { reliable: true });
  await new Promise<void>((resolve) => {
    connection.on('open', resolve);
  });
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7);
  const echo = next(connection);
  void connection.send(bytes);
  const back = (await echo) as Uint8Array | ArrayBuffer;
  assert.deepEqual(Buffer.from(back as Uint8Array).compare(bytes), 0);
});
