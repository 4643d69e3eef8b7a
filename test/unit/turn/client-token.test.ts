/** The TURN client with an access token, against our server and against others. RFC 7635 §5, §8, §9, appendix B. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
} from '../../../src/stun/index.ts';
import {
  type Leg,
  sealAccessToken,
  type TokenCredentials,
  TurnClient,
  type TurnClientEvent,
  TurnMethod,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import { EPOCH, labEnv, REALM, SERVER, TurnLab } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const OAUTH = { kid: 'north', key: new Uint8Array(32).fill(1) };
const PEER = { ip: '192.0.2.9', port: 9000 };

function credentials(macKeyBytes: number, lifetimeSeconds = 3600): TokenCredentials {
  const macKey = new Uint8Array(macKeyBytes).fill(7);
  const aead = nodeCrypto.createAead('aes-256-gcm', OAUTH.key);
  const claims = { macKey, issuedAt: EPOCH, lifetimeSeconds };
  return { kid: OAUTH.kid, macKey, token: sealAccessToken(aead, new Uint8Array(12), REALM, claims) };
}

/** A client and a server, one beside the other. */
class Pair {
  readonly lab: TurnLab;
  readonly client: TurnClient;
  readonly requests: StunMessage[] = [];
  readonly events: TurnClientEvent[] = [];
  readonly #leg: Leg;

  constructor(given: TokenCredentials, options: Partial<TurnServerOptions> = {}) {
    this.lab = new TurnLab({ oauthKeys: [OAUTH], ...options });
    this.#leg = this.lab.leg(CLIENT);
    this.client = new TurnClient(
      labEnv(() => this.lab.now),
      { server: SERVER, transport: 'udp', credentials: given },
    );
  }

  /** Carries everything until nobody has anything more to say. */
  pump(): this {
    for (let out = this.client.pollTransmit(); out; out = this.client.pollTransmit()) {
      const request = decodeMessage(out.bytes);
      if (request) this.requests.push(request);
      this.lab.fromClient(this.#leg, out.bytes);
      for (const answer of this.lab.toClients.splice(0)) this.client.handleBytes(this.lab.now, answer.bytes);
    }
    for (let event = this.client.pollEvent(); event; event = this.client.pollEvent()) this.events.push(event);
    return this;
  }
}

for (const [name, macKeyBytes, options, integrity] of [
  ['SHA-256, a key of 32 bytes', 32, {}, StunAttribute.MESSAGE_INTEGRITY_SHA256],
  ['SHA-256, a key of 20 bytes', 20, {}, StunAttribute.MESSAGE_INTEGRITY_SHA256],
  ['SHA-1, a key of 20 bytes', 20, { passwordAlgorithms: [] }, StunAttribute.MESSAGE_INTEGRITY],
  ['SHA-1, a key of 32 bytes hashed down', 32, { passwordAlgorithms: [] }, StunAttribute.MESSAGE_INTEGRITY],
] as const satisfies readonly (readonly [string, number, Partial<TurnServerOptions>, number])[]) {
  test(`a token brings an allocation, permissions and channels: ${name}`, () => {
    const pair = new Pair(credentials(macKeyBytes), options);
    pair.client.allocate(0);
    pair.pump();
    pair.client.permit(0, [PEER.ip]);
    pair.client.bindChannel(0, PEER);
    pair.pump();
    assert.deepEqual(
      pair.events.map(({ type }) => type),
      ['allocated', 'permitted', 'channel-bound'],
    );
    const signed = pair.requests.slice(1);
    for (const request of signed) assert.ok(request.has(integrity));
    // §9: the token in Allocate, and not in the others.
    assert.deepEqual(
      signed.map((request) => [request.method, request.has(StunAttribute.ACCESS_TOKEN)]),
      [
        [TurnMethod.ALLOCATE, true],
        [TurnMethod.CREATE_PERMISSION, false],
        [TurnMethod.CHANNEL_BIND, false],
      ],
    );
  });
}

test('the allocation is refreshed with the token, and never promised beyond it', () => {
  const pair = new Pair(credentials(20, 1000));
  pair.client.allocate(0, { lifetimeSeconds: 3600 });
  pair.pump();
  const allocated = pair.events.find(({ type }) => type === 'allocated');
  assert.equal(allocated?.type === 'allocated' && allocated.lifetimeSeconds, 1000);
  pair.lab.now = 940_000;
  pair.client.handleTimeout(pair.lab.now);
  pair.pump();
  const refresh = pair.requests.find(({ method }) => method === TurnMethod.REFRESH);
  assert.ok(refresh?.has(StunAttribute.ACCESS_TOKEN));
  assert.equal(pair.lab.server.statistics.allocations, 1);
  // The token is over: the server says so, and the client ends.
  for (let step = 0; step < 10; step++) {
    pair.lab.wait(10_000);
    pair.client.handleTimeout(pair.lab.now);
    pair.pump();
  }
  assert.equal(pair.lab.server.statistics.allocations, 0);
  assert.equal(pair.events.at(-1)?.type, 'closed');
});

test('a server that takes no tokens is not sent one', () => {
  const pair = new Pair(credentials(20), { oauthKeys: [] });
  pair.client.allocate(0);
  pair.pump();
  assert.equal(pair.requests.length, 1);
  const failed = pair.events.find((event) => event.type === 'failed');
  assert.equal(failed?.type === 'failed' && failed.code, 'TURN_UNAUTHENTICATED');
});

test('§8: an answer that is not sealed with the MAC key is discarded', () => {
  const given = credentials(20);
  const pair = new Pair(given, { passwordAlgorithms: [] });
  pair.client.allocate(0);
  const first = decodeMessage(pair.client.pollTransmit()?.bytes ?? new Uint8Array());
  assert.ok(first);
  pair.client.handleBytes(
    0,
    new MessageWriter(first.method, MessageClass.ERROR, first.transactionId)
      .errorCode(401)
      .text(StunAttribute.REALM, REALM)
      .text(StunAttribute.NONCE, 'nonce')
      .text(StunAttribute.THIRD_PARTY_AUTHORIZATION, REALM)
      .finish(),
  );
  const second = decodeMessage(pair.client.pollTransmit()?.bytes ?? new Uint8Array());
  assert.ok(second);
  const answer = (key: Uint8Array): void =>
    pair.client.handleBytes(
      0,
      new MessageWriter(second.method, MessageClass.ERROR, second.transactionId)
        .errorCode(486)
        .integrity(nodeCrypto, key)
        .finish(),
    );
  answer(new Uint8Array(20));
  assert.equal(pair.client.pollEvent(), undefined);
  answer(given.macKey);
  const event = pair.client.pollEvent();
  assert.equal(event?.type === 'failed' && event.code, 'TURN_QUOTA_REACHED');
});
