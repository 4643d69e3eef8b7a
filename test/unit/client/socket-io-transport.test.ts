/** What the transport makes of a Socket.IO socket, and the real client against the real server. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import {
  type SignalingTransport,
  type SocketLike,
  socketIoOptions,
  socketIoTransport,
} from '../../../src/client/index.ts';

/** A socket whose events the test says. */
function fakeSocket() {
  const listeners = new Map<string, (argument: never) => void>();
  const sent: string[] = [];
  const order: string[] = ['websocket', 'polling'];
  let connects = 0;
  let upgraded: (() => void) | undefined;
  const engine = {
    transport: { name: 'polling' },
    on: (_: 'upgrade', listener: () => void) => {
      upgraded = listener;
    },
  };
  const socket: SocketLike = {
    io: { reconnection: () => {}, engine, opts: { transports: order } },
    connect: () => {
      connects += 1;
    },
    disconnect: () => {},
    emit: (_, text) => sent.push(text),
    on: (event, listener) => listeners.set(event, listener),
  };
  const say = (event: string, argument?: unknown): void => listeners.get(event)?.(argument as never);
  return { socket, sent, order, engine, say, connects: () => connects, upgrade: () => upgraded?.() };
}

function record(transport: SignalingTransport): string[] {
  const heard: string[] = [];
  transport.onOpen = () => heard.push(`open ${transport.kind}`);
  transport.onText = (text) => heard.push(text);
  transport.onClose = (reason) => heard.push(`close ${reason}`);
  transport.onKindChange = () => heard.push(`kind ${transport.kind}`);
  return heard;
}

test('opens, carries text, upgrades, and tells its end once', () => {
  const { socket, sent, engine, say, upgrade } = fakeSocket();
  const transport = socketIoTransport(socket);
  const heard = record(transport);
  transport.connect();
  say('connect');
  say('frame', 'hello');
  say('frame', { not: 'text' });
  transport.send('there');
  engine.transport.name = 'websocket';
  upgrade();
  say('disconnect', 'transport close');
  say('disconnect', 'transport close');
  assert.deepEqual(heard, ['open polling', 'hello', 'kind websocket', 'close transport close']);
  assert.deepEqual(sent, ['there']);
  assert.equal(transport.kind, undefined);
});

test('after a failed attempt the other transport goes first', () => {
  const { socket, order, say } = fakeSocket();
  const transport = socketIoTransport(socket);
  const heard = record(transport);
  transport.connect();
  say('connect_error', new Error('timeout'));
  assert.deepEqual(order, ['polling', 'websocket']);
  assert.deepEqual(heard, ['close timeout']);
});

test('says nothing more after it was closed from this side', () => {
  const { socket, say } = fakeSocket();
  const transport = socketIoTransport(socket);
  const heard = record(transport);
  transport.connect();
  say('connect');
  transport.close();
  say('frame', 'late');
  say('disconnect', 'io client disconnect');
  assert.deepEqual(heard, ['open polling']);
});

test('a real socket connects, is cut by the server, and connects again when asked', async (t) => {
  const http = createServer();
  const server = new Server(http);
  server.on('connection', (socket) => {
    socket.emit('frame', 'welcome');
    socket.on('frame', (text: string) => socket.emit('frame', `echo ${text}`));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const socket = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, socketIoOptions());
  const transport = socketIoTransport(socket);
  t.after(() => transport.close());
  const news = new EventEmitter();
  transport.onText = (text) => news.emit('text', text);
  transport.onClose = (reason) => news.emit('close', reason);

  let text = once(news, 'text');
  transport.connect();
  assert.deepEqual(await text, ['welcome']);
  assert.equal(transport.kind, 'websocket');
  text = once(news, 'text');
  transport.send('안녕');
  assert.deepEqual(await text, ['echo 안녕']);
  const closed = once(news, 'close');
  server.disconnectSockets(true);
  await closed;
  assert.equal(transport.kind, undefined);
  text = once(news, 'text');
  transport.connect();
  assert.deepEqual(await text, ['welcome']);
});
