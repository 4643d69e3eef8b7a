/** Our TURN client against coturn's server: every transport, both families, sent on, moved, and with TCP relays. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeUtf8, type SocketAddress, silentLog } from '../../src/base/index.ts';
import {
  nodeEnv,
  openTurnLink,
  type TurnLink,
  TurnLinkError,
  type TurnLinkOptions,
} from '../../src/node/index.ts';
import { COTURN_USER, type CoturnServer, startCoturn } from '../support/coturn-server.ts';

const HOST = '127.0.0.1';
const env = nodeEnv({ log: silentLog });
const PACKETS = 50;
const TRANSPORTS = ['udp', 'tcp', 'tls', 'dtls'] as const;

let coturn: CoturnServer;
/** Sends all its clients to the other one. */
let redirecting: CoturnServer;
const links: TurnLink[] = [];

before(async () => {
  coturn = await startCoturn();
  redirecting = await startCoturn([
    `--alternate-server=${HOST}:${coturn.port}`,
    `--tls-alternate-server=${HOST}:${coturn.tlsPort}`,
  ]);
});
after(async () => {
  await Promise.all(links.map((link) => link.close()));
  await redirecting?.stop();
  await coturn?.stop();
});

async function open(
  transport: TurnLinkOptions['transport'],
  { port, tlsPort, ca }: CoturnServer = coturn,
  more: Partial<TurnLinkOptions> = {},
): Promise<TurnLink> {
  const isSecure = transport === 'tls' || transport === 'dtls';
  const link = await openTurnLink(env, {
    server: { ip: HOST, port: isSecure ? tlsPort : port },
    transport,
    credentials: COTURN_USER,
    ca,
    ...more,
  });
  links.push(link);
  return link;
}

async function echo(
  near: TurnLink,
  far: TurnLink,
  nearRelay: SocketAddress,
  farRelay: SocketAddress,
): Promise<void> {
  for (let i = 0; i < PACKETS; i++) {
    near.send(farRelay, encodeUtf8(`packet ${i}`));
    const there = await far.receive();
    assert.deepEqual(there.bytes, encodeUtf8(`packet ${i}`));
    far.send(nearRelay, there.bytes);
    assert.deepEqual((await near.receive()).bytes, there.bytes);
  }
}

for (const transport of TRANSPORTS) {
  test(`over ${transport}: address, allocation, permission, data, channel, refresh, end`, async () => {
    const [near, far] = [await open(transport), await open(transport)];
    assert.equal((await near.bind()).address.ip, HOST);
    const [nearRelay] = (await near.allocate({ lifetimeSeconds: 900 })).relayed;
    const [farRelay] = (await far.allocate()).relayed;
    assert.ok(nearRelay && farRelay);
    await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
    await echo(near, far, nearRelay, farRelay);
    await Promise.all([near.bindChannel(farRelay), far.bindChannel(nearRelay)]);
    await echo(near, far, nearRelay, farRelay);
    assert.ok((await near.refresh()).lifetimeSeconds >= 600);
    assert.deepEqual(await Promise.all([near.close(), far.close()]), [true, true]);
  });
}

test('over IPv6, to a relay of IPv6', async () => {
  const six = { server: { ip: '::1', port: coturn.port } };
  const [near, far] = [await open('udp', coturn, six), await open('udp', coturn, six)];
  const [nearRelay] = (await near.allocate({ family: 6 })).relayed;
  const [farRelay] = (await far.allocate({ family: 6 })).relayed;
  assert.ok(nearRelay && farRelay);
  await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
  await echo(near, far, nearRelay, farRelay);
});

for (const transport of ['udp', 'tcp', 'tls'] as const) {
  test(`300 over ${transport}: the client goes to the server that it is sent to`, async () => {
    const link = await open(transport, redirecting, { ca: coturn.ca + redirecting.ca });
    const { relayed } = await link.allocate();
    assert.equal(relayed.length, 1);
    const port = transport === 'tls' ? coturn.tlsPort : coturn.port;
    assert.deepEqual(
      link.redirects.map(({ server }) => server),
      [{ ip: HOST, port }],
    );
    assert.equal(await link.close(), true);
  });
}

test('mobility over UDP: the allocation comes along to another port, twice, and carries data there', async () => {
  const [near, far] = [await open('udp'), await open('udp')];
  const { relayed, mobile } = await near.allocate({ mobile: true });
  const [nearRelay] = relayed;
  const [farRelay] = (await far.allocate()).relayed;
  assert.ok(mobile && nearRelay && farRelay);
  await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
  for (let move = 1; move <= 2; move++) {
    const before = near.local?.port;
    await near.move();
    assert.notEqual(near.local?.port, before);
    await echo(near, far, nearRelay, farRelay);
  }
});

test('TCP relays: to a peer that listens, and from a peer that comes', async () => {
  const peer = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await once(peer.listen(0, HOST), 'listening');
  const address = peer.address();
  assert.ok(typeof address === 'object' && address);
  const link = await open('tcp');
  const [relay] = (await link.allocate({ protocol: 'tcp' })).relayed;
  assert.ok(relay);
  const says = async (socket: Socket, text: string): Promise<void> => {
    socket.write(text);
    let heard = '';
    for await (const chunk of socket) {
      heard += String(chunk);
      if (heard.length >= text.length) break;
    }
    assert.equal(heard, text);
  };
  try {
    const out = await link.openData((await link.connect({ ip: HOST, port: address.port })).connection);
    await says(out, 'to a peer and back '.repeat(5_000));
    await link.permit([HOST]);
    const attempt = link.nextAttempt();
    const visitor = connect({ host: relay.ip, port: relay.port });
    visitor.on('error', () => visitor.destroy());
    visitor.pipe(visitor);
    const into = await link.openData((await attempt).connection);
    await says(into, 'from a peer and back '.repeat(5_000));
    for (const socket of [out, into, visitor]) socket.destroy();
  } finally {
    peer.close();
  }
});

test('what coturn refuses has its number and its code', async () => {
  const wrong = await open('udp', coturn, { credentials: { ...COTURN_USER, password: 'wrong' } });
  await assert.rejects(
    wrong.allocate(),
    (error) =>
      error instanceof TurnLinkError && error.failure.status === 401 && error.code === 'TURN_UNAUTHENTICATED',
  );
});
