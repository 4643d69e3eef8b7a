/** What an operator does to a relay that runs: other settings, no newcomers, somebody out. On loopback sockets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeUtf8, invariant, parseIpRange, StackError } from '../../../src/base/index.ts';
import { openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import {
  openTurnService,
  type TurnFact,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { until } from '../../support/until.ts';

const JUN = { username: 'jun', password: 'another' };
const facts: TurnFact[] = [];
let service: TurnService;

const OPTIONS: TurnServiceOptions = {
  ...TURN_OPTIONS,
  onFact: (fact) => facts.push(fact),
};

before(async () => {
  service = await openTurnService(env, OPTIONS);
});
after(() => service.close());

function link(credentials = USER, transport: 'udp' | 'tcp' = 'udp', patienceMs = 5_000): Promise<TurnLink> {
  return openTurnLink(env, { server: { ip: HOST, port: service.port }, transport, credentials, patienceMs });
}

function fails(code: string) {
  return (error: unknown): boolean => error instanceof StackError && error.code === code;
}

function range(text: string) {
  const parsed = parseIpRange(text);
  invariant(parsed, 'a range');
  return parsed;
}

test('users are exchanged while a session of a removed one goes on', async () => {
  const [near, far] = [await link(), await link()];
  const [nearRelay, farRelay] = [(await near.allocate()).relayed[0], (await far.allocate()).relayed[0]];
  assert.ok(nearRelay && farRelay);
  await Promise.all([near.permit([HOST]), far.permit([HOST])]);
  await service.reconfigure({ users: [JUN] });
  near.send(farRelay, encodeUtf8('still here'));
  assert.equal(Buffer.from((await far.receive()).bytes).toString(), 'still here');
  const late = await link(USER);
  await assert.rejects(late.allocate(), fails('TURN_UNAUTHENTICATED'));
  const fresh = await link(JUN);
  await fresh.allocate();
  // Back again: who is removed cannot refresh, nor end, what he has; it ends with its lifetime.
  await service.reconfigure({ users: [USER, JUN] });
  await Promise.all([near, far, late, fresh].map((client) => client.close()));
});

test('a wrong reload changes nothing', async () => {
  await assert.rejects(
    service.reconfigure({ users: [{ username: '', password: 'x' }], quotas: { perUser: 1, total: 1 } }),
    fails('TURN_USER_INVALID'),
  );
  const clients = [await link(), await link()];
  for (const client of clients) await client.allocate();
  await Promise.all(clients.map((client) => client.close()));
});

test('a draining relay takes nobody new, and keeps whom it has', async () => {
  const early = await link();
  await early.allocate();
  service.setDraining(true);
  const late = await link();
  await assert.rejects(late.allocate(), fails('TURN_NO_CAPACITY'));
  await early.permit([HOST]);
  const asking = await link();
  await asking.bind();
  service.setDraining(false);
  await Promise.all([early, late, asking].map((client) => client.close()));
});

test('shows who is there, and ends whom it is told to: by name, by address, by id', async () => {
  await until(() => service.statistics.allocations === 0);
  const overUdp = await link();
  await overUdp.allocate();
  await overUdp.permit([HOST]);
  const overTcp = await link(JUN, 'tcp');
  await overTcp.allocate();
  const sessions = await service.sessions();
  assert.deepEqual(sessions.map(({ username, transport, peers }) => [username, transport, peers]).sort(), [
    ['jun', 'tcp', 0],
    ['mina', 'udp', 1],
  ]);
  assert.equal(await service.kick({ username: 'nobody' }), 0);
  assert.equal(await service.kick({ username: 'jun' }), 1);
  await until(() => service.statistics.streams === 0, 'its connection ends too');
  const [left] = await service.sessions();
  assert.ok(left);
  assert.equal(await service.kick({ id: left.id, clientIp: '192.0.2.1' }), 0, 'all that is given must fit');
  assert.equal(await service.kick({ id: left.id }), 1);
  assert.deepEqual(await service.sessions(), []);
  assert.ok(facts.some((fact) => fact.type === 'allocation-ended' && fact.reason === 'kicked'));
  await Promise.all([overUdp.close(), overTcp.close()]);
});

test('who is kept out gets no answer, over UDP and TCP, and is counted', async () => {
  const inside = await link();
  await inside.bind();
  await service.reconfigure({ clients: { allow: [], deny: [range('127.0.0.0/8')] } });
  const before = service.statistics.unwelcome;
  const outside = await link(USER, 'udp', 600);
  await assert.rejects(outside.bind());
  assert.ok(service.statistics.unwelcome > before);
  const stream = await link(USER, 'tcp', 600);
  await assert.rejects(stream.bind());
  assert.equal(service.statistics.streams, 0);
  await service.reconfigure({ clients: { allow: [range('127.0.0.1')], deny: [range('127.0.0.0/8')] } });
  await inside.bind();
  await service.reconfigure({ clients: { allow: [range('192.0.2.0/24')], deny: [] } });
  const unlisted = await link(USER, 'udp', 600);
  await assert.rejects(unlisted.bind(), 'where some are let in by name, others are not');
  await service.reconfigure({ clients: { allow: [], deny: [] } });
  await Promise.all([inside, outside, stream, unlisted].map((client) => client.close()));
});

test('peers can be closed to a session that runs', async () => {
  const client = await link();
  await client.allocate();
  await client.permit([HOST]);
  await service.reconfigure({ peers: { loopback: true, private: 'auto', deny: [range('127.0.0.0/8')] } });
  await assert.rejects(client.permit(['127.0.0.2']), fails('TURN_FORBIDDEN'));
  await service.reconfigure({ peers: OPTIONS.peers });
  await client.close();
});
