/** Which algorithm makes the key, and who notices when somebody on the way meddles with the choice. RFC 8489 §9.2.1, §9.2.4. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8, encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  encodePasswordAlgorithm,
  encodePasswordAlgorithms,
  MessageClass,
  MessageWriter,
  type PasswordAlgorithm,
  StunAttribute,
} from '../../../src/stun/index.ts';
import { mintRestCredentials, TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { append } from '../../support/turn/append.ts';
import { codeOf, EPOCH, peers, RawClient, TurnLab, udpRequested } from '../../support/turn/lab.ts';
import { keyOf, modern, OFFER, type Seal, sealedRequest, sealOf } from '../../support/turn/sealed-request.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const NONE = new Uint8Array(0);

function challenged(options: ConstructorParameters<typeof TurnLab>[0] = {}): RawClient {
  return new RawClient(new TurnLab(options), CLIENT).challenge();
}

/** What a Refresh with these credentials is answered; 437 (there is no allocation) means that they were good. */
function refresh(client: RawClient, seal: Seal): number {
  return codeOf(client.exchange(sealedRequest(client, TurnMethod.REFRESH, seal)));
}

test('a 401 and a 438 offer SHA-256 and MD5, and the nonce says so in its first bit', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const first = client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested));
  assert.deepEqual(first?.get(StunAttribute.PASSWORD_ALGORITHMS), OFFER);
  assert.match(decodeUtf8(client.nonce), /^obMatJos2gAAA/);
  lab.now += 3_600_000;
  const stale = client.exchange(client.signed(TurnMethod.REFRESH));
  assert.equal(codeOf(stale), 438);
  assert.deepEqual(stale?.get(StunAttribute.PASSWORD_ALGORITHMS), OFFER);
  client.password = 'wrong';
  const wrong = client.exchange(client.signed(TurnMethod.REFRESH));
  assert.equal(codeOf(wrong), 401);
  assert.deepEqual(wrong?.get(StunAttribute.PASSWORD_ALGORITHMS), OFFER);
});

test('an allocation with SHA-256 from the first answer to the last, each sealed with SHA-256', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  const key = keyOf(client, 'sha256');
  for (const [method, fill] of [
    [TurnMethod.ALLOCATE, udpRequested],
    [TurnMethod.REFRESH, () => {}],
    [TurnMethod.CREATE_PERMISSION, peers('192.0.2.9')],
    [TurnMethod.REFRESH, (writer: MessageWriter) => writer.u32(TurnAttribute.LIFETIME, 0)],
  ] as const) {
    const answer = client.exchange(sealedRequest(client, method, modern('sha256', fill)));
    assert.equal(codeOf(answer), 0);
    assert.equal(sealOf(answer, key), 'sha256');
  }
  assert.equal(lab.server.statistics.allocations, 0);
});

test('MD5 chosen on purpose makes the key; the answer is still sealed with SHA-256', () => {
  const client = challenged();
  const answer = client.exchange(sealedRequest(client, TurnMethod.REFRESH, modern('md5')));
  assert.equal(codeOf(answer), 437);
  assert.equal(sealOf(answer, client.key), 'sha256');
});

test('who knows nothing of all that uses MD5, and hears MESSAGE-INTEGRITY', () => {
  const client = challenged();
  for (const integrities of [['sha1'], ['sha256'], ['sha1', 'sha256']] as const) {
    const answer = client.exchange(sealedRequest(client, TurnMethod.REFRESH, { with: integrities }));
    assert.equal(codeOf(answer), 437, integrities.join());
    assert.equal(sealOf(answer, client.key), 'sha1', integrities.join());
  }
});

test('of two integrities the stronger one decides', () => {
  const client = challenged();
  const request = (sha1: Uint8Array, sha256: Uint8Array): number => {
    const writer = new MessageWriter(TurnMethod.REFRESH, MessageClass.REQUEST, client.nextId())
      .text(StunAttribute.USERNAME, client.username)
      .text(StunAttribute.REALM, 'example.test')
      .attribute(StunAttribute.NONCE, client.nonce);
    return codeOf(
      client.exchange(writer.integrity(nodeCrypto, sha1).integritySha256(nodeCrypto, sha256).finish()),
    );
  };
  const wrong = new Uint8Array(16);
  assert.equal(request(client.key, client.key), 437);
  assert.equal(request(wrong, client.key), 437);
  assert.equal(request(client.key, wrong), 401);
});

test('the key must be made as PASSWORD-ALGORITHM says', () => {
  const client = challenged();
  assert.equal(refresh(client, modern('sha256')), 437);
  assert.equal(refresh(client, { ...modern('sha256'), keyOf: 'md5' }), 401);
  assert.equal(refresh(client, { ...modern('md5'), keyOf: 'sha256' }), 401);
  assert.equal(refresh(client, { keyOf: 'sha256' }), 401, 'nothing said means MD5');
});

test('bid down: the list that comes back must be the list that was sent, and the choice one of it', () => {
  const client = challenged();
  const cut = encodePasswordAlgorithms(['md5']);
  const turned = encodePasswordAlgorithms(['md5', 'sha256']);
  const good = modern('sha256');
  for (const [what, seal] of [
    ['the list is gone', { ...good, offer: NONE, algorithm: 'sha256' }],
    ['the list is missing', { algorithm: 'sha256', keyOf: 'sha256', with: ['sha256'] }],
    ['the choice is missing', { offer: OFFER, with: ['sha256'] }],
    ['SHA-256 was taken off the list', { ...modern('md5'), offer: cut }],
    ['the list was turned round', { ...modern('md5'), offer: turned }],
    ['something was added', { ...good, offer: encodePasswordAlgorithms(['sha256', 'md5', 'md5']) }],
    ['the choice is unknown', { ...good, algorithm: Uint8Array.of(0, 3, 0, 0) }],
    ['the choice has parameters', { ...good, algorithm: Uint8Array.of(0, 2, 0, 4, 1, 2, 3, 4) }],
    ['the choice is two', { ...good, algorithm: OFFER }],
    ['the choice is cut short', { ...good, algorithm: Uint8Array.of(0, 2) }],
    ['the choice is empty', { ...good, algorithm: NONE }],
  ] as const satisfies readonly (readonly [string, Seal])[]) {
    const answer = client.exchange(sealedRequest(client, TurnMethod.REFRESH, seal));
    assert.equal(codeOf(answer), 400, what);
    assert.deepEqual(answer?.attributeTypes(), [StunAttribute.ERROR_CODE], what);
  }
  assert.equal(refresh(client, good), 437, 'nothing of that has harmed the client');
});

test('bid down: the 400 comes before the name, the key and the age of the nonce are looked at', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  const seal: Seal = { ...modern('md5'), offer: encodePasswordAlgorithms(['md5']) };
  assert.equal(refresh(client, { ...seal, username: 'nobody' }), 400);
  assert.equal(refresh(client, { ...seal, key: new Uint8Array(16) }), 400);
  lab.now += 4_000_000;
  assert.equal(refresh(client, seal), 400);
});

test('bid down: a nonce whose bits were changed is stale, whatever came with it', () => {
  const client = challenged();
  const honest = client.nonce;
  for (const cookie of [
    'obMatJos2AAAA',
    'obMatJos2QAAA',
    'obMatJos2wAAA',
    'obMatJos2gAAB',
    'obMatJos1gAAA',
  ]) {
    for (const seal of [{}, modern('sha256'), modern('md5')]) {
      client.nonce = encodeUtf8(cookie + decodeUtf8(honest).slice(cookie.length));
      assert.equal(refresh(client, seal), 438, cookie);
    }
  }
});

test('a stale nonce is 438 with either algorithm, and the request goes through with the new one', () => {
  for (const algorithm of ['sha256', 'md5'] as const) {
    const lab = new TurnLab();
    const client = new RawClient(lab, CLIENT).challenge();
    assert.equal(
      codeOf(client.exchange(sealedRequest(client, TurnMethod.ALLOCATE, modern(algorithm, udpRequested)))),
      0,
    );
    lab.now += 3_600_000;
    assert.equal(refresh(client, modern(algorithm)), 438);
    assert.equal(refresh(client, modern(algorithm)), 437, 'meanwhile the allocation has ended');
  }
});

test('an allocation made with one algorithm can be refreshed with the other: it is the same user', () => {
  const lab = new TurnLab();
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 60, 'dora');
  const client = new RawClient(lab, CLIENT, username, password);
  client.allocate();
  lab.now += 120_000; // the REST name has expired: the holder's own key is what counts
  const answer = client.exchange(sealedRequest(client, TurnMethod.REFRESH, modern('sha256')));
  assert.equal(codeOf(answer), 0);
  assert.equal(sealOf(answer, keyOf(client, 'sha256')), 'sha256');
});

test('PASSWORD-ALGORITHM appended behind the integrity is not there', () => {
  const client = challenged();
  const bytes = sealedRequest(client, TurnMethod.REFRESH);
  const forged = append(bytes, StunAttribute.PASSWORD_ALGORITHM, encodePasswordAlgorithm('sha256'));
  const answer = client.exchange(forged);
  assert.equal(codeOf(answer), 437);
  assert.equal(sealOf(answer, client.key), 'sha1');
});

test('a server that is told to offers MD5 alone, or nothing', () => {
  const only = (algorithms: readonly PasswordAlgorithm[]): RawClient =>
    challenged({ passwordAlgorithms: algorithms });
  const md5 = only(['md5']);
  const offer = encodePasswordAlgorithms(['md5']);
  assert.equal(refresh(md5, { ...modern('md5'), offer }), 437);
  assert.equal(refresh(md5, { ...modern('sha256'), offer }), 400);
  const silent = only([]);
  assert.match(decodeUtf8(silent.nonce), /^obMatJos2AAAA/);
  assert.equal(refresh(silent, {}), 437);
});

test('what a stranger hears: 84 bytes for a realm of 12 characters, 72 without the choice of algorithms', () => {
  const heard = (options: ConstructorParameters<typeof TurnLab>[0]): number => {
    const client = new RawClient(new TurnLab(options), CLIENT);
    return client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested))?.bytes.length ?? 0;
  };
  assert.equal(heard({}), 84);
  assert.equal(heard({ passwordAlgorithms: [] }), 72);
});
