/**
 * Noise on every port: random bytes, and noise that begins like TLS, HTTP, STUN and Engine.IO. The server neither
 * crashes nor hangs, still serves others meanwhile, and keeps nothing of it.
 */
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:https';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { randomBelow, SeededRandom } from '../../src/base/index.ts';
import { createRoom, RawClient } from '../support/raw-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const HOST = '127.0.0.1';
const random = new SeededRandom(20_260_801);
const MAGIC_COOKIE = [0x21, 0x12, 0xa4, 0x42];

let server: ServerProcess;

before(async () => {
  server = await startServerProcess();
});
after(() => server?.stop());

/** How noise may begin, so that it gets past the first look. */
const BEGINNINGS: Readonly<Record<string, () => Uint8Array>> = {
  nothing: () => new Uint8Array(),
  'a TLS record': () => Uint8Array.of(0x16, 3, 1, ...random.bytes(2)),
  'an HTTP request': () => Buffer.from('GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n'),
  'a WebSocket upgrade': () =>
    Buffer.from(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n',
    ),
  'a STUN message': () => {
    const [type = 0, low = 0] = random.bytes(2);
    return Uint8Array.of(
      type & 0x3f,
      low,
      0,
      randomBelow(random, 64) * 4,
      ...MAGIC_COOKIE,
      ...random.bytes(12),
    );
  },
  'a STUN message that says it is long': () => Uint8Array.of(0, 3, 0xff, 0xfc, ...MAGIC_COOKIE),
  'channel data': () => Uint8Array.of(0x40 | randomBelow(random, 16), ...random.bytes(3)),
};

function noise(begin: () => Uint8Array): Uint8Array {
  return Buffer.concat([begin(), random.bytes(randomBelow(random, 1400))]);
}

/** Writes and goes away: politely, or by cutting the line. */
async function pour(socket: net.Socket, bytes: Uint8Array, polite: boolean): Promise<void> {
  socket.on('error', () => {}); // Being cut off is what the server may do.
  await new Promise<void>((resolve) => {
    socket.write(bytes, () => resolve());
    socket.once('close', () => resolve());
  });
  if (polite) socket.end();
  else setTimeout(() => socket.destroy(), 20);
}

async function isHealthy(): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${server.url}/healthz`, { ca: server.ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.setTimeout(3000, () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

/** Open files and sockets of the server; only Linux tells. */
function openFiles(): number {
  return process.platform === 'linux' ? readdirSync(`/proc/${server.pid()}/fd`).length : 0;
}

for (const [name, begin] of Object.entries(BEGINNINGS)) {
  test(`noise that begins with ${name}, over TCP on both ports`, async () => {
    const pid = server.pid();
    for (let round = 0; round < 40; round += 1) {
      const port = round % 2 ? server.ports.web : server.ports.turn;
      await pour(net.connect(port, HOST), noise(begin), round % 3 === 0);
    }
    assert.ok(await isHealthy());
    assert.equal(server.pid(), pid);
  });

  test(`noise that begins with ${name}, inside TLS`, async () => {
    for (let round = 0; round < 15; round += 1) {
      const socket = tls.connect({ port: server.ports.web, host: HOST, ca: server.ca });
      await once(socket, 'secureConnect');
      await pour(socket, noise(begin), round % 3 === 0);
    }
    assert.ok(await isHealthy());
  });

  test(`noise that begins with ${name}, over UDP`, async () => {
    const socket = dgram.createSocket('udp4');
    for (let round = 0; round < 1000; round += 1) {
      const bytes = noise(begin);
      await new Promise<void>((resolve) => socket.send(bytes, server.ports.turn, HOST, () => resolve()));
    }
    socket.close();
    assert.ok(await isHealthy());
  });
}

test('noise as signaling frames is answered by an error, and the connection stays', async () => {
  const client = await RawClient.hello(server, 'noisy');
  const said: readonly unknown[] = [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"type":"request"}',
    '{"type":"nonsense"}',
    JSON.stringify({ type: 'request', n: -1, ack: 'x', request: null }),
    `{"type":"hello","v":1,"name":${'['.repeat(5000)}`,
    'x'.repeat(65_537),
    '가'.repeat(30_000),
    { an: 'object' },
    null,
    42,
    Buffer.from(random.bytes(300)),
    ...Array.from({ length: 10 }, () => Buffer.from(random.bytes(200)).toString('latin1')),
  ];
  for (const text of said) client.say(text);
  const refused = await client.request({ type: 'nonsense' });
  assert.equal((refused.error as { readonly code: string }).code, 'MESSAGE_UNKNOWN_TYPE');
  const pong = await client.request({ type: 'ping' });
  assert.equal(pong.ok, true);
  assert.ok(client.connected);
  const codes = new Set(
    client.events
      .filter((event) => event.type === 'error')
      .map((event) => (event.error as { readonly code: string }).code),
  );
  assert.ok(codes.has('MESSAGE_MALFORMED'), [...codes].join(', '));
  assert.ok(codes.has('MESSAGE_TOO_LARGE'), [...codes].join(', '));
  client.close();
});

test('afterwards nothing of it is left, and calls are made as before', async () => {
  // The most patient of the server's deadlines for an unfinished greeting is over by then.
  const deadline = Date.now() + 40_000;
  const calm = await startServerProcess();
  const usual = process.platform === 'linux' ? readdirSync(`/proc/${calm.pid()}/fd`).length : 0;
  await calm.stop();
  while (openFiles() > usual + 2 && Date.now() < deadline) await wait(500);
  assert.ok(openFiles() <= usual + 2, `${openFiles()} files are open, ${usual} in a fresh server`);
  assert.match(await createRoom(server), /^[a-z2-7]{24}$/);
});
