import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import {
  encodeUtf8,
  randomBelow,
  SeededRandom,
  type SocketAddress,
  StackError,
  silentLog,
} from '../../../src/base/index.ts';
import { bindUdp, openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import { type Front, openFront } from '../../../src/server/front/front.ts';
import { type Authority, issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import {
  openTurnService,
  type TurnFact,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { until } from '../../support/until.ts';

let authority: Authority;
let service: TurnService;
let secureFront: Front;
const facts: TurnFact[] = [];

const OPTIONS: TurnServiceOptions = {
  ...TURN_OPTIONS,
  onFact: (fact) => facts.push(fact),
};

before(async () => {
  authority = await makeAuthority([HOST], Date.now());
  service = await openTurnService(env, OPTIONS);
  secureFront = await openFront({
    host: HOST,
    port: 0,
    log: silentLog,
    credentials: await issueLeaf(authority, [HOST], Date.now()),
    onStun: (socket, transport) => service.acceptStream(socket, transport),
  });
});
after(async () => {
  await secureFront.close();
  await service.close();
});

const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;

function link(
  transport: (typeof TRANSPORTS)[number],
  credentials: typeof USER | undefined = USER,
): Promise<TurnLink> {
  const port = transport === 'tls' ? secureFront.local.port : service.port;
  return openTurnLink(env, {
    server: { ip: HOST, port },
    transport,
    ca: authority.cert,
    ...(credentials && { credentials }),
  });
}

/** A way between a client and the server that can be jammed and cut. */
async function openRoad(port: number) {
  const ends: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, HOST);
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.pipe(far).pipe(near);
    ends.push(near, far);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const bound = server.address();
  assert.ok(typeof bound === 'object' && bound);
  return {
    local: { ip: HOST, port: bound.port },
    jam: () => ends[1]?.pause(),
    clear: () => ends[1]?.resume(),
    cut: () => {
      for (const socket of ends) socket.destroy();
    },
    async close() {
      for (const socket of ends) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

for (const transport of TRANSPORTS) {
  test(`tells a client its address over ${transport}`, async () => {
    const client = await link(transport);
    const { address } = await client.bind();
    assert.equal(address.ip, HOST);
    await client.close();
  });

  test(`carries data between a client over ${transport} and one over UDP, by indication and by channel`, async () => {
    const near = await link(transport);
    const far = await link('udp');
    const [nearRelay, farRelay] = await Promise.all(
      [near, far].map(async (client) => (await client.allocate()).relayed[0] as SocketAddress),
    );
    assert.ok(nearRelay && farRelay);
    await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
    near.send(farRelay, encodeUtf8('by indication'));
    const first = await far.receive();
    assert.deepEqual([first.from, Buffer.from(first.bytes).toString()], [nearRelay, 'by indication']);

    await Promise.all([near.bindChannel(farRelay), far.bindChannel(nearRelay)]);
    // 1 to 3 bytes of padding follow on a stream and must not arrive.
    for (const text of ['a', 'bc', 'def', 'ghij']) {
      far.send(nearRelay, encodeUtf8(text));
      assert.equal(Buffer.from((await near.receive()).bytes).toString(), text);
      near.send(farRelay, encodeUtf8(text));
      assert.equal(Buffer.from((await far.receive()).bytes).toString(), text);
    }
    await Promise.all([near.close(), far.close()]);
    await until(() => service.statistics.relays === 0);
  });

  test(`relays to a peer outside over ${transport}`, async () => {
    const peer = await bindUdp({ ip: HOST, port: 0 });
    peer.onDatagram((from, bytes) => peer.send(bytes.toReversed(), from));
    const client = await link(transport);
    await client.allocate();
    await client.permit([HOST]);
    client.send(peer.local, Uint8Array.of(1, 2, 3));
    const { from, bytes } = await client.receive();
    assert.deepEqual([from, [...bytes]], [peer.local, [3, 2, 1]]);
    await client.close();
    await peer.close();
  });

  test(`refuses a wrong password over ${transport}`, async () => {
    const client = await link(transport, { username: 'mina', password: 'wrong' });
    await assert.rejects(
      client.allocate(),
      (error) => error instanceof StackError && error.code === 'TURN_UNAUTHENTICATED',
    );
    await client.close();
  });
}

test('an allocation ends with its stream, and the relay port is free again', async () => {
  const road = await openRoad(service.port);
  const client = await openTurnLink(env, { server: road.local, transport: 'tcp', credentials: USER });
  const relayed = (await client.allocate()).relayed[0];
  assert.ok(relayed);
  assert.equal(service.statistics.streams, 1);
  road.cut();
  await until(() => service.statistics.relays === 0 && service.statistics.streams === 0);
  const heir = await bindUdp(relayed);
  await Promise.all([heir.close(), client.close(), road.close()]);
});

test('a relay port that another program holds is left for another', async () => {
  const base = 40_000 + randomBelow(env.random, 9_000);
  const held = await Promise.all([0, 1, 2].map((i) => bindUdp({ ip: HOST, port: base + i })));
  const small = await openTurnService(env, { ...OPTIONS, relayPorts: { min: base, max: base + 3 } });
  const client = await openTurnLink(env, {
    server: { ip: HOST, port: small.port },
    transport: 'udp',
    credentials: USER,
  });
  const { relayed } = await client.allocate();
  assert.deepEqual(relayed, [{ ip: HOST, port: base + 3 }]);
  const late = await openTurnLink(env, {
    server: { ip: HOST, port: small.port },
    transport: 'udp',
    credentials: USER,
  });
  await assert.rejects(
    late.allocate(),
    (error) => error instanceof StackError && error.code === 'TURN_NO_CAPACITY',
  );
  await Promise.all([client.close(), late.close()]);
  await Promise.all([...held.map((socket) => socket.close()), small.close()]);
});

test('a slow reader over TCP loses data beyond the queue, keeps the connection, and hears answers again', async () => {
  const small = await openTurnService(env, { ...OPTIONS, streams: { queueBytes: 100_000 } });
  const road = await openRoad(small.port);
  const slow = await openTurnLink(env, { server: road.local, transport: 'tcp', credentials: USER });
  const fast = await openTurnLink(env, {
    server: { ip: HOST, port: small.port },
    transport: 'udp',
    credentials: USER,
  });
  const slowRelay = (await slow.allocate()).relayed[0];
  const fastRelay = (await fast.allocate()).relayed[0];
  assert.ok(slowRelay && fastRelay);
  await Promise.all([slow.bindChannel(fastRelay), fast.bindChannel(slowRelay)]);
  road.jam();
  // The kernel's own buffers take some megabytes before ours fills.
  const packet = new Uint8Array(16_000);
  const filled = () => small.statistics.streamDataDropped > 0;
  for (let i = 0; i < 5_000 && !filled(); i++) {
    fast.send(slowRelay, packet);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(filled(), 'nothing was dropped');
  assert.equal(small.statistics.streams, 1);
  road.clear();
  await slow.permit(['127.0.0.9']);
  await Promise.all([slow.close(), fast.close(), road.close()]);
  await small.close();
});

test('streams without allocation are closed when idle, and are bounded for each address', async () => {
  const small = await openTurnService(env, {
    ...OPTIONS,
    streams: { idleMs: 150, maxLegsPerAddress: 2 },
  });
  const begin = Buffer.from('000100002112a442', 'hex');
  const sockets: Socket[] = [];
  const closed: Promise<void>[] = [];
  for (let i = 0; i < 3; i++) {
    const socket = connect(small.port, HOST);
    socket.on('error', () => {});
    socket.write(begin);
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
    sockets.push(socket);
  }
  await until(() => small.statistics.streamsRefused === 1);
  await Promise.all(closed);
  await until(() => small.statistics.streams === 0);
  await small.close();
});

test('noise on UDP and TCP is dropped and leaves nothing', async () => {
  const random = new SeededRandom(11);
  const socket = await bindUdp({ ip: HOST, port: 0 });
  const before = service.statistics.malformed;
  for (let i = 0; i < 300; i++) {
    socket.send(random.bytes(randomBelow(random, 200)), { ip: HOST, port: service.port });
    const stream = connect(service.port, HOST);
    stream.on('error', () => {});
    stream.end(
      Buffer.concat([Buffer.from('000300082112a442', 'hex'), random.bytes(randomBelow(random, 200))]),
    );
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => service.statistics.malformed > before);
  const client = await link('udp');
  await client.bind();
  await client.close();
  await until(
    () => service.statistics.streams === 0,
    () => `${service.statistics.streams} streams are left`,
  );
  assert.equal(service.statistics.allocations, 0);
  await socket.close();
});

test('closing ends allocations and frees the ports', async () => {
  const short = await openTurnService(env, OPTIONS);
  const client = await openTurnLink(env, {
    server: { ip: HOST, port: short.port },
    transport: 'tcp',
    credentials: USER,
  });
  await client.allocate();
  facts.length = 0;
  await short.close();
  assert.deepEqual(
    facts.map((fact) => fact.type === 'allocation-ended' && fact.reason),
    ['server-closed'],
  );
  const heir = await openTurnService(env, { ...OPTIONS, port: short.port });
  await heir.close();
  await client.close();
});

test('a port that is in use is said to be', async () => {
  await assert.rejects(
    openTurnService(env, { ...OPTIONS, port: service.port }),
    (error) => error instanceof StackError && error.code === 'ADDRESS_IN_USE',
  );
});

test('on a wildcard every address answers for itself', async () => {
  const wide = await openTurnService(env, { ...OPTIONS, host: '0.0.0.0' });
  for (const ip of wide.addresses) {
    const client = await openTurnLink(env, {
      server: { ip, port: wide.port },
      transport: 'udp',
      credentials: USER,
    });
    const { relayed } = await client.allocate();
    // Who comes over loopback gets an address that reaches others, if there is one.
    const others = wide.addresses.filter((address) => !address.startsWith('127.'));
    assert.equal(relayed[0]?.ip, ip.startsWith('127.') ? (others[0] ?? ip) : ip);
    await client.close();
  }
  await wide.close();
});
