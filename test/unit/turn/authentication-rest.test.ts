/** Short-lived credentials of the TURN REST scheme. draft-uberti-behave-turn-rest-00. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCrypto } from '../../../src/node/index.ts';
import { mintRestCredentials, restPassword, TurnMethod } from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  EPOCH,
  lifetime,
  lifetimeOf,
  peers,
  RawClient,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };

test('REST names work with any of the secrets, beside static users', () => {
  const lab = new TurnLab();
  let port = 0;
  const allocate = (username: string, password: string) => {
    port += 1;
    const client = new RawClient(lab, { ...CLIENT, port }, username, password).challenge();
    return codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested)));
  };
  for (const secret of ['north', 'south']) {
    const { username, password, expiresAt } = mintRestCredentials(nodeCrypto, secret, EPOCH, 60, 'dora');
    assert.equal(expiresAt, EPOCH + 60_000);
    assert.equal(allocate(username, password), 0);
  }
  const { username, password } = mintRestCredentials(nodeCrypto, 'west', EPOCH, 60, 'dora');
  assert.equal(allocate(username, password), 401);
  assert.equal(allocate('alice', 'wonder'), 0);
});

test('the TURN REST scheme, byte for byte', () => {
  // printf %s 1433895918:filbert | openssl dgst -sha1 -hmac mykey -binary | base64
  assert.equal(restPassword(nodeCrypto, 'mykey', '1433895918:filbert'), 'gI0Rl3i8Pkv3CCbA8E+4xi54VQ4=');
});

test('an expired REST name is 401; a name that runs out during an allocation may still refresh it', () => {
  const lab = new TurnLab();
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 60, 'dora');
  const client = new RawClient(lab, CLIENT, username, password);
  client.allocate();
  lab.now += 60_000;
  assert.equal(client.refresh(), 0);
  assert.equal(client.permit('192.0.2.9'), 0);
  const late = new RawClient(lab, { ...CLIENT, port: 1 }, username, password).challenge();
  assert.equal(codeOf(late.exchange(late.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
});

test('the quota of REST users counts the id, whatever the expiry says', () => {
  const lab = new TurnLab({ quotas: { perUser: 1, total: 10 } });
  const attempt = (seconds: number, id: string, port: number) => {
    const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, seconds, id);
    const client = new RawClient(lab, { ...CLIENT, port }, username, password);
    return codeOf(client.request(TurnMethod.ALLOCATE, udpRequested));
  };
  assert.equal(attempt(60, 'dora', 1), 0);
  assert.equal(attempt(61, 'dora', 2), 486);
  assert.equal(attempt(61, 'emil', 3), 0);
  // A REST id is not the static user of that name.
  assert.equal(attempt(61, 'alice', 4), 0);
  assert.equal(
    codeOf(new RawClient(lab, { ...CLIENT, port: 5 }).request(TurnMethod.ALLOCATE, udpRequested)),
    0,
  );
});

test('strict: after the expiry nothing is granted to anybody, and no lifetime reaches beyond it', () => {
  const lab = new TurnLab({ strictExpiry: true });
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 1000, 'dora');
  const client = new RawClient(lab, CLIENT, username, password);
  const granted = (method: number, seconds: number) =>
    lifetimeOf(
      client.request(
        method,
        all(method === TurnMethod.ALLOCATE ? udpRequested : () => {}, lifetime(seconds)),
      ),
    );
  assert.equal(granted(TurnMethod.ALLOCATE, 600), 600);
  lab.now += 300_500;
  assert.equal(granted(TurnMethod.REFRESH, 600), 600);
  assert.equal(granted(TurnMethod.REFRESH, 3600), 699, 'what is left, in whole seconds');
  lab.now += 698_800;
  assert.equal(granted(TurnMethod.REFRESH, 600), 1, 'less than a second is left; 0 would mean to delete');
  lab.now += 700;
  for (const [method, fill] of [
    [TurnMethod.REFRESH, lifetime(600)],
    [TurnMethod.CREATE_PERMISSION, peers('192.0.2.9')],
  ] as const) {
    assert.equal(codeOf(client.exchange(client.signed(method, fill))), 401);
  }
  lab.wait(2000);
  assert.equal(lab.server.statistics.allocations, 0);
  assert.equal(lab.sockets.size, 0);
});

test('strict: static users have no expiry, and a reload changes it for those who are there', () => {
  const lab = new TurnLab({ strictExpiry: true });
  const alice = new RawClient(lab, CLIENT);
  alice.allocate();
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 60, 'dora');
  const dora = new RawClient(lab, { ...CLIENT, port: 1 }, username, password);
  lab.server.reconfigure(lab.now, { strictExpiry: false });
  dora.allocate();
  lab.now += 60_000;
  assert.equal(dora.refresh(), 0);
  lab.server.reconfigure(lab.now, { strictExpiry: true });
  assert.equal(codeOf(dora.exchange(dora.signed(TurnMethod.REFRESH))), 401);
  assert.equal(alice.refresh(), 0);
});

test('a secret that was taken away by a reload lets nobody in any more, and keeps who is there', () => {
  const lab = new TurnLab();
  const come = (port: number): RawClient => {
    const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 600, 'dora');
    return new RawClient(lab, { ...CLIENT, port }, username, password).challenge();
  };
  const before = come(1);
  before.allocate();
  lab.server.reconfigure(lab.now, { restSecrets: ['south', 'east'] });
  const after = come(2);
  assert.equal(
    codeOf(after.exchange(after.signed(TurnMethod.ALLOCATE, udpRequested))),
    401,
    'no remembered key',
  );
  assert.equal(before.refresh(), 0);
});

test('the names remembered are bounded, and forgetting them harms nobody', () => {
  const lab = new TurnLab({ limits: { rememberedNames: 3 }, quotas: { perUser: 5, total: 100 } });
  for (let round = 0; round < 3; round++) {
    for (let id = 0; id < 10; id++) {
      const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 600, `user-${id}`);
      const client = new RawClient(lab, { ...CLIENT, port: 1000 + 10 * round + id }, username, password);
      client.allocate();
    }
  }
  assert.equal(lab.server.statistics.allocations, 30);
});
