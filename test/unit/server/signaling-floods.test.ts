/** Clients that say too much, or let what they are told pile up: their connection ends, and nobody else notices. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { after, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import { silentLog } from '../../../src/base/index.ts';
import { nodeEnv } from '../../../src/node/index.ts';
import { attachSignaling, type SignalingEndpoint } from '../../../src/server/signaling/attach-signaling.ts';

const open: (() => void)[] = [];
after(() => {
  for (const close of open.reverse()) close();
});

/** Its room server knows no rates, so that what ends a connection here is the endpoint. */
async function start(): Promise<{ readonly url: string; readonly endpoint: SignalingEndpoint }> {
  const http = createServer((_request, response) => response.end('the page'));
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  const endpoint = attachSignaling(http, {
    env: nodeEnv({ log: silentLog }),
    rooms: { secret: new Uint8Array(32), connectionRate: unlimited, addressRate: unlimited },
    mintIce: () => ({ iceServers: [], ttlSeconds: 600 }),
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    endpoint.close();
    http.close();
    http.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, endpoint };
}

async function connect(url: string, transports = ['websocket']): Promise<Socket> {
  const socket = io(url, { transports, forceNew: true, reconnection: false });
  open.push(() => socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

const ended = (socket: Socket) =>
  new Promise<string>((resolve) => {
    if (socket.connected) socket.once('disconnect', (reason) => resolve(reason));
    else resolve('before');
  });

/** The events of one type, as they come. */
function next(socket: Socket, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const listen = (text: string): void => {
      const frame = JSON.parse(text);
      const event = frame.event ?? frame;
      if (event.type !== type) return;
      socket.off('frame', listen);
      resolve(event);
    };
    socket.on('frame', listen);
  });
}

const say = (socket: Socket, frame: unknown) => socket.emit('frame', JSON.stringify(frame));
const request = (n: number, body: unknown) => ({ type: 'request', n, ack: 0, request: body });

/** A hello, and into the room; resolves with the participant's id and the room's. */
async function enter(socket: Socket, name: string, body: unknown): Promise<{ self: string; room: string }> {
  const ice = next(socket, 'ice');
  say(socket, { type: 'hello', v: 1, name });
  await ice;
  const joined = next(socket, 'joined');
  say(socket, request(1, body));
  const { self, room } = await joined;
  return { self: String(self), room: String((room as { id: string }).id) };
}

test('a connection is for one conversation: ten thousand openings in one post make no ten thousand', async () => {
  const { url, endpoint } = await start();
  const handshake = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(handshake.slice(1)) as { sid: string };
  const body = Array(10_000).fill('40').join('\x1e');
  const path = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  await fetch(path, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(endpoint.stats().connections <= 2, `${endpoint.stats().connections} connections`);
  assert.equal((await fetch(path)).status, 400, 'the session is gone');
});

test('a namespace that does not exist is asked for once', async () => {
  const { url } = await start();
  const socket = await connect(url);
  const end = ended(socket);
  socket.io.engine.write('0/other,');
  assert.notEqual(await end, '');
});

test('who says much more than is ever answered is cut off, and the next one is served', async () => {
  const { url, endpoint } = await start();
  for (const transport of ['websocket', 'polling']) {
    const socket = await connect(url, [transport]);
    const end = ended(socket);
    for (let i = 0; i < 5_000; i++) socket.emit('frame', 'noise');
    await end;
  }
  const quiet = await connect(url);
  assert.equal(endpoint.stats().connections, 1);
  assert.ok(quiet.connected);
});

test('who does not read is cut off before what waits for him fills the memory', async () => {
  const { url, endpoint } = await start();
  const writer = await connect(url);
  const reader = await connect(url);
  const { room } = await enter(writer, 'writer', { type: 'create-room', visibility: 'private' });
  const { self } = await enter(reader, 'reader', { type: 'join-room', room });
  const { ws } = reader.io.engine.transport as unknown as { ws: { _socket: TcpSocket } };
  ws._socket.pause();
  open.push(() => ws._socket.destroy());

  const signal = { kind: 'description', description: { type: 'offer', sdp: 'x'.repeat(60_000) } };
  // 60 MB: more than what kernels hold for a connection, and fewer than the endpoint's bound of packets.
  for (let n = 2; n <= 1_000 && endpoint.stats().connections === 2; n++) {
    const reply = next(writer, 'reply');
    say(writer, request(n, { type: 'signal', to: self, signal }));
    await reply;
  }
  assert.equal(endpoint.stats().connections, 1);
  assert.ok(writer.connected);
});
