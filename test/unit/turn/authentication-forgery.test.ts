/** Nobody gets in without the key, whatever else is right. RFC 8489 §9.2.4, RFC 7635 §7. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  encodePasswordAlgorithms,
  MessageClass,
  type PasswordAlgorithm,
  StunAttribute,
} from '../../../src/stun/index.ts';
import {
  mintRestCredentials,
  sealAccessToken,
  TurnMethod,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import { codeOf, EPOCH, type Fill, RawClient, REALM, TurnLab, udpRequested } from '../../support/turn/lab.ts';
import { keyOf, modern, OFFER, type Seal, sealedRequest } from '../../support/turn/sealed-request.ts';

const SEED = 8489;
const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const OAUTH = { kid: 'north', key: new Uint8Array(32).fill(1) };
/** Everybody that can be let in is let in somehow. */
const OPEN: Partial<TurnServerOptions> = {
  oauthKeys: [OAUTH],
  wantCredentials: true,
  limits: {
    unauthenticatedAnswers: { perSecond: 1e6, burst: 1e6 },
    questions: { perSecond: 1e6, burst: 1e6 },
  },
};
const REST = mintRestCredentials(nodeCrypto, 'north', EPOCH, 1e6, 'dora');
const METHODS = [
  TurnMethod.ALLOCATE,
  TurnMethod.REFRESH,
  TurnMethod.CREATE_PERMISSION,
  TurnMethod.CHANNEL_BIND,
] as const;

/** What strangers may hear. Silence is an answer too: who is asked for has to wait. */
const STRANGERS = [400, 401, 420, 438];

function tokenWith(macKey: Uint8Array, key = OAUTH.key): Uint8Array {
  const aead = nodeCrypto.createAead('aes-256-gcm', key);
  return sealAccessToken(aead, new Uint8Array(12), REALM, { macKey, issuedAt: EPOCH, lifetimeSeconds: 1e6 });
}

const withToken =
  (token: Uint8Array): Fill =>
  (writer) => {
    udpRequested(writer);
    writer.attribute(StunAttribute.ACCESS_TOKEN, token);
  };

test('credentials in any combination, but for the key: no answer is sealed, nothing is allocated', () => {
  const lab = new TurnLab(OPEN);
  const holder = new RawClient(lab, CLIENT);
  holder.allocate();
  const algorithms = fc.constantFrom<PasswordAlgorithm>('md5', 'sha256');
  const attempts = fc.record({
    method: fc.constantFrom(...METHODS),
    username: fc.oneof(fc.constantFrom('alice', 'bob', 'carol', 'north', REST.username), fc.string()),
    hash: fc.option(fc.oneof(fc.constant(true as const), fc.uint8Array({ maxLength: 40 }))),
    offer: fc.option(fc.constantFrom(OFFER, encodePasswordAlgorithms(['md5']), new Uint8Array(0))),
    algorithm: fc.option(fc.oneof(algorithms, fc.uint8Array({ maxLength: 8 }))),
    // Keys that are right for somebody, but not for this.
    key: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(new Uint8Array(0), new Uint8Array(16), new Uint8Array(20), OAUTH.key),
    ),
    token: fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.constant(tokenWith(new Uint8Array(20).fill(5))),
        fc
          .uint8Array({ minLength: 20, maxLength: 64 })
          .map((macKey) => tokenWith(macKey, new Uint8Array(32))),
      ),
    ),
    with: fc.uniqueArray(fc.constantFrom<'sha1' | 'sha256'>('sha1', 'sha256'), { minLength: 1 }),
    here: fc.boolean(),
  });
  let port = 1000;
  fc.assert(
    fc.property(
      attempts,
      ({ method, username, hash, offer, algorithm, key, token, with: integrities, here }) => {
        // Where the allocation is, or elsewhere; the nonce is right in any case.
        const client = here ? holder : new RawClient(lab, { ...CLIENT, port: ++port }).challenge();
        const seal: Seal = {
          fill: token ? withToken(token) : udpRequested,
          username,
          key,
          with: integrities,
          ...(hash !== null && { hash }),
          ...(offer !== null && { offer }),
          ...(algorithm !== null && { algorithm }),
        };
        const answer = client.exchange(sealedRequest(client, method, seal));
        if (!answer) return;
        assert.ok(STRANGERS.includes(codeOf(answer)), `answered with ${codeOf(answer)}`);
        assert.equal(answer.has(StunAttribute.MESSAGE_INTEGRITY), false);
        assert.equal(answer.has(StunAttribute.MESSAGE_INTEGRITY_SHA256), false);
      },
    ),
    { seed: SEED, numRuns: 2000 },
  );
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(holder.refresh(), 0, 'and the holder is none the worse');
});

for (const [name, username, password, seal] of [
  ['a password and MESSAGE-INTEGRITY', 'alice', 'wonder', { fill: udpRequested }],
  ['SHA-256', 'alice', 'wonder', modern('sha256', udpRequested)],
  ['USERHASH', 'alice', 'wonder', { ...modern('sha256', udpRequested), hash: true }],
  ['a REST name', REST.username, REST.password, { fill: udpRequested }],
  [
    'a token',
    'north',
    '',
    { fill: withToken(tokenWith(new Uint8Array(20).fill(5))), key: new Uint8Array(20).fill(5) },
  ],
] as const satisfies readonly (readonly [string, string, string, Seal])[]) {
  test(`one flipped bit anywhere in a request with ${name}: not let in`, () => {
    const lab = new TurnLab(OPEN);
    const client = new RawClient(lab, CLIENT, username, password).challenge();
    const { nonce } = client;
    const request = sealedRequest(client, TurnMethod.ALLOCATE, seal);
    for (let bit = 0; bit < request.length * 8; bit++) {
      const damaged = request.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const answer = client.exchange(damaged);
      client.nonce = nonce;
      const sealed =
        answer?.has(StunAttribute.MESSAGE_INTEGRITY) || answer?.has(StunAttribute.MESSAGE_INTEGRITY_SHA256);
      assert.ok(!sealed, `bit ${bit}`);
    }
    assert.equal(lab.server.statistics.allocations, 0);
    assert.equal(codeOf(client.exchange(request)), 0, 'as it was it is good');
  });
}

test('the seal of one user is worth nothing under the name of another, nor under another algorithm', () => {
  const lab = new TurnLab(OPEN);
  const bob = new RawClient(lab, CLIENT, 'bob', 'builder').challenge();
  for (const algorithm of ['md5', 'sha256'] as const) {
    const key = keyOf(bob, algorithm);
    const attempt = (seal: Seal): number =>
      codeOf(bob.exchange(sealedRequest(bob, TurnMethod.REFRESH, seal)));
    assert.equal(attempt({ ...modern(algorithm), key }), 437, 'bob himself');
    assert.equal(attempt({ ...modern(algorithm), key, username: 'alice' }), 401);
    assert.equal(attempt({ ...modern(algorithm === 'md5' ? 'sha256' : 'md5'), key }), 401);
  }
});

test('a request that was overheard is worth nothing from another address, and only its own answer from the same', () => {
  const lab = new TurnLab();
  const alice = new RawClient(lab, CLIENT).challenge();
  const request = alice.signed(TurnMethod.ALLOCATE, udpRequested);
  const answer = alice.exchange(request)?.bytes;
  const thief = new RawClient(lab, { ip: '203.0.113.66', port: 1 });
  const heard = thief.exchange(request);
  assert.equal(codeOf(heard), 438);
  assert.deepEqual(alice.exchange(request)?.bytes, answer);
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(decodeMessage(request)?.class, MessageClass.REQUEST);
});
