/** TCP over virtual links: every byte once and in order, or an ending that both sides learn of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteStream, SeededRandom, StackError } from '../../../src/base/index.ts';
import {
  type Host,
  type LinkOptions,
  NAT_PRESETS,
  Nat,
  nthPacket,
  Host as VirtualHost,
} from '../../../src/vnet/index.ts';
import { type Ear, earOf, type Pair, pair } from '../../support/vnet/pair.ts';

const SERVER = { ip: '192.0.2.2', port: 80 };

interface Connected extends Pair {
  readonly client: ByteStream;
  readonly server: ByteStream;
  readonly clientEar: Ear;
  readonly serverEar: Ear;
}

function connect(seed: number, link: Partial<LinkOptions> = {}, from?: (pair: Pair) => Host): Connected {
  const made = pair(seed, link);
  const { world, a, b } = made;
  let [client, server]: (ByteStream | undefined)[] = [];
  let [clientEar, serverEar]: (Ear | undefined)[] = [];
  b.listenTcp(
    SERVER,
    (stream) => {
      server = stream;
      serverEar = earOf(stream);
    },
    ({ error }) => assert.equal(error, undefined),
  );
  (from?.(made) ?? a).connectTcp(SERVER, ({ value, error }) => {
    if (error) throw error;
    client = value;
    clientEar = earOf(value);
  });
  world.runUntil(120_000, () => client !== undefined && server !== undefined);
  assert.ok(client && server && clientEar && serverEar, 'both sides are connected');
  return { ...made, client, server, clientEar, serverEar };
}

/** Sends `bytes` in pieces of chance. */
function writeInPieces(stream: ByteStream, bytes: Uint8Array, random: SeededRandom): void {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + (random.uint32() % 5000);
    stream.write(bytes.slice(at, at + length));
    at += length;
  }
}

const ROUGH: Partial<LinkOptions> = {
  loss: 0.1,
  duplicateFraction: 0.05,
  reorderFraction: 0.1,
  corruptFraction: 0.02,
  jitterMs: 10,
};

for (const [name, link] of [
  ['a perfect link', {}],
  ['loss, duplicates, reordering and damage', ROUGH],
  ['a narrow link with a short queue', { bitsPerSecond: 2_000_000, queueBytes: 20_000 }],
] as [string, Partial<LinkOptions>][]) {
  test(`200 KB both ways over ${name}: exactly what was written`, () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { world, a, b, client, server, clientEar, serverEar } = connect(seed, link);
      const random = new SeededRandom(seed);
      const [up, down] = [random.bytes(200_000), random.bytes(200_000)];
      writeInPieces(client, up, random);
      writeInPieces(server, down, random);
      client.end();
      server.end();
      world.run(600_000);
      assert.ok(Buffer.from(serverEar.bytes).equals(up));
      assert.ok(Buffer.from(clientEar.bytes).equals(down));
      for (const { events } of [clientEar, serverEar]) {
        assert.deepEqual(events.filter((event) => event !== 'drained').slice(-2), ['ended', 'closed']);
      }
      assert.deepEqual([a.socketCount, b.socketCount], [0, 1], 'only the listener is left');
    }
  });
}

test('survives the loss of any one segment, from SYN to the last ACK', () => {
  const talk = (n: number): { seen: number; took: number } => {
    const lost = nthPacket(n);
    const { world, a, client, server, clientEar, serverEar } = connect(1, { trap: lost.trap });
    client.write(new Uint8Array(5000).fill(1));
    server.write(new Uint8Array(3000).fill(2));
    world.run(5000);
    client.end();
    world.run(5000);
    assert.deepEqual(serverEar.events.at(-1), 'ended', `segment ${n}`);
    server.write(Uint8Array.of(3));
    server.end();
    world.runUntil(world.now + 120_000, () => clientEar.events.includes('closed'));
    assert.equal(serverEar.bytes.length, 5000, `segment ${n}`);
    assert.equal(clientEar.bytes.length, 3001, `segment ${n}`);
    world.run(120_000);
    assert.ok(serverEar.events.includes('closed'), `segment ${n}`);
    assert.equal(a.socketCount, 0);
    return { seen: lost.seen, took: world.now };
  };
  const { seen } = talk(Number.POSITIVE_INFINITY);
  assert.ok(seen > 10);
  for (let n = 0; n < seen; n++) talk(n);
});

test('one side ends, the other goes on speaking', () => {
  const { world, client, server, clientEar, serverEar } = connect(1);
  client.write(Uint8Array.of(1));
  client.end();
  client.write(Uint8Array.of(9));
  world.run(1000);
  assert.deepEqual([serverEar.bytes, serverEar.events], [[1], ['ended']]);
  server.write(Uint8Array.of(2, 3));
  world.run(1000);
  assert.deepEqual(clientEar.bytes, [2, 3]);
  assert.equal(clientEar.events.includes('closed'), false);
  server.end();
  world.run(1000);
  assert.deepEqual(clientEar.events, ['drained', 'ended', 'closed']);
  assert.deepEqual(serverEar.events, ['ended', 'drained', 'closed']);
});

test('an abort ends both sides at once', () => {
  const { world, a, client, server, clientEar, serverEar } = connect(1);
  client.write(new Uint8Array(100_000));
  client.abort();
  client.abort();
  assert.deepEqual(clientEar.events, [], 'never from inside the call');
  world.run(1000);
  assert.deepEqual(clientEar.events, ['closed']);
  assert.deepEqual(serverEar.events, ['closed']);
  assert.equal(a.socketCount, 0);
  server.write(Uint8Array.of(1));
  assert.equal(server.waitingBytes, 0);
});

test('what waits is counted, and told when it has been taken', () => {
  const { world, client, clientEar } = connect(1, { bitsPerSecond: 8_000_000 });
  client.write(new Uint8Array(300_000));
  assert.equal(client.waitingBytes, 300_000);
  world.run(5);
  assert.ok(client.waitingBytes < 300_000 && client.waitingBytes > 200_000);
  world.run(5000);
  assert.equal(client.waitingBytes, 0);
  assert.deepEqual(clientEar.events, ['drained']);
});

function failure(
  host: Host,
  port: number,
  within: number,
  from?: { ip: string; port: number },
): string | undefined {
  let code: string | undefined;
  const to = { ip: SERVER.ip, port };
  host.connectTcp(
    to,
    ({ error }) => {
      code = error instanceof StackError ? error.code : error?.message;
    },
    from,
  );
  host.world.run(within);
  return code;
}

test('nobody listens: refused at once; nobody answers: timed out', () => {
  const { a } = pair(1, { latencyMs: 10 });
  assert.equal(failure(a, 81, 50), 'CONNECTION_REFUSED');
  assert.equal(failure(a, 81, 50, { ip: '192.0.2.77', port: 0 }), 'ADDRESS_NOT_LOCAL');
  a.accesses[0]?.change({ loss: 1 });
  assert.equal(failure(a, 81, 1_000_000), 'CONNECTION_TIMED_OUT');
  assert.equal(a.socketCount, 0);
});

test('a cut cable: whoever waits for an answer learns of it', () => {
  const { world, a, client, clientEar, serverEar } = connect(1);
  a.accesses[0]?.change({ loss: 1 });
  client.write(Uint8Array.of(1));
  world.run(200_000);
  assert.deepEqual(clientEar.events, ['drained', 'closed']);
  assert.deepEqual(serverEar.events, [], 'the silent side does not');
});

test('through a NAT, whose reboot ends it', () => {
  let nat: Nat | undefined;
  const { world, client, server, clientEar, serverEar } = connect(1, {}, ({ network }) => {
    nat = new Nat(network, 'nat', ['203.0.113.1'], NAT_PRESETS.symmetric);
    return new VirtualHost(nat.inner, 'inner', ['10.0.0.2']);
  });
  assert.equal(server.remote.ip, '203.0.113.1');
  client.write(Uint8Array.of(1));
  world.run(3_600_000);
  server.write(Uint8Array.of(2));
  world.run(1000);
  assert.deepEqual([serverEar.bytes, clientEar.bytes], [[1], [2]], 'an hour of silence is nothing for TCP');
  nat?.reboot();
  client.write(Uint8Array.of(3));
  world.run(200_000);
  assert.deepEqual(clientEar.events.at(-1), 'closed', 'the other mapping is a stranger to the server');
});

test('two connections from one local port to two peers', () => {
  const { world, a, b } = pair(1);
  const streams: ByteStream[] = [];
  for (const port of [80, 81])
    b.listenTcp(
      { ip: SERVER.ip, port },
      () => {},
      () => {},
    );
  for (const port of [80, 81, 81]) {
    const to = { ip: SERVER.ip, port };
    a.connectTcp(to, ({ value }) => value && streams.push(value), { ip: '192.0.2.1', port: 4000 });
  }
  world.run(1000);
  assert.deepEqual(
    streams.map(({ local, remote }) => [local.port, remote.port]),
    [
      [4000, 80],
      [4000, 81],
    ],
    'a third one between the same ends is refused',
  );
});
