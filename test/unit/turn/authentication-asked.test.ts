/** Users whom only somebody outside knows: asked for once, after the address has proved itself, within bounds. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCrypto } from '../../../src/node/index.ts';
import { longTermKey, StunAttribute } from '../../../src/stun/index.ts';
import {
  type FoundCredentials,
  mintRestCredentials,
  TurnMethod,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import { codeOf, EPOCH, RawClient, REALM, TurnLab, udpRequested } from '../../support/turn/lab.ts';
import { keyOf, modern, sealedRequest, sealOf } from '../../support/turn/sealed-request.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };

function asking(options: Partial<TurnServerOptions> = {}): TurnLab {
  return new TurnLab({ wantCredentials: true, ...options });
}

/** Carol is in no list of the server's own. */
function carol(lab: TurnLab, port = CLIENT.port, transport: 'udp' | 'tcp' = 'udp'): RawClient {
  return new RawClient(lab, { ...CLIENT, port }, 'carol', 'christmas', transport).challenge();
}

/** The names asked for since the last look. */
function questions(lab: TurnLab): string[] {
  const names = lab.events.flatMap((event) => (event.type === 'want-credentials' ? [event.name] : []));
  lab.events.length = 0;
  return names;
}

/** What each client hears when the answer comes: the code of each message, in order. */
function tell(
  lab: TurnLab,
  found: FoundCredentials | undefined | 'unavailable',
  name = 'carol',
): readonly (readonly [number, number])[] {
  lab.toClients.length = 0;
  lab.server.handleCredentials(lab.now, name, found);
  lab.drain();
  return lab.toClients.map(({ leg, bytes }) => [leg.client.port, codeOfBytes(bytes)] as const);
}

function codeOfBytes(bytes: Uint8Array): number {
  // 0x0103 and its like are success responses; else ERROR-CODE is the first attribute.
  return ((bytes[0] ?? 0) & 1) === 1 && ((bytes[1] ?? 0) & 0x10) === 0
    ? 0
    : (bytes[26] ?? 0) * 100 + (bytes[27] ?? 0);
}

test('an unknown user is asked for, waits, and gets the allocation when the answer comes', () => {
  const lab = asking();
  const client = carol(lab);
  assert.equal(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested)), undefined);
  assert.deepEqual(
    lab.events.filter(({ type }) => type === 'want-credentials'),
    [{ type: 'want-credentials', name: 'carol', realm: REALM }],
  );
  assert.deepEqual(tell(lab, { password: 'christmas' }), [[CLIENT.port, 0]]);
  assert.equal(client.refresh(), 0);
  assert.equal(client.permit('192.0.2.9'), 0);
  const second = carol(lab, 1);
  questions(lab);
  second.allocate();
  assert.deepEqual(questions(lab), [], 'what was found is believed for a while');
});

test('who is known here is not asked for, and neither is a REST name', () => {
  const lab = asking();
  new RawClient(lab, CLIENT).allocate();
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 60, 'dora');
  new RawClient(lab, { ...CLIENT, port: 1 }, username, password).allocate();
  lab.now += 60_000;
  const late = new RawClient(lab, { ...CLIENT, port: 2 }, username, password).challenge();
  assert.equal(codeOf(late.exchange(late.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
  assert.deepEqual(questions(lab), []);
});

test('without a valid nonce nobody is asked for and nothing is kept', () => {
  const lab = asking();
  const client = carol(lab);
  const { nonce } = client;
  for (const wrong of [nonce.subarray(1), new Uint8Array(24).fill(65), new Uint8Array(0)]) {
    client.nonce = wrong;
    assert.equal(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 438);
  }
  const elsewhere = new RawClient(lab, { ...CLIENT, ip: '203.0.113.6' }, 'carol', 'christmas');
  elsewhere.nonce = nonce;
  assert.equal(codeOf(elsewhere.exchange(elsewhere.signed(TurnMethod.ALLOCATE, udpRequested))), 438);
  assert.deepEqual(questions(lab), []);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('nobody has this name: 401, and for ten seconds without another question', () => {
  const lab = asking();
  const client = carol(lab);
  client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
  assert.deepEqual(tell(lab, undefined), [[CLIENT.port, 401]]);
  questions(lab);
  lab.now += 9_999;
  assert.equal(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
  assert.deepEqual(questions(lab), []);
  lab.now += 1;
  assert.equal(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested)), undefined);
  assert.deepEqual(questions(lab), ['carol']);
});

test('a wrong password is 401 although the name is known', () => {
  const lab = asking();
  const client = carol(lab);
  client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
  assert.deepEqual(tell(lab, { password: 'easter' }), [[CLIENT.port, 401]]);
  assert.equal(lab.server.statistics.allocations, 0);
});

test('credentials are asked for again after a minute, but an allocation goes on without', () => {
  const lab = asking();
  const client = carol(lab);
  client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
  tell(lab, { password: 'christmas' });
  questions(lab);
  lab.now += 60_000;
  assert.equal(client.refresh(), 0);
  assert.deepEqual(questions(lab), []);
  const other = carol(lab, 1);
  other.exchange(other.signed(TurnMethod.ALLOCATE, udpRequested));
  assert.deepEqual(questions(lab), ['carol']);
  assert.deepEqual(tell(lab, undefined), [[1, 401]], 'who was shut out meanwhile stays out');
});

test('a key will do in place of a password, MD5 or SHA-256, for clients that choose the same', () => {
  for (const algorithm of ['md5', 'sha256'] as const) {
    const lab = asking();
    const client = carol(lab);
    const key = longTermKey(nodeCrypto, 'carol', REALM, 'christmas', algorithm);
    client.exchange(sealedRequest(client, TurnMethod.ALLOCATE, modern(algorithm, udpRequested)));
    assert.deepEqual(tell(lab, { key }), [[CLIENT.port, 0]]);
    const answer = client.exchange(sealedRequest(client, TurnMethod.REFRESH, modern(algorithm)));
    assert.equal(sealOf(answer, keyOf(client, algorithm)), 'sha256');
    const other = algorithm === 'md5' ? 'sha256' : 'md5';
    assert.equal(codeOf(client.exchange(sealedRequest(client, TurnMethod.REFRESH, modern(other)))), 401);
  }
});

test('an expiry is kept to: nobody new gets in, and strictly nobody at all', () => {
  for (const strictExpiry of [false, true]) {
    const lab = asking({ strictExpiry });
    const client = carol(lab);
    client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
    assert.deepEqual(tell(lab, { password: 'christmas', expiresAt: EPOCH + 30_000 }), [[CLIENT.port, 0]]);
    lab.now += 29_000;
    assert.equal(client.permit('192.0.2.9'), 0);
    lab.now += 1000;
    const other = carol(lab, 1);
    questions(lab);
    assert.equal(other.exchange(other.signed(TurnMethod.ALLOCATE, udpRequested)), undefined);
    assert.deepEqual(questions(lab), ['carol'], 'there may be new credentials');
    assert.deepEqual(tell(lab, { password: 'christmas', expiresAt: EPOCH + 30_000 }), [[1, 401]]);
    const refresh = client.exchange(client.signed(TurnMethod.REFRESH));
    assert.equal(codeOf(refresh), strictExpiry ? 401 : 0);
  }
});

test('nobody can tell, or what was told makes no sense: 500, and the next request asks again', () => {
  for (const found of [
    'unavailable',
    {},
    { password: '' },
    { password: 'a\u0007b' },
    { key: new Uint8Array(17) },
  ] as const) {
    const lab = asking();
    const client = carol(lab);
    client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
    assert.deepEqual(tell(lab, found), [[CLIENT.port, 500]]);
    questions(lab);
    client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
    assert.deepEqual(questions(lab), ['carol']);
  }
});

test('whoever waits is told after ten seconds; an answer that comes later is still learnt', () => {
  const lab = asking();
  const client = carol(lab);
  client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
  lab.toClients.length = 0;
  lab.wait(9_999);
  assert.equal(lab.toClients.length, 0);
  lab.wait(1);
  assert.deepEqual(
    lab.toClients.map(({ bytes }) => codeOfBytes(bytes)),
    [500],
  );
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
  assert.deepEqual(tell(lab, { password: 'christmas' }), []);
  client.allocate();
});

test('one question for many requests; repetitions over UDP are kept once', () => {
  const lab = asking();
  const clients = [1, 2, 3].map((port) => carol(lab, port));
  for (const client of clients) {
    const bytes = client.signed(TurnMethod.ALLOCATE, udpRequested);
    for (let i = 0; i < 5; i++) assert.equal(client.exchange(bytes), undefined);
  }
  assert.deepEqual(questions(lab), ['carol']);
  assert.deepEqual(tell(lab, { password: 'christmas' }), [
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  assert.equal(lab.server.statistics.allocations, 3);
});

test('a stream that ends while it waits gets no allocation', () => {
  const lab = asking();
  const client = carol(lab, 1, 'tcp');
  client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
  lab.server.handleLegClosed(lab.now, client.leg);
  assert.deepEqual(tell(lab, { password: 'christmas' }), []);
  assert.equal(lab.server.statistics.allocations, 0);
});

test('one address causes only so many questions; over TCP it is told, over UDP it hears nothing', () => {
  const lab = asking({ limits: { questions: { perSecond: 1, burst: 3 } } });
  let guesses = 0;
  const names = (transport: 'udp' | 'tcp', ip: string) => {
    const heard: (number | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      const client = new RawClient(
        lab,
        { ip, port: 100 + i },
        `guess-${guesses++}`,
        'x',
        transport,
      ).challenge();
      const answer = client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
      heard.push(answer && codeOf(answer));
    }
    return heard;
  };
  assert.deepEqual(names('udp', '203.0.113.5'), Array(6).fill(undefined));
  assert.equal(questions(lab).length, 3);
  assert.deepEqual(names('tcp', '203.0.113.6'), [undefined, undefined, undefined, 500, 500, 500]);
  assert.equal(questions(lab).length, 3);
  lab.now += 1000;
  names('udp', '203.0.113.5');
  assert.equal(questions(lab).length, 1);
});

test('the table of names that are asked for is bounded, and so are those of answers', () => {
  const lab = asking({ limits: { waitingNames: 10, rememberedNames: 5 } });
  const come = (n: number): RawClient => {
    const client = new RawClient(lab, { ip: `203.0.${n}.1`, port: 1 }, `user-${n}`, 'secret').challenge();
    client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
    return client;
  };
  for (let n = 0; n < 30; n++) come(n);
  assert.equal(questions(lab).length, 10);
  for (let n = 0; n < 10; n++) assert.equal(tell(lab, { password: 'secret' }, `user-${n}`).length, 1);
  questions(lab);
  for (let n = 0; n < 10; n++) come(n);
  assert.deepEqual(
    questions(lab),
    [0, 1, 2, 3, 4].map((n) => `user-${n}`),
    'the last five are known',
  );
});

test('a hash of a name that only somebody outside knows is 401, and is never asked for', () => {
  const lab = asking({ restSecrets: [] });
  const client = carol(lab);
  const request = sealedRequest(client, TurnMethod.ALLOCATE, { hash: true, fill: udpRequested });
  assert.equal(codeOf(client.exchange(request)), 401);
  assert.deepEqual(questions(lab), []);
  const challenge = client.exchange(client.bare(TurnMethod.ALLOCATE));
  assert.equal(String.fromCharCode(...(challenge?.get(StunAttribute.NONCE) ?? [])).slice(9, 13), 'gAAA');
});

test('quotas count the name that was told, apart from those of the server’s own users', () => {
  const lab = asking({ quotas: { perUser: 1, total: 10 } });
  const allocate = (port: number, found: FoundCredentials): number => {
    const client = new RawClient(lab, { ...CLIENT, port }, `device-${port}`, 'p').challenge();
    client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested));
    return tell(lab, found, `device-${port}`)[0]?.[1] ?? -1;
  };
  assert.equal(allocate(1, { password: 'p', quotaName: 'alice' }), 0);
  assert.equal(allocate(2, { password: 'p', quotaName: 'alice' }), 486);
  assert.equal(allocate(3, { password: 'p' }), 0);
  new RawClient(lab, { ...CLIENT, port: 4 }).allocate();
});
