/** TCP allocations as the machine sees them: Connect, ConnectionBind, ConnectionAttempt. RFC 6062. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import { decodeMessage, decodeXorAddress, MessageClass, type StunMessage } from '../../../src/stun/index.ts';
import {
  type ConnectionId,
  connectionId,
  encodeChannelData,
  type Leg,
  TurnAttribute,
  TurnMethod,
  type TurnServerEvent,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  DEFAULT_OPTIONS,
  type Fill,
  lifetime,
  RawClient,
  relayedOf,
  SERVER,
  TurnLab,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 80 };

const tcpRequested: Fill = (writer) =>
  writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(6, 0, 0, 0));

function to(peer: SocketAddress): Fill {
  return (writer) => writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
}

function named(id: ConnectionId): Fill {
  return (writer) => writer.u32(TurnAttribute.CONNECTION_ID, id);
}

function tcpLab(options: Partial<TurnServerOptions> = {}): TurnLab {
  return new TurnLab({ tcpRelay: true, ...options });
}

function over(
  lab: TurnLab,
  transport: Leg['transport'],
  port = 40_000,
  username = 'alice',
  password = 'wonder',
) {
  return new RawClient(lab, { ...CLIENT, port }, username, password, transport);
}

function allocated(lab = tcpLab(), port = 40_000, username = 'alice', password = 'wonder') {
  const client = over(lab, 'tcp', port, username, password);
  const answer = client.request(TurnMethod.ALLOCATE, tcpRequested);
  assert.equal(codeOf(answer), 0);
  const relayed = relayedOf(answer);
  return { lab, client, relayed, relay: lab.relayAt(relayed.port) };
}

function ordersOf<T extends TurnServerEvent['type']>(
  lab: TurnLab,
  type: T,
): Extract<TurnServerEvent, { type: T }>[] {
  return lab.events.filter((event): event is Extract<TurnServerEvent, { type: T }> => event.type === type);
}

/** Sends Connect, and returns the order to the shell; the answer waits. */
function connecting({ lab, client }: { lab: TurnLab; client: RawClient }, peer = PEER) {
  if (client.nonce.length === 0) client.challenge();
  const before = ordersOf(lab, 'connect-peer').length;
  assert.equal(client.exchange(client.signed(TurnMethod.CONNECT, to(peer))), undefined);
  const order = ordersOf(lab, 'connect-peer')[before];
  assert.ok(order, 'the shell is told to connect');
  return order;
}

/** What the server says on this leg while `act` happens. */
function said(lab: TurnLab, leg: Leg, act: () => void): StunMessage | undefined {
  lab.toClients.length = 0;
  act();
  lab.drain();
  const [out] = lab.toClients;
  if (!out) return undefined;
  assert.equal(out.leg, leg);
  return decodeMessage(out.bytes);
}

function connected(session: { lab: TurnLab; client: RawClient }, peer = PEER): ConnectionId {
  const { lab, client } = session;
  const { connection } = connecting(session, peer);
  const answer = said(lab, client.leg, () => lab.server.handlePeerConnected(lab.now, connection));
  assert.equal(codeOf(answer), 0);
  const value = answer?.get(TurnAttribute.CONNECTION_ID);
  assert.ok(value);
  assert.equal(new DataView(value.buffer, value.byteOffset).getUint32(0), connection);
  return connection;
}

test('§5.1: TCP only where it is allowed, only over a stream, and without what is for UDP', () => {
  assert.equal(codeOf(over(new TurnLab(), 'tcp').request(TurnMethod.ALLOCATE, tcpRequested)), 442);
  const lab = tcpLab();
  assert.equal(codeOf(over(lab, 'udp').request(TurnMethod.ALLOCATE, tcpRequested)), 400);
  assert.equal(codeOf(over(lab, 'dtls').request(TurnMethod.ALLOCATE, tcpRequested)), 400);
  const client = over(lab, 'tls');
  const code = (fill: Fill) => codeOf(client.request(TurnMethod.ALLOCATE, all(tcpRequested, fill)));
  assert.equal(
    code((writer) => writer.flag(TurnAttribute.DONT_FRAGMENT)),
    400,
  );
  assert.equal(
    code((writer) => writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(0))),
    400,
  );
  assert.equal(
    code((writer) => writer.attribute(TurnAttribute.RESERVATION_TOKEN, new Uint8Array(8))),
    400,
  );
  assert.equal(code(lifetime(700)), 0);
  assert.equal(ordersOf(lab, 'open-relay')[0]?.protocol, 'tcp');
  assert.equal(lab.server.sessions(lab.now)[0]?.protocol, 'tcp');
});

test('a TCP allocation stays with its control connection: it gets no mobility ticket', () => {
  const lab = tcpLab({ mobility: true });
  const client = over(lab, 'tcp');
  const wantsTicket: Fill = (writer) => writer.flag(TurnAttribute.MOBILITY_TICKET);
  const answer = client.request(TurnMethod.ALLOCATE, all(tcpRequested, wantsTicket));
  assert.equal(codeOf(answer), 0);
  assert.equal(answer.has(TurnAttribute.MOBILITY_TICKET), false);
  lab.server.handleLegClosed(lab.now, client.leg);
  lab.drain();
  assert.equal(lab.sockets.size, 0);
});

test('§5.2, §5.4: Connect, ConnectionBind, and the bytes are the shell’s', () => {
  const session = allocated();
  const { lab, client, relay } = session;
  const order = connecting(session);
  assert.deepEqual([order.relay, order.to, order.sibling], [relay, PEER, undefined]);
  const answer = said(lab, client.leg, () => lab.server.handlePeerConnected(lab.now, order.connection));
  assert.equal(answer?.method, TurnMethod.CONNECT);
  assert.equal(codeOf(answer), 0);
  assert.equal(lab.server.sessions(lab.now)[0]?.connections, 1);

  const data = over(lab, 'tls', 40_001);
  const bound = data.request(TurnMethod.CONNECTION_BIND, named(order.connection));
  assert.equal(codeOf(bound), 0);
  assert.deepEqual(ordersOf(lab, 'join-connection'), [
    { type: 'join-connection', connection: order.connection, leg: data.leg },
  ]);
  // Nothing of it times out any more.
  for (let i = 0; i < 10; i++) {
    lab.wait(60_000);
    client.refresh();
  }
  assert.deepEqual(ordersOf(lab, 'close-connection'), []);
  lab.server.handleConnectionClosed(lab.now, order.connection);
  lab.drain();
  assert.equal(lab.server.statistics.connections, 0);
  connected(session);
});

test('§5.2: requests that are broken or out of place, each with its code', () => {
  const session = allocated();
  const { client, lab } = session;
  const code = (fill: Fill) => codeOf(client.request(TurnMethod.CONNECT, fill));
  assert.equal(
    code(() => {}),
    400,
  );
  assert.equal(
    code((writer) => writer.attribute(TurnAttribute.XOR_PEER_ADDRESS, new Uint8Array(3))),
    400,
  );
  assert.equal(code(to({ ...PEER, port: 0 })), 400);
  assert.equal(code(to({ ip: '2001:db8::9', port: 80 })), 443);
  assert.equal(codeOf(over(lab, 'tcp', 40_002).request(TurnMethod.CONNECT, to(PEER))), 437);
  const udp = over(lab, 'tcp', 40_003);
  udp.allocate();
  assert.equal(codeOf(udp.request(TurnMethod.CONNECT, to(PEER))), 437, 'an allocation, but not of TCP');
  assert.deepEqual(ordersOf(lab, 'connect-peer'), []);
});

test('§5.2: what the policy refuses is 403: own services, private networks, this machine', () => {
  const session = allocated();
  const code = (peer: SocketAddress) => codeOf(session.client.request(TurnMethod.CONNECT, to(peer)));
  const refused = ['127.0.0.1', '0.0.0.0', '10.1.1.1', '169.254.169.254', SERVER.ip];
  for (const ip of refused) assert.equal(code({ ip, port: 80 }), 403, ip);
  assert.equal(code(SERVER), 403);
  assert.deepEqual(ordersOf(session.lab, 'connect-peer'), []);

  // Where everything is allowed, our own machine still is not: a connection reaches what runs there, whatever it is.
  const peerPolicy = { ...DEFAULT_OPTIONS.peerPolicy, loopback: true, private: 'allow' as const };
  const open = allocated(tcpLab({ peerPolicy }));
  for (const port of [SERVER.port, 22]) {
    assert.equal(codeOf(open.client.request(TurnMethod.CONNECT, to({ ...SERVER, port }))), 403);
    const mapped = { ip: `::ffff:${SERVER.ip}`, port };
    assert.notEqual(codeOf(open.client.request(TurnMethod.CONNECT, to(mapped))), 0);
  }
  connecting(open, { ip: '10.1.1.1', port: 80 });
  connecting(open, { ip: '127.0.0.1', port: 80 });
});

test('§5.2: a second connection to the same peer is 446, in every state of the first', () => {
  const session = allocated();
  const { lab, client } = session;
  const again = () => codeOf(client.request(TurnMethod.CONNECT, to(PEER)));
  const { connection } = connecting(session);
  assert.equal(again(), 446);
  said(lab, client.leg, () => lab.server.handlePeerConnected(lab.now, connection));
  assert.equal(again(), 446);
  over(lab, 'tcp', 40_001).request(TurnMethod.CONNECTION_BIND, named(connection));
  assert.equal(again(), 446);
  connecting(session, { ...PEER, port: 81 });
  connecting(allocated(lab, 40_002), PEER);
});

test('§5.2: a peer that does not answer is 447 after 30 seconds, one that refuses at once', () => {
  const session = allocated();
  const { lab, client } = session;
  const { connection } = connecting(session);
  lab.toClients.length = 0;
  lab.wait(29_999);
  assert.deepEqual(lab.toClients, []);
  const late = said(lab, client.leg, () => lab.wait(1));
  assert.equal(codeOf(late), 447);
  assert.deepEqual(
    ordersOf(lab, 'close-connection').map((order) => order.connection),
    [connection],
  );
  // The shell's answer crosses the order.
  assert.equal(
    said(lab, client.leg, () => lab.server.handlePeerConnected(lab.now, connection)),
    undefined,
  );
  const next = connecting(session);
  const refused = said(lab, client.leg, () => lab.server.handlePeerConnectFailed(lab.now, next.connection));
  assert.equal(codeOf(refused), 447);
  connecting(session);
});

test('§5.2: a connection that nobody binds is closed after 30 seconds', () => {
  const session = allocated();
  const { lab } = session;
  const connection = connected(session);
  lab.wait(29_999);
  assert.deepEqual(ordersOf(lab, 'close-connection'), []);
  lab.wait(1);
  assert.equal(ordersOf(lab, 'close-connection')[0]?.connection, connection);
  const late = over(lab, 'tcp', 40_001).request(TurnMethod.CONNECTION_BIND, named(connection));
  assert.equal(codeOf(late), 400);
});

test('§5.4: ConnectionBind needs a stream of its own, the right number, and the same user', () => {
  const session = allocated();
  const { lab, client } = session;
  const connection = connected(session);
  const bind = (who: RawClient, fill: Fill = named(connection)) =>
    codeOf(who.request(TurnMethod.CONNECTION_BIND, fill));
  assert.equal(bind(over(lab, 'udp', 1)), 400);
  assert.equal(
    bind(over(lab, 'tcp', 2), () => {}),
    400,
  );
  assert.equal(bind(over(lab, 'tcp', 3), named(connectionId((connection + 1) % 2 ** 32))), 400);
  assert.equal(
    bind(over(lab, 'tcp', 4), (writer) => writer.attribute(TurnAttribute.CONNECTION_ID, new Uint8Array(3))),
    400,
  );
  assert.equal(bind(over(lab, 'tcp', 5, 'bob', 'builder')), 441);
  assert.equal(bind(client), 437, 'not the control connection');
  const thief = over(lab, 'tcp', 6, 'alice', 'wrong').challenge();
  assert.equal(codeOf(thief.exchange(thief.signed(TurnMethod.CONNECTION_BIND, named(connection)))), 401);
  assert.deepEqual(ordersOf(lab, 'join-connection'), []);
  assert.equal(bind(over(lab, 'tcp', 7)), 0);
  assert.equal(bind(over(lab, 'tcp', 8)), 400, 'only once');
});

test('§5.3: a peer with a permission that connects is announced; the others are closed', () => {
  const session = allocated();
  const { lab, client, relay } = session;
  const arrive = (from: SocketAddress) => lab.server.handlePeerAccepted(lab.now, relay, from);
  assert.equal(arrive(PEER), undefined);
  client.permit(PEER.ip);
  let id: ConnectionId | undefined;
  const indication = said(lab, client.leg, () => {
    id = arrive({ ...PEER, port: 5_555 });
  });
  assert.ok(indication && id !== undefined);
  assert.deepEqual(
    [indication.method, indication.class],
    [TurnMethod.CONNECTION_ATTEMPT, MessageClass.INDICATION],
  );
  const peer = indication.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.deepEqual(peer && decodeXorAddress(peer, indication.transactionId), { ...PEER, port: 5_555 });
  const value = indication.get(TurnAttribute.CONNECTION_ID);
  assert.equal(value && new DataView(value.buffer, value.byteOffset).getUint32(0), id);
  assert.equal(codeOf(over(lab, 'tcp', 1).request(TurnMethod.CONNECTION_BIND, named(id))), 0);

  lab.wait(300_000);
  assert.equal(arrive(PEER), undefined, 'the permission has ended');
  client.permit(PEER.ip);
  const unbound = arrive(PEER);
  assert.ok(unbound !== undefined);
  lab.wait(30_000);
  assert.equal(ordersOf(lab, 'close-connection').at(-1)?.connection, unbound);
});

test('two clients of one server may connect to each other, and to nothing else of this machine', () => {
  const lab = tcpLab();
  const alice = allocated(lab, 1);
  const bob = allocated(lab, 2, 'bob', 'builder');
  const order = connecting(alice, bob.relayed);
  assert.deepEqual([order.to, order.sibling], [bob.relayed, bob.relay]);
  const free = { ...bob.relayed, port: bob.relayed.port === 50_500 ? 50_501 : 50_500 };
  assert.equal(codeOf(alice.client.request(TurnMethod.CONNECT, to(free))), 403);
  const udp = over(lab, 'udp', 3);
  assert.equal(
    codeOf(alice.client.request(TurnMethod.CONNECT, to(udp.allocate()))),
    403,
    'a relay, not of TCP',
  );

  assert.equal(bob.client.permit(SERVER.ip), 0);
  const accepted = (from: SocketAddress) => lab.server.handlePeerAccepted(lab.now, bob.relay, from);
  assert.equal(accepted(free), undefined, 'a program on this machine');
  assert.ok(accepted(alice.relayed) !== undefined);
});

test('§5.5: an allocation that ends takes its connections along, whatever their state', () => {
  for (const end of ['refresh', 'expiry', 'leg', 'kick', 'close'] as const) {
    const session = allocated();
    const { lab, client } = session;
    const joined = connected(session);
    over(lab, 'tcp', 1).request(TurnMethod.CONNECTION_BIND, named(joined));
    const pending = connected(session, { ...PEER, port: 81 });
    const waiting = connecting(session, { ...PEER, port: 82 }).connection;
    lab.toClients.length = 0;
    if (end === 'refresh') assert.equal(client.refresh(0), 0);
    else if (end === 'expiry') lab.wait(600_000);
    else if (end === 'leg') lab.server.handleLegClosed(lab.now, client.leg);
    else if (end === 'kick') lab.server.kick(lab.now, {});
    else lab.server.close(lab.now);
    lab.drain();
    const closed = ordersOf(lab, 'close-connection').map((order) => order.connection);
    assert.deepEqual(new Set(closed), new Set([joined, pending, waiting]), end);
    assert.equal(lab.server.statistics.connections, 0);
    assert.equal(lab.sockets.size, 0);
  }
});

test('connections are bounded for an allocation, for a user, and for all', () => {
  const one = allocated(tcpLab({ limits: { connectionsPerAllocation: 2 } }));
  connecting(one, { ...PEER, port: 1 });
  one.client.permit(PEER.ip);
  assert.ok(one.lab.server.handlePeerAccepted(0, one.relay, { ...PEER, port: 2 }) !== undefined);
  one.lab.drain();
  assert.equal(codeOf(one.client.request(TurnMethod.CONNECT, to({ ...PEER, port: 3 }))), 508);
  assert.equal(one.lab.server.handlePeerAccepted(0, one.relay, { ...PEER, port: 4 }), undefined);

  for (const limits of [{ connectionsPerUser: 2 }, { connections: 2 }]) {
    const lab = tcpLab({ limits });
    connecting(allocated(lab, 1));
    const second = allocated(lab, 2);
    const { connection } = connecting(second);
    const third = allocated(lab, 3);
    assert.equal(codeOf(third.client.request(TurnMethod.CONNECT, to(PEER))), 508);
    lab.server.handlePeerConnectFailed(lab.now, connection);
    lab.drain();
    connecting(third);
  }
});

test('channels and indications are for datagrams: a TCP allocation has none', () => {
  const { lab, client, relayed } = allocated();
  assert.equal(client.permit(PEER.ip), 0);
  assert.equal(client.bind(0x4000, PEER), 400);
  client.send(PEER, Uint8Array.of(1));
  lab.fromClient(client.leg, encodeChannelData(0x4000, Uint8Array.of(1, 2, 3, 4), true));
  const other = over(lab, 'udp', 2);
  other.allocate();
  other.permit(SERVER.ip);
  other.send(relayed, Uint8Array.of(1));
  assert.deepEqual(lab.toPeers, []);
  assert.equal(lab.server.statistics.relayedPackets, 0);
});

test('the bytes of a connection are counted, and wait where a rate is set', () => {
  const session = allocated(tcpLab({ limits: { bandwidth: { perAllocation: 100_000 } } }));
  const { lab } = session;
  const id = connected(session);
  const pass = (bytes: number) => lab.server.passConnectionData(lab.now, id, 'toPeer', bytes);
  assert.equal(pass(65_536), 0);
  let waitedMs = 0;
  for (let ms = pass(65_536); ms > 0; ms = pass(65_536)) {
    waitedMs += ms;
    lab.wait(ms);
  }
  assert.ok(waitedMs >= 650 && waitedMs <= 710, `${waitedMs} ms for 65,536 bytes at 100 kB/s`);
  assert.equal(lab.server.sessions(lab.now)[0]?.traffic.toPeerBytes, 131_072);
  assert.equal(lab.server.passConnectionData(lab.now, connectionId(1), 'toClient', 1), 0);
});
