/** What an operator sees and does: sessions, kick, drain, and a reload that ends nothing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { StunAttribute } from '../../../src/stun/index.ts';
import { TurnMethod } from '../../../src/turn/index.ts';
import { codeOf, DEFAULT_OPTIONS, RawClient, SERVER, TurnLab, udpRequested } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9_000 };

test('sessions tell who is here, since when, until when, and what they have moved', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const relayed = client.allocate();
  client.permit(PEER.ip, '192.0.2.10');
  client.bind(0x4000, PEER);
  client.send(PEER, new Uint8Array(100));
  lab.wait(10_000);
  const [session] = lab.server.sessions(lab.now);
  assert.deepEqual(session, {
    id: '0-1',
    username: 'alice',
    transport: 'udp',
    client: CLIENT,
    server: SERVER,
    relayed: [relayed],
    protocol: 'udp',
    ageMs: 10_000,
    remainingMs: 590_000,
    peers: 2,
    channels: 1,
    connections: 0,
    traffic: {
      toPeerPackets: 1,
      toPeerBytes: 100,
      toClientPackets: 0,
      toClientBytes: 0,
      droppedPackets: 0,
    },
  });
});

test('kick ends those that fit, frees what they held, and closes their streams', () => {
  const lab = new TurnLab();
  const clients = [
    new RawClient(lab, CLIENT),
    new RawClient(lab, { ...CLIENT, port: 2 }, 'bob', 'builder'),
    new RawClient(lab, { ip: '203.0.113.77', port: 3 }, 'bob', 'builder', 'tcp'),
  ];
  for (const client of clients) client.allocate();
  const kick = (filter: Parameters<typeof lab.server.kick>[1]) => {
    const count = lab.server.kick(lab.now, filter);
    lab.drain();
    return count;
  };
  assert.equal(kick({ username: 'nobody' }), 0);
  assert.equal(kick({ username: 'bob', clientIp: CLIENT.ip }), 1);
  assert.equal(codeOf(clients[1]?.request(TurnMethod.REFRESH)), 437);
  assert.equal(kick({ id: '0-3' }), 1);
  assert.deepEqual(
    lab.events.filter((event) => event.type === 'close-leg').map(({ leg }) => leg),
    [clients[2]?.leg],
  );
  assert.equal(kick({}), 1);
  assert.equal(lab.sockets.size, 0);
  assert.equal(lab.server.statistics.allocations, 0);
  const reasons = lab.events.flatMap((event) => (event.type === 'allocation-ended' ? [event.reason] : []));
  assert.deepEqual(reasons, ['kicked', 'kicked', 'kicked']);
});

test('while draining nobody new gets in, and who is in goes on', () => {
  const lab = new TurnLab();
  const old = new RawClient(lab, CLIENT);
  const relayed = old.allocate();
  lab.server.setDraining(true);
  const late = new RawClient(lab, { ...CLIENT, port: 2 });
  assert.equal(codeOf(late.request(TurnMethod.ALLOCATE, udpRequested)), 508);
  assert.equal(old.refresh(), 0);
  assert.equal(old.permit(PEER.ip), 0);
  assert.ok(lab.relayAt(relayed.port));
  lab.server.setDraining(false);
  assert.equal(codeOf(late.request(TurnMethod.ALLOCATE, udpRequested)), 0);
});

test('who is turned away for want of room is told of another server of its family', () => {
  const alternateServers = [
    { ip: '2001:db8:9::1', port: 3478 },
    { ip: '198.51.100.9', port: 3479 },
  ];
  const lab = new TurnLab({ alternateServers });
  lab.server.setDraining(true);
  const answer = new RawClient(lab, CLIENT).request(TurnMethod.ALLOCATE, udpRequested);
  assert.equal(codeOf(answer), 300);
  assert.deepEqual(
    answer.get(StunAttribute.ALTERNATE_SERVER),
    Uint8Array.of(0, 1, 3479 >> 8, 3479 & 0xff, 198, 51, 100, 9),
  );
  const six = new RawClient(lab, { ip: '2001:db8::5', port: 1 }).request(TurnMethod.ALLOCATE, udpRequested);
  assert.equal(six.get(StunAttribute.ALTERNATE_SERVER)?.[1], 2);

  const full = new TurnLab({ alternateServers, relayPorts: { min: 50_000, max: 50_000 } });
  new RawClient(full, CLIENT).allocate();
  const next = new RawClient(full, { ...CLIENT, port: 2 });
  assert.equal(codeOf(next.request(TurnMethod.ALLOCATE, udpRequested)), 300);
});

test('a reload takes new users and secrets, and those who are in stay with their keys', () => {
  const lab = new TurnLab();
  const alice = new RawClient(lab, CLIENT);
  alice.allocate();
  lab.server.reconfigure(lab.now, { users: [{ username: 'carol', password: 'singer' }] });
  assert.equal(alice.refresh(), 0, 'an allocation outlives its user');
  const stranger = new RawClient(lab, { ...CLIENT, port: 2 }).challenge();
  assert.equal(codeOf(stranger.exchange(stranger.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
  new RawClient(lab, { ...CLIENT, port: 3 }, 'carol', 'singer').allocate();

  assert.throws(
    () =>
      lab.server.reconfigure(lab.now, {
        users: [{ username: '', password: 'x' }],
        quotas: { perUser: 0, total: 0 },
      }),
    (error) => error instanceof StackError && error.code === 'TURN_USER_INVALID',
  );
  new RawClient(lab, { ...CLIENT, port: 4 }, 'carol', 'singer').allocate();
});

test('a reload takes new quotas, lifetimes, limits and peers', () => {
  const lab = new TurnLab();
  const alice = new RawClient(lab, CLIENT);
  alice.allocate();
  lab.server.reconfigure(lab.now, {
    quotas: { perUser: 1, total: 10 },
    lifetimes: { maxAllocationSeconds: 900 },
    limits: { peersPerAllocation: 1 },
    peerPolicy: { ...DEFAULT_OPTIONS.peerPolicy, private: 'allow' },
  });
  const second = new RawClient(lab, { ...CLIENT, port: 2 });
  assert.equal(codeOf(second.request(TurnMethod.ALLOCATE, udpRequested)), 486);
  assert.equal(alice.refresh(3600), 0);
  assert.equal(lab.server.sessions(lab.now)[0]?.remainingMs, 900_000);
  assert.equal(alice.permit('10.0.0.1'), 0);
  assert.equal(alice.permit('10.0.0.2'), 508);
});
