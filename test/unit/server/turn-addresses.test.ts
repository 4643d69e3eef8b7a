import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError, silentLog } from '../../../src/base/index.ts';
import { nodeEnv, type OwnAddress, openTurnLink, scopeOf } from '../../../src/node/index.ts';
import { LegTable, legIds, plainLeg } from '../../../src/server/turn/leg-table.ts';
import { listeningIps, wildcardIps } from '../../../src/server/turn/listening-ips.ts';
import { RelayAddressBook } from '../../../src/server/turn/relay-addresses.ts';
import { openTurnService } from '../../../src/server/turn/turn-service.ts';

const env = nodeEnv({ log: silentLog });

function own(...ips: string[]): OwnAddress[] {
  return ips.map((ip) => ({
    ip,
    family: ip.includes(':') ? 6 : 4,
    scope: scopeOf(ip),
    interfaceName: 'eth0',
    virtual: false,
  }));
}

const LAN = '192.168.1.5';
const OTHER = '10.0.0.5';

test('listens on what a wildcard stands for, on a name, on an address', async () => {
  const all = own(LAN, '127.0.0.1', 'fe80::1', 'fd00::5', '::1');
  assert.deepEqual(wildcardIps('0.0.0.0', all), [LAN, '127.0.0.1']);
  assert.deepEqual(wildcardIps('::', all), [LAN, '127.0.0.1', 'fd00::5', '::1']);
  assert.deepEqual(await listeningIps('::ffff:7f00:1', all), ['::ffff:127.0.0.1']);
  assert.ok((await listeningIps('localhost', all)).includes('127.0.0.1'));
  await assert.rejects(
    listeningIps('no-such-host.invalid', all),
    (error) => error instanceof StackError && error.code === 'ADDRESS_NOT_LOCAL',
  );
});

test('a relay is where its client came in, and who came over loopback gets one that reaches others', () => {
  const book = new RelayAddressBook([], [LAN, OTHER, '127.0.0.1', 'fd00::5']);
  assert.deepEqual([book.v4, book.v6], [LAN, 'fd00::5']);
  assert.deepEqual([...book.byServerIp.keys()], [LAN, OTHER, 'fd00::5']);
  assert.equal(book.bindIp(OTHER, 4), OTHER);
  assert.equal(book.bindIp('127.0.0.1', 4), LAN);
  assert.equal(book.bindIp(OTHER, 6), 'fd00::5');
  assert.equal(book.bindIp('fd00::5', 4), LAN);
});

test('where there is only loopback, relays are on loopback; a family without address has none', () => {
  const book = new RelayAddressBook([], ['127.0.0.1']);
  assert.deepEqual([book.v4, book.v6], ['127.0.0.1', undefined]);
  assert.equal(book.bindIp('127.0.0.1', 6), undefined);
});

test('--public-ip is told in place of every address of its family, and bound nowhere', () => {
  const book = new RelayAddressBook(['203.0.112.9'], [LAN, OTHER, 'fd00::5']);
  assert.deepEqual([book.v4, book.v6], ['203.0.112.9', 'fd00::5']);
  assert.deepEqual([...book.byServerIp.values()], ['203.0.112.9', '203.0.112.9', 'fd00::5']);
  assert.equal(book.bindIp(OTHER, 4), OTHER);
});

test('a leg stays the same while an allocation lives on it, and strangers are forgotten in order', () => {
  const table = new LegTable(legIds(), plainLeg, 2);
  const server = { ip: LAN, port: 3478 };
  const client = (port: number) => ({ ip: '203.0.112.1', port });
  const held = table.legOf(client(1), server);
  assert.equal(table.legOf(client(1), server), held);
  table.hold(held);
  for (let port = 2; port < 100; port++) table.legOf(client(port), server);
  assert.deepEqual([table.heldCount, table.idleCount], [1, 2]);
  assert.equal(table.legOf(client(1), server), held);
  assert.notEqual(table.legOf(client(1), { ip: OTHER, port: 3478 }).id, held.id, 'another 5-tuple');
  table.release(held);
  assert.equal(table.heldCount, 0);
  assert.notEqual(table.legOf(client(1), server).id, held.id);
});

test('follows addresses that come and go; what is allocated elsewhere stays', async () => {
  let now = own('127.0.0.1');
  const service = await openTurnService(env, {
    host: '::',
    port: 0,
    realm: 'test',
    nonceSecret: env.random.bytes(32),
    users: [{ username: 'mina', password: 'secret' }],
    relayPorts: { min: 49_152, max: 65_535 },
    quotas: { perUser: 10, total: 10 },
    publicIps: [],
    peers: { loopback: true, private: 'auto' },
    ownAddresses: () => now,
  });
  const open = (ip: string) =>
    openTurnLink(env, {
      server: { ip, port: service.port },
      transport: 'udp',
      credentials: { username: 'mina', password: 'secret' },
      patienceMs: 1_000,
    });
  const early = await open('127.0.0.1');
  await early.allocate();
  const tooEarly = await open('::1');
  await assert.rejects(tooEarly.bind());

  now = own('127.0.0.1', '::1');
  await service.followAddresses();
  assert.deepEqual(service.addresses, ['127.0.0.1', '::1']);
  const late = await open('::1');
  assert.equal((await late.allocate({ family: 6 })).relayed[0]?.ip, '::1');
  await early.permit(['127.0.0.7']);

  now = own('127.0.0.1');
  await service.followAddresses();
  assert.deepEqual(service.addresses, ['127.0.0.1']);
  await early.permit(['127.0.0.8']);
  await Promise.all([early.close(), tooEarly.close(), late.close()]);
  await service.close();
});
