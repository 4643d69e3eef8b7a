import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  encodeUtf8,
  parseIpRange,
  type SocketAddress,
  StackError,
  silentLog,
} from '../../../src/base/index.ts';
import { bindUdp, isKernel, openKernel, openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import {
  openTurnService,
  type TurnFact,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import { findBatches, tellDataPath } from '../../../src/server/turn/workers/batches.ts';
import { SharedBandwidth } from '../../../src/server/turn/workers/shared-bandwidth.ts';
import { SharedQuotas } from '../../../src/server/turn/workers/shared-quotas.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { until } from '../../support/until.ts';

/** Where workers cannot be had the main thread does it all, and every client below must see the same. */
const hasWorkers = isKernel(await openKernel());
const facts: TurnFact[] = [];

const OPTIONS: TurnServiceOptions = {
  ...TURN_OPTIONS,
  relayWorkers: 2,
  onFact: (fact) => facts.push(fact),
};

let service: TurnService;
before(async () => {
  service = await openTurnService(env, OPTIONS);
});
after(() => service.close());

function link(to = service, transport: 'udp' | 'tcp' = 'udp', credentials = USER): Promise<TurnLink> {
  return openTurnLink(env, { server: { ip: HOST, port: to.port }, transport, credentials });
}

interface Placed {
  readonly client: TurnLink;
  readonly relayed: SocketAddress;
  readonly shard: number;
  readonly token: Uint8Array | undefined;
}

async function place(
  to: TurnService,
  client: TurnLink,
  wish: Parameters<TurnLink['allocate']>[0] = {},
): Promise<Placed> {
  const { relayed, token } = await client.allocate(wish);
  const [first] = relayed;
  assert.ok(first);
  const session = (await to.sessions()).find(({ relayed: [own] }) => own?.port === first.port);
  return { client, relayed: first, shard: Number.parseInt(session?.id ?? '', 10), token };
}

/** Two allocations over UDP in different workers: who comes where the kernel decides by the source port. */
async function placeApart(to: TurnService): Promise<readonly [Placed, Placed]> {
  const first = await place(to, await link(to));
  for (let tries = 0; tries < 40; tries++) {
    const other = await place(to, await link(to));
    if (other.shard !== first.shard || !hasWorkers) return [first, other];
    await other.client.close();
  }
  assert.fail('forty source ports in one worker');
}

async function speak(from: Placed, to: Placed, text: string): Promise<void> {
  from.client.send(to.relayed, encodeUtf8(text));
  const { bytes, from: sender } = await to.client.receive();
  assert.deepEqual([Buffer.from(bytes).toString(), sender], [text, from.relayed]);
}

async function introduce(a: Placed, b: Placed): Promise<void> {
  await Promise.all([a.client.permit([b.relayed.ip]), b.client.permit([a.relayed.ip])]);
}

test('each worker takes its share of the clients, and all of them are one server', async () => {
  const [near, far] = await placeApart(service);
  if (hasWorkers) assert.deepEqual([near.shard, far.shard].sort(), [1, 2]);
  await introduce(near, far);
  await speak(near, far, 'by indication');
  await speak(far, near, 'and back');
  await Promise.all([near.client.bindChannel(far.relayed), far.client.bindChannel(near.relayed)]);
  await speak(near, far, 'by channel');
  await speak(far, near, 'and back by channel');
  assert.equal(facts.filter(({ type }) => type === 'allocation-created').length >= 2, true);
  await until(() => service.statistics.allocations === 2 && service.statistics.relayedPackets >= 4);
  await Promise.all([near.client.close(), far.client.close()]);
  await until(() => service.statistics.relays === 0);
  assert.equal(facts.filter(({ type }) => type === 'allocation-ended').length >= 2, true);
});

test('a burst of packets passes in order, both ways, of any lengths', async () => {
  const peer = await bindUdp({ ip: HOST, port: 0, receiveBufferBytes: 2 ** 22 });
  const atPeer: number[] = [];
  const { client } = await place(service, await link());
  await client.bindChannel(peer.local);
  const lengths = Array.from({ length: 300 }, (_, i) => (i % 11 === 10 ? 400 + (i % 7) : 1000));
  peer.onDatagram((from, bytes) => {
    atPeer.push(bytes.length);
    peer.send(bytes, from);
  });
  for (const [i, length] of lengths.entries()) client.send(peer.local, new Uint8Array(length).fill(i));
  for (const [i, length] of lengths.entries()) {
    const { bytes, from } = await client.receive();
    assert.deepEqual(
      [bytes.length, bytes[0], bytes[length - 1], from],
      [length, i & 0xff, i & 0xff, peer.local],
    );
  }
  assert.deepEqual(atPeer, lengths);
  await client.close();
  await peer.close();
});

test('an empty datagram and the longest one pass too', async () => {
  const peer = await bindUdp({ ip: HOST, port: 0 });
  peer.onDatagram((from, bytes) => peer.send(bytes, from));
  const { client } = await place(service, await link());
  await client.permit([HOST]);
  for (const channel of [false, true]) {
    if (channel) await client.bindChannel(peer.local);
    for (const length of [0, 1, 3, 20_000, 65_000]) {
      client.send(peer.local, new Uint8Array(length).fill(length));
      assert.deepEqual((await client.receive()).bytes, new Uint8Array(length).fill(length));
    }
  }
  await client.close();
  await peer.close();
});

test('the second port of a pair goes to whoever brings the token, whichever worker he comes to', async () => {
  for (let tries = 0; tries < 6; tries++) {
    const first = await place(service, await link(), { evenPort: 'reserve-next' });
    const { token } = first;
    assert.ok(token);
    const second = await place(service, await link(), { token });
    assert.equal(second.relayed.port, first.relayed.port + 1);
    assert.equal(second.shard, first.shard, 'the pair lives in one worker');
    // All that the client says from now on is answered there, too.
    const peer = await bindUdp({ ip: HOST, port: 0 });
    peer.onDatagram((from, bytes) => peer.send(bytes, from));
    await second.client.bindChannel(peer.local);
    second.client.send(peer.local, encodeUtf8('handed over'));
    assert.equal(Buffer.from((await second.client.receive()).bytes).toString(), 'handed over');
    await second.client.refresh();
    await peer.close();
    await Promise.all([first.client.close(), second.client.close()]);
  }
});

test('clients of different workers, and of the main thread, meet inside where no packet can go outside', async () => {
  const hidden = await openTurnService(env, { ...OPTIONS, publicIps: ['192.0.2.1'] });
  const [near, far] = await placeApart(hidden);
  assert.equal(near.relayed.ip, '192.0.2.1');
  const stream = await place(hidden, await link(hidden, 'tcp'));
  for (const [a, b] of [
    [near, far],
    [near, stream],
    [far, stream],
  ] as const) {
    await introduce(a, b);
    await speak(a, b, 'inside');
    await speak(b, a, 'and back');
    await Promise.all([a.client.bindChannel(b.relayed), b.client.bindChannel(a.relayed)]);
    await speak(a, b, 'by channel');
    await speak(b, a, 'and back by channel');
  }
  await Promise.all([near, far, stream].map(({ client }) => client.close()));
  await hidden.close();
});

test('quotas are common to all', async () => {
  const strict = await openTurnService(env, { ...OPTIONS, quotas: { perUser: 5, total: 50 } });
  const clients = await Promise.all(Array.from({ length: 9 }, () => link(strict)));
  let granted = 0;
  for (const client of clients) {
    try {
      await client.allocate();
      granted += 1;
    } catch (error) {
      assert.ok(error instanceof StackError && error.code === 'TURN_QUOTA_REACHED', String(error));
    }
  }
  assert.equal(granted, 5);
  await Promise.all(clients.map((client) => client.close()));
  await until(() => strict.statistics.allocations === 0);
  const late = await link(strict);
  await late.allocate();
  await late.close();
  await strict.close();
});

test('an operator sees, ends, changes and drains all of them together', async () => {
  const [near, far] = await placeApart(service);
  assert.deepEqual(
    (await service.sessions()).map(({ username }) => username),
    ['mina', 'mina'],
  );
  assert.equal(await service.kick({ username: 'nobody' }), 0);
  assert.equal(await service.kick({ username: 'mina' }), 2);
  assert.deepEqual(await service.sessions(), []);
  await Promise.all([near.client.close(), far.client.close()]);

  const other = { username: 'sora', password: 'another' };
  await service.reconfigure({ users: [other] });
  service.setDraining(true);
  const six = (): Promise<TurnLink[]> =>
    Promise.all([1, 2, 3, 4, 5, 6].map(() => link(service, 'udp', other)));
  const early = await six();
  for (const client of early) await assert.rejects(client.allocate(), { code: 'TURN_NO_CAPACITY' });
  service.setDraining(false);
  const late = await six();
  for (const client of late) await client.allocate();
  await Promise.all([...early, ...late].map((client) => client.close()));
  const old = await link();
  await assert.rejects(old.allocate(), { code: 'TURN_UNAUTHENTICATED' });
  await old.close();
  await service.reconfigure({ users: [USER] });
});

test('who is not to be listened to hears nothing, and is counted', async () => {
  const loopback = parseIpRange('127.0.0.0/8');
  assert.ok(loopback);
  await service.reconfigure({
    clients: { allow: [], deny: [loopback] },
  });
  const unwelcome = service.statistics.unwelcome;
  const stranger = await bindUdp({ ip: HOST, port: 0 });
  let heard = 0;
  stranger.onDatagram(() => {
    heard += 1;
  });
  const binding = Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const to = { ip: HOST, port: service.port };
  stranger.send(binding, to);
  await until(() => service.statistics.unwelcome > unwelcome);
  assert.equal(heard, 0);
  await service.reconfigure({ clients: { allow: [], deny: [] } });
  stranger.send(binding, to);
  await until(() => heard === 1);
  await stranger.close();
});

test('asks once outside for a user whom no worker knows', async () => {
  const asked: string[] = [];
  const asking = await openTurnService(env, {
    ...OPTIONS,
    users: [],
    askCredentials: async (name) => {
      asked.push(name);
      return name === USER.username ? { password: USER.password } : undefined;
    },
  });
  const client = await link(asking);
  await client.allocate();
  assert.deepEqual(asked, ['mina']);
  await client.close();
  await asking.close();
});

test('without room for several the main thread does it', async () => {
  const base = 41_000 + (process.pid % 4000) * 2;
  const small = await openTurnService(env, { ...OPTIONS, relayPorts: { min: base, max: base + 5 } });
  const { client, shard } = await place(small, await link(small));
  assert.equal(shard, 0);
  await client.close();
  await small.close();
});

test('whoever asks for a number of workers is told when they cannot be had; auto is quiet', async () => {
  const told: unknown[] = [];
  const log = {
    ...silentLog,
    warn: (_: string, fields: unknown) => told.push(['warn', fields]),
    info: (_: string, fields: unknown) => told.push(['info', fields]),
  };
  const ports = { min: 50_000, max: 50_005 };
  const reason = 'relay ports 50000-50005 are too few to share';
  tellDataPath(log, await findBatches({ atMost: 2 }, ports));
  tellDataPath(log, await findBatches(2, ports));
  assert.deepEqual(told, [
    ['info', { reason }],
    ['warn', { reason }],
  ]);
});

test('a port that somebody else has is no port for workers', async () => {
  const held = await bindUdp({ ip: HOST, port: 0 });
  await assert.rejects(openTurnService(env, { ...OPTIONS, port: held.local.port }), {
    code: 'ADDRESS_IN_USE',
  });
  await held.close();
  await assert.rejects(openTurnService(env, { ...OPTIONS, port: service.port }), { code: 'ADDRESS_IN_USE' });
});

test('counters of several threads add up, and those of a dead one are forgotten', () => {
  const buffer = SharedQuotas.buffer(3);
  const [one, two] = [new SharedQuotas(buffer, 1, 3, 77), new SharedQuotas(buffer, 2, 3, 77)];
  for (let i = 0; i < 200; i++) one.hold(`somebody ${i}`);
  one.hold('mina');
  two.hold('mina');
  assert.ok(one.held('mina') >= 2);
  assert.ok(!two.mayHold('mina', 1, 2));
  assert.ok(two.mayHold('mina', 1, 3), 'two hundred others do not count');
  one.forgetShard(1);
  assert.equal(two.held('mina'), 1);
  two.release('mina');
  assert.equal(one.held('mina'), 0);
});

test('a byte rate that several threads spend from', () => {
  const buffer = SharedBandwidth.buffer();
  const [one, two] = [new SharedBandwidth(buffer), new SharedBandwidth(buffer)];
  const rate = { perSecond: 1, burst: 3000 };
  assert.ok(one.take(0, 'toPeer', 2000, rate));
  assert.ok(!two.take(0, 'toPeer', 2000, rate));
  assert.ok(two.take(0, 'toPeer', 900, rate));
  assert.ok(two.take(0, 'toClient', 3000, rate), 'each direction has its own');
  assert.ok(!one.take(0, 'toClient', 1000, rate));
});
