/** USERHASH: names that nobody on the way can read. RFC 8489 §9.2.4, §14.4. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { StunAttribute } from '../../../src/stun/index.ts';
import { mintRestCredentials, TurnMethod, type TurnServerOptions } from '../../../src/turn/index.ts';
import { codeOf, EPOCH, RawClient, TurnLab, udpRequested } from '../../support/turn/lab.ts';
import { keyOf, modern, type Seal, sealedRequest, sealOf } from '../../support/turn/sealed-request.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const STATIC_ONLY: Partial<TurnServerOptions> = { restSecrets: [] };

function allocate(client: RawClient, seal: Seal): number {
  return codeOf(client.exchange(sealedRequest(client, TurnMethod.ALLOCATE, { fill: udpRequested, ...seal })));
}

test('where every name is known its hash is asked for, by the second bit of the nonce', () => {
  const bits = (options: Partial<TurnServerOptions>) =>
    decodeUtf8(new RawClient(new TurnLab(options), CLIENT).challenge().nonce).slice(9, 13);
  assert.equal(bits(STATIC_ONLY), 'wAAA');
  assert.equal(bits({}), 'gAAA', 'a REST name cannot be found by its hash');
  assert.equal(bits({ usernameAnonymity: true }), 'wAAA');
  assert.equal(bits({ ...STATIC_ONLY, usernameAnonymity: false, passwordAlgorithms: [] }), 'AAAA');
  assert.equal(bits({ ...STATIC_ONLY, passwordAlgorithms: [] }), 'QAAA');
});

test('a static user allocates by hash; logs and quotas know the name', () => {
  const lab = new TurnLab({ ...STATIC_ONLY, quotas: { perUser: 1, total: 10 } });
  const client = new RawClient(lab, CLIENT).challenge();
  const answer = client.exchange(
    sealedRequest(client, TurnMethod.ALLOCATE, { ...modern('sha256', udpRequested), hash: true }),
  );
  assert.equal(codeOf(answer), 0);
  assert.equal(sealOf(answer, keyOf(client, 'sha256')), 'sha256');
  assert.equal(answer?.has(StunAttribute.USERHASH), false);
  const created = lab.events.find((event) => event.type === 'allocation-created');
  assert.equal(created?.username, 'alice');
  const again = new RawClient(lab, { ...CLIENT, port: 40_001 }).challenge();
  assert.equal(allocate(again, {}), 486, 'the same user by name');
  assert.equal(
    codeOf(client.exchange(sealedRequest(client, TurnMethod.REFRESH, { ...modern('md5'), hash: true }))),
    0,
    'the holder by hash',
  );
});

test('a name is accepted where a hash is asked for, and a hash where it is not', () => {
  const asked = new RawClient(new TurnLab(STATIC_ONLY), CLIENT).challenge();
  assert.equal(allocate(asked, {}), 0);
  const unasked = new RawClient(new TurnLab(), CLIENT).challenge();
  assert.equal(allocate(unasked, { hash: true }), 0);
});

test('a hash that is unknown, of another realm or of another length is 401', () => {
  const client = new RawClient(new TurnLab(STATIC_ONLY), CLIENT).challenge();
  const elsewhere = nodeCrypto.hash('sha256', new TextEncoder().encode('alice:elsewhere'));
  for (const hash of [
    new Uint8Array(32),
    elsewhere,
    new Uint8Array(31),
    new Uint8Array(33),
    new Uint8Array(0),
  ]) {
    assert.equal(allocate(client, { hash }), 401);
  }
  assert.equal(allocate(client, { hash: true, key: new Uint8Array(16) }), 401, 'a known name, a wrong key');
  client.password = 'builder';
  assert.equal(allocate(client, { hash: true }), 401, 'alice with the password of bob');
});

test('a REST name is found by its hash once it has come as a name, as long as it is remembered', () => {
  const lab = new TurnLab({ limits: { rememberedNames: 2 } });
  let port = 50_000;
  const come = (id: string, seal: Seal): number => {
    const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 600, id);
    const client = new RawClient(lab, { ...CLIENT, port: ++port }, username, password).challenge();
    return allocate(client, seal);
  };
  assert.equal(come('dora', { hash: true }), 401);
  assert.equal(come('dora', { key: new Uint8Array(16) }), 401);
  assert.equal(come('dora', { hash: true }), 401, 'a wrong password makes no name known');
  assert.equal(come('dora', {}), 0);
  assert.equal(come('dora', { hash: true }), 0);
  assert.equal(come('emil', {}), 0);
  assert.equal(come('dora', {}), 0); // seen last
  assert.equal(come('fritz', {}), 0); // emil makes room
  assert.equal(come('dora', { hash: true }), 0);
  assert.equal(come('fritz', { hash: true }), 0);
  assert.equal(come('emil', { hash: true }), 401);
  lab.now += 600_000;
  assert.equal(come('dora', { hash: true }), 401, 'expired');
});
