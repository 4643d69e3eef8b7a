/** TCP clients of relay workers: the main thread accepts them, a worker serves them, and nobody can tell. docs/adr/0008. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeUtf8, randomBelow, SeededRandom, type SocketAddress } from '../../../src/base/index.ts';
import { bindUdp, isKernel, openKernel, openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import {
  openTurnService,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import { encodeChannelData, TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { StreamClient } from '../../support/turn/stream-client.ts';
import { until } from '../../support/until.ts';

const hasWorkers = isKernel(await openKernel());

const OPTIONS: TurnServiceOptions = {
  ...TURN_OPTIONS,
  tcpRelay: true,
  relayWorkers: 2,
};

let service: TurnService;
before(async () => {
  service = await openTurnService(env, OPTIONS);
});
after(() => service.close());

function link(transport: 'udp' | 'tcp', to = service): Promise<TurnLink> {
  return openTurnLink(env, { server: { ip: HOST, port: to.port }, transport, credentials: USER });
}

async function allocated(client: TurnLink): Promise<SocketAddress> {
  const [relayed] = (await client.allocate()).relayed;
  assert.ok(relayed);
  return relayed;
}

async function shards(of = service): Promise<readonly string[]> {
  const sessions = await of.sessions();
  return sessions.map(({ id }) => id.split('-')[0] ?? '').sort();
}

test('TCP clients are spread over the workers', async () => {
  const clients = await Promise.all([link('tcp'), link('tcp')]);
  await Promise.all(clients.map(allocated));
  if (hasWorkers) assert.deepEqual(await shards(), ['1', '2']);
  await until(() => service.statistics.streams === 2);
  await Promise.all(clients.map((client) => client.close()));
  await until(() => service.statistics.streams === 0 && service.statistics.relays === 0);
});

test('bursts of any lengths pass in order, both ways, and are padded', async () => {
  const peer = await bindUdp({ ip: HOST, port: 0, receiveBufferBytes: 2 ** 22 });
  const client = await link('tcp');
  await allocated(client);
  await client.bindChannel(peer.local);
  const random = new SeededRandom(7);
  const lengths = Array.from({ length: 400 }, (_, i) => (i % 11 === 10 ? randomBelow(random, 900) : 1001));
  const atPeer: number[] = [];
  peer.onDatagram((from, bytes) => {
    atPeer.push(bytes.length);
    peer.send(bytes, from);
  });
  for (const [i, length] of lengths.entries()) client.send(peer.local, new Uint8Array(length).fill(i));
  for (const [i, length] of lengths.entries()) {
    const { bytes, from } = await client.receive();
    assert.deepEqual([bytes.length, from], [length, peer.local]);
    assert.ok(
      bytes.every((byte) => byte === (i & 0xff)),
      `packet ${i} is whole`,
    );
  }
  assert.deepEqual(atPeer, lengths);
  await Promise.all([client.close(), peer.close()]);
});

test('messages that come in pieces, cut anywhere, are put together', async () => {
  const peer = await bindUdp({ ip: HOST, port: 0 });
  const got: string[] = [];
  peer.onDatagram((_from, bytes) => got.push(Buffer.from(bytes).toString()));
  const client = new StreamClient(service.port, HOST, { ...USER, realm: OPTIONS.realm });
  await client.request(TurnMethod.ALLOCATE, (writer) =>
    writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(17, 0, 0, 0)),
  );
  await client.request(TurnMethod.CHANNEL_BIND, (writer) =>
    writer
      .attribute(TurnAttribute.CHANNEL_NUMBER, Uint8Array.of(0x40, 0x01, 0, 0))
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer.local),
  );
  const words = ['a', 'bc', 'def', 'ghij', 'klmno'];
  const stream = Buffer.concat(words.map((word) => encodeChannelData(0x4001, encodeUtf8(word), true)));
  for (let at = 0; at < stream.length; at += 3) {
    client.socket.write(stream.subarray(at, at + 3));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until(
    () => got.length === words.length,
    () => `${got.length} of ${words.length}`,
  );
  assert.deepEqual(got, words);
  client.socket.destroy();
  await peer.close();
});

for (const [a, b] of [
  ['tcp', 'tcp'],
  ['tcp', 'udp'],
] as const) {
  for (const way of ['indications', 'channels'] as const) {
    test(`${a} and ${b} clients reach each other inside by ${way}, whichever workers they have`, async () => {
      const clients: TurnLink[] = [];
      for (const transport of [a, b, a, b]) clients.push(await link(transport));
      const relayed = await Promise.all(clients.map(allocated));
      for (const client of clients) {
        if (way === 'indications') await client.permit([HOST]);
        else for (const peer of relayed) await client.bindChannel(peer);
      }
      for (const [i, from] of clients.entries()) {
        for (const [j, to] of clients.entries()) {
          const [source, sink] = [relayed[i], relayed[j]];
          assert.ok(source && sink);
          if (i === j) continue;
          for (const text of ['1', 'of three bytes…', 'x'.repeat(1203)]) {
            from.send(sink, encodeUtf8(text));
            const { bytes, from: sender } = await to.receive();
            assert.deepEqual([Buffer.from(bytes).toString(), sender], [text, source]);
          }
        }
      }
      await Promise.all(clients.map((client) => client.close()));
    });
  }
}

test('who wants a TCP relay is served all the same, whatever it has said before', async () => {
  const peer = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => peer.listen(0, HOST, resolve));
  const address = { ip: HOST, port: (peer.address() as AddressInfo).port };
  const client = await link('tcp');
  await client.bind();
  await client.allocate({ protocol: 'tcp' });
  assert.deepEqual(await shards(), ['0'], 'the main thread has taken it back');
  await client.permit([HOST]);
  const { connection } = await client.connect(address);
  const data = await client.openData(connection);
  data.write('there and back');
  const [heard] = await new Promise<[Buffer]>((resolve) =>
    data.once('data', (chunk: Buffer) => resolve([chunk])).resume(),
  );
  assert.equal(heard.toString(), 'there and back');
  data.destroy();
  await client.close();
  await until(() => service.statistics.streams === 0);
  peer.close();
});

test('who does not read loses data beyond the queue, and nothing else', async () => {
  const small = await openTurnService(env, { ...OPTIONS, streams: { queueBytes: 100_000 } });
  const slow = new StreamClient(small.port, HOST, { ...USER, realm: OPTIONS.realm });
  const fast = await link('udp', small);
  const fastRelay = await allocated(fast);
  await slow.request(TurnMethod.ALLOCATE, (writer) =>
    writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(17, 0, 0, 0)),
  );
  await slow.request(TurnMethod.CREATE_PERMISSION, (writer) =>
    writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, fastRelay),
  );
  const slowRelay = (await small.sessions()).find(({ client }) => client.port === slow.socket.localPort)
    ?.relayed[0];
  assert.ok(slowRelay);
  await fast.bindChannel(slowRelay);
  slow.socket.pause();
  // The kernel's own buffers take some megabytes before ours fills.
  const packet = new Uint8Array(16_000);
  const filled = () => small.statistics.streamDataDropped > 0;
  for (let i = 0; i < 5_000 && !filled(); i++) {
    fast.send(slowRelay, packet);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(filled(), 'nothing was dropped');
  assert.equal(small.statistics.streams, 1);
  slow.socket.resume();
  // What has come of the data, all of it whole, then the answer.
  const answer = slow.request(TurnMethod.REFRESH, (writer) => writer);
  for (let message = await answer; message.method !== TurnMethod.REFRESH; ) message = await slow.next();
  slow.socket.destroy();
  await fast.close();
  await small.close();
});

test('who asks and does not read is not listened to, and gets all its answers in the end', async () => {
  const asked = 300_000;
  const binding = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
  const free = await openTurnService(env, {
    ...OPTIONS,
    limits: { unauthenticatedAnswers: { perSecond: 1e6, burst: 1e6 } },
  });
  const socket = connect(free.port, HOST);
  socket.pause();
  socket.write(Buffer.concat(Array<Buffer>(asked).fill(binding)));
  let last = -1;
  for (let same = 0; same < 30; await new Promise((resolve) => setTimeout(resolve, 10))) {
    same = free.statistics.bindings === last ? same + 1 : 0;
    last = free.statistics.bindings;
  }
  assert.ok(last > 0 && last < asked, `${last} of ${asked} were listened to`);
  let got = 0;
  socket.on('data', (chunk) => {
    got += chunk.length;
  });
  socket.resume();
  await until(
    () => got === asked * 32,
    () => `${got / 32} answers`,
  );
  socket.destroy();
  await free.close();
});

test('streams without allocation are closed when idle, and are bounded for each address', async () => {
  const small = await openTurnService(env, { ...OPTIONS, streams: { idleMs: 150, maxLegsPerAddress: 2 } });
  const begin = Buffer.from('000100002112a442', 'hex');
  const closed: Promise<void>[] = [];
  for (let i = 0; i < 3; i++) {
    const socket: Socket = connect(small.port, HOST);
    socket.on('error', () => {});
    socket.write(begin);
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
  }
  await until(() => small.statistics.streamsRefused === 1);
  await Promise.all(closed);
  await until(() => small.statistics.streams === 0);
  await small.close();
});

test('noise behind a good beginning ends the connection', async () => {
  const random = new SeededRandom(5);
  for (let i = 0; i < 200; i++) {
    const stream = connect(service.port, HOST);
    stream.on('error', () => {});
    const noise = random.bytes(randomBelow(random, 300));
    stream.end(Buffer.concat([Buffer.from('000300082112a442', 'hex'), noise]));
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const client = await link('tcp');
  await client.bind();
  await client.close();
  await until(
    () => service.statistics.streams === 0,
    () => `${service.statistics.streams} are left`,
  );
});

test('an operator ends a session, and its connection with it', async () => {
  const client = new StreamClient(service.port, HOST, { ...USER, realm: OPTIONS.realm });
  await client.request(TurnMethod.ALLOCATE, (writer) =>
    writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(17, 0, 0, 0)),
  );
  assert.equal(await service.kick({ username: USER.username }), 1);
  await until(() => client.ended || client.closed);
  client.socket.destroy();
  await until(() => service.statistics.streams === 0);
});

test('who brings a token of another worker is moved there, with all that he says', async () => {
  const mobile = await openTurnService(env, { ...OPTIONS, mobility: true });
  const clients: TurnLink[] = [];
  for (let i = 0; i < 4; i++) {
    const first = await link('tcp', mobile);
    const { relayed, token } = await first.allocate({ evenPort: 'reserve-next' });
    assert.ok(token && relayed[0]);
    // The workers take turns, so that this one comes to the other.
    const second = await link('tcp', mobile);
    const redeemed = await second.allocate({ token });
    assert.equal(redeemed.relayed[0]?.port, relayed[0].port + 1);
    clients.push(first, second);
  }
  assert.equal((await mobile.sessions()).length, 8);
  await until(() => mobile.statistics.streams === 8);
  await Promise.all(clients.map((client) => client.close()));
  await until(() => mobile.statistics.streams === 0 && mobile.statistics.relays === 0);
  await mobile.close();
});
