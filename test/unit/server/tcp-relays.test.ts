/** TCP relays on real sockets: bytes go through whole, in order and no faster than they are taken; ends are handed on. RFC 6062. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { concatBytes, encodeUtf8, type SocketAddress } from '../../../src/base/index.ts';
import { isKernel, openKernel } from '../../../src/node/index.ts';
import { duplexPair } from '../../../src/server/turn/duplex-pair.ts';
import { openTurnService, type TurnService } from '../../../src/server/turn/turn-service.ts';
import { decodeXorAddress, type StunMessage } from '../../../src/stun/index.ts';
import { TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { codeOf, type Fill, relayedOf } from '../../support/turn/lab.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { StreamClient } from '../../support/turn/stream-client.ts';
import { until } from '../../support/until.ts';

const MINA = { realm: TURN_OPTIONS.realm, ...USER };
const HELLO = encodeUtf8('hello');
const NOTHING = new Uint8Array(0);

let service: TurnService;

function openService(): Promise<TurnService> {
  return openTurnService(env, { ...TURN_OPTIONS, tcpRelay: true });
}

before(async () => {
  service = await openService();
});
after(() => service.close());

const tcpRequested: Fill = (writer) =>
  writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(6, 0, 0, 0));

function to(peer: SocketAddress): Fill {
  return (writer) => writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
}

function named(id: Uint8Array): Fill {
  return (writer) => writer.attribute(TurnAttribute.CONNECTION_ID, id);
}

function idIn(message: StunMessage): Uint8Array {
  const id = message.get(TurnAttribute.CONNECTION_ID);
  assert.ok(id);
  return id.slice();
}

/** A peer that listens; each test reads from and writes to the one socket that comes. */
async function openPeer(): Promise<{
  address: SocketAddress;
  next: () => Promise<Socket>;
  close: () => void;
}> {
  const waiting: Socket[] = [];
  let wake: () => void = () => {};
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    waiting.push(socket);
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return {
    address: { ip: HOST, port: (server.address() as AddressInfo).port },
    async next() {
      for (;;) {
        const socket = waiting.shift();
        if (socket) return socket;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => server.close(),
  };
}

/** All that comes, until somebody looks. */
function listenTo(socket: Socket) {
  const heard = { bytes: NOTHING as Uint8Array, ended: false, closed: false };
  socket.on('data', (chunk) => {
    heard.bytes = concatBytes(heard.bytes, new Uint8Array(chunk));
  });
  socket.on('end', () => {
    heard.ended = true;
  });
  socket.on('close', () => {
    heard.closed = true;
  });
  return heard;
}

async function openControl(at = service) {
  const control = new StreamClient(at.port, HOST, MINA);
  const answer = await control.request(TurnMethod.ALLOCATE, tcpRequested);
  assert.equal(codeOf(answer), 0);
  return { control, relayed: relayedOf(answer) };
}

async function bind(id: Uint8Array, behind: Uint8Array = NOTHING, at = service): Promise<StreamClient> {
  const data = new StreamClient(at.port, HOST, MINA);
  const answer = await data.request(TurnMethod.CONNECTION_BIND, named(id), behind);
  assert.equal(codeOf(answer), 0);
  return data;
}

/** A client's data connection, joined to a socket at a peer. */
async function joined(behind: Uint8Array = NOTHING, at = service) {
  const peer = await openPeer();
  const { control, relayed } = await openControl(at);
  const answer = await control.request(TurnMethod.CONNECT, to(peer.address));
  assert.equal(codeOf(answer), 0);
  const [data, socket] = await Promise.all([bind(idIn(answer), behind, at), peer.next()]);
  peer.close();
  return { control, relayed, data, socket };
}

async function isQuiet(): Promise<void> {
  await until(() => service.statistics.connections === 0, 'no connection is left');
}

test('bytes go both ways, those in the same piece as ConnectionBind first', async () => {
  const { control, data, socket } = await joined(encodeUtf8('GET / HTTP/1.0\r\n'));
  assert.equal(socket.remoteAddress, HOST);
  const heard = listenTo(socket);
  data.socket.write('\r\n');
  await until(() => Buffer.from(heard.bytes).toString() === 'GET / HTTP/1.0\r\n\r\n', 'the peer hears all');
  socket.write('200 OK');
  await until(() => Buffer.from(data.received).toString() === '200 OK', 'the client hears the answer');
  const carried = (await service.sessions())[0]?.traffic;
  assert.deepEqual([carried?.toPeerBytes, carried?.toClientBytes], [18, 6]);
  control.socket.destroy();
  await isQuiet();
});

test('§5.2: the peer sees the relayed address, where sockets can share a port', async (t) => {
  if (!isKernel(await openKernel())) {
    t.diagnostic('not here: another port of the same address is used');
    return;
  }
  const { control, relayed, data, socket } = await joined();
  assert.deepEqual({ ip: socket.remoteAddress, port: socket.remotePort }, relayed);
  control.socket.destroy();
  data.socket.destroy();
  await isQuiet();
});

test('§5.2: the same peer again, a moment after the connection to it was closed', async () => {
  const peer = await openPeer();
  const { control } = await openControl();
  for (let i = 0; i < 3; i++) {
    const answer = await control.request(TurnMethod.CONNECT, to(peer.address));
    assert.equal(codeOf(answer), 0);
    const [data, socket] = await Promise.all([bind(idIn(answer)), peer.next()]);
    const heard = listenTo(socket);
    data.socket.end(); // the server's end closes first, and keeps the port waiting
    await until(() => heard.ended, 'the peer hears the end');
    socket.end();
    await isQuiet();
  }
  peer.close();
  control.socket.destroy();
});

test('who ends his side may still listen', async () => {
  const { control, data, socket } = await joined();
  const heard = listenTo(socket);
  data.socket.end('question');
  await until(() => heard.ended, 'the peer hears the end');
  assert.equal(Buffer.from(heard.bytes).toString(), 'question');
  socket.end('answer');
  await until(() => data.ended, 'the client hears the end');
  assert.equal(Buffer.from(data.received).toString(), 'answer');
  await until(() => data.closed && heard.closed, 'both are closed');
  await isQuiet();
  control.socket.destroy();
});

test('§5.5: when one side is gone the other goes', async () => {
  const first = await joined();
  const heard = listenTo(first.socket);
  first.data.socket.resetAndDestroy();
  await until(() => heard.ended || heard.closed, 'the peer is told');
  const second = await joined();
  second.socket.resetAndDestroy();
  await until(() => second.data.ended, 'the client is told');
  await isQuiet();
  for (const { control } of [first, second]) control.socket.destroy();
});

test('§5.5: with the control connection everything ends', async () => {
  const { control, data, socket } = await joined();
  const heard = listenTo(socket);
  control.socket.destroy();
  await until(() => data.ended && heard.ended, 'both are told');
  await until(() => service.statistics.relays === 0, 'the relay is closed');
  await isQuiet();
});

test('megabytes arrive whole, and do not pile up in the server while the client does not read', async () => {
  const { control, data, socket } = await joined();
  const megabytes = 24;
  const block = Buffer.alloc(2 ** 20, 'ieum is a joint. ');
  data.socket.pause();
  for (let i = 0; i < megabytes; i++) socket.write(block);
  socket.end();
  // Until nothing moves: all buffers on the way are full, and the rest is still at the sender.
  for (let last = -1; last !== socket.writableLength; ) {
    last = socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(socket.writableLength > 2 ** 20, `${socket.writableLength} bytes wait at the sender`);
  let received = 0;
  data.socket.removeAllListeners('data');
  data.socket.on('data', (chunk) => {
    // What came in pieces of any size must be the block again and again.
    const at = received % block.length;
    const left = block.subarray(at, at + chunk.length);
    assert.deepEqual(chunk.subarray(0, left.length), left);
    received += chunk.length;
  });
  data.socket.resume();
  await until(() => data.ended, 'the end arrives');
  assert.equal(received, megabytes * 2 ** 20);
  control.socket.destroy();
  data.socket.destroy();
  await isQuiet();
});

test('§5.3: a peer with a permission is announced, and what it says waits for the client', async () => {
  const { control, relayed } = await openControl();
  const stranger = connect(relayed.port, relayed.ip);
  const refused = listenTo(stranger);
  stranger.on('error', () => {});
  await until(() => refused.closed, 'without a permission it is closed');
  assert.equal(codeOf(await control.request(TurnMethod.CREATE_PERMISSION, to({ ip: HOST, port: 0 }))), 0);
  const peer = connect({ port: relayed.port, host: relayed.ip, allowHalfOpen: true });
  const heard = listenTo(peer);
  peer.write(HELLO);
  const attempt = await control.next();
  assert.equal(attempt.method, TurnMethod.CONNECTION_ATTEMPT);
  const from = attempt.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.deepEqual(from && decodeXorAddress(from, attempt.transactionId), { ip: HOST, port: peer.localPort });
  const data = await bind(idIn(attempt));
  await until(
    () => Buffer.from(data.received).toString() === 'hello',
    'the client hears what was said before',
  );
  data.socket.end('bye');
  await until(() => Buffer.from(heard.bytes).toString() === 'bye' && heard.ended, 'and answers');
  peer.end();
  await isQuiet();
  control.socket.destroy();
});

test('§5.2: where nobody listens it is 447; the server itself is 403', async () => {
  const peer = await openPeer();
  peer.close();
  const { control } = await openControl();
  assert.equal(codeOf(await control.request(TurnMethod.CONNECT, to(peer.address))), 447);
  assert.equal(codeOf(await control.request(TurnMethod.CONNECT, to({ ip: HOST, port: service.port }))), 403);
  control.socket.destroy();
  await isQuiet();
});

test('two clients of the server reach each other, from relayed address to relayed address', async () => {
  const [alice, bob] = await Promise.all([openControl(), openControl()]);
  assert.equal(
    codeOf(await alice.control.request(TurnMethod.CONNECT, to(bob.relayed))),
    447,
    'no permission',
  );
  const permitted = await bob.control.request(
    TurnMethod.CREATE_PERMISSION,
    to({ ...alice.relayed, port: 0 }),
  );
  assert.equal(codeOf(permitted), 0);
  const answer = await alice.control.request(TurnMethod.CONNECT, to(bob.relayed));
  assert.equal(codeOf(answer), 0);
  const attempt = await bob.control.next();
  const from = attempt.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.deepEqual(from && decodeXorAddress(from, attempt.transactionId), alice.relayed);
  const [near, far] = await Promise.all([bind(idIn(answer), HELLO), bind(idIn(attempt))]);
  await until(() => Buffer.from(far.received).toString() === 'hello', 'one way');
  far.socket.end('good day');
  await until(() => Buffer.from(near.received).toString() === 'good day' && near.ended, 'the other way');
  near.socket.end();
  await until(() => far.closed && near.closed, 'both are closed');
  await isQuiet();
  for (const { control } of [alice, bob]) control.socket.destroy();
});

test('a client that goes before its bytes are joined leaves nothing behind', async () => {
  const peer = await openPeer();
  const { control } = await openControl();
  const answer = await control.request(TurnMethod.CONNECT, to(peer.address));
  assert.equal(codeOf(answer), 0);
  const heard = listenTo(await peer.next());
  control.socket.destroy();
  await until(() => heard.ended || heard.closed, 'the peer is told');
  await isQuiet();
  peer.close();
});

test('a server that closes ends every connection, and frees its ports', async () => {
  const short = await openService();
  const { data, socket } = await joined(NOTHING, short);
  const heard = listenTo(socket);
  await short.close();
  await until(() => data.ended && heard.ended, 'both are told');
});

test('a byte rate slows a connection down, and loses nothing of it', async () => {
  const slow = await openService();
  await slow.reconfigure({ limits: { bandwidth: { perAllocation: 400_000 } } });
  const { control, data, socket } = await joined(NOTHING, slow);
  const bytes = Buffer.alloc(300_000, 'abcdefg');
  socket.end(bytes);
  await until(() => data.ended, 'the end arrives');
  assert.deepEqual(Buffer.from(data.received), bytes);
  control.socket.destroy();
  await slow.close();
});

test('a pair of ends inside the process: no faster than read, ends and failures handed on', async () => {
  const [one, two] = duplexPair();
  assert.equal(one.write(Buffer.alloc(1_000_000)), false);
  let drained = false;
  one.once('drain', () => {
    drained = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(drained, false, 'nobody has read');
  two.resume();
  await until(() => drained, 'reading makes room');
  two.end();
  one.resume();
  await until(() => one.readableEnded, 'the end is handed on');
  assert.equal(one.destroyed, false, 'half of it goes on');
  one.destroy();
  await until(() => two.destroyed, 'who goes without an end takes the other along');

  const [three, four] = duplexPair();
  four.on('error', () => {});
  three.destroy();
  await until(() => four.destroyed, 'likewise');
});
