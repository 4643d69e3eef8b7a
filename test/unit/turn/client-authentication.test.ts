/** The TURN client chooses an algorithm, hides its name, and notices who takes the choice away. RFC 8489 §9.2.5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  encodePasswordAlgorithm,
  encodePasswordAlgorithms,
  longTermKey,
  MessageClass,
  MessageWriter,
  type PasswordAlgorithm,
  StunAttribute,
  type StunMessage,
  userHash,
  verifyIntegrity,
  verifyIntegritySha256,
  writeNonceCookie,
} from '../../../src/stun/index.ts';
import { TurnAttribute, TurnClient, type TurnServerOptions } from '../../../src/turn/index.ts';
import { labEnv, REALM, SERVER } from '../../support/turn/lab.ts';
import { TurnScene } from '../../support/turn/scene.ts';

const OFFER = encodePasswordAlgorithms(['sha256', 'md5']);
const MODERN = writeNonceCookie({ passwordAlgorithms: true, usernameAnonymity: false });
const ANONYMOUS = writeNonceCookie({ passwordAlgorithms: true, usernameAnonymity: true });

function keyOf(algorithm: PasswordAlgorithm): Uint8Array {
  return longTermKey(nodeCrypto, 'alice', REALM, 'wonder', algorithm);
}

/** A client, and a server that is played by hand. */
class Stage {
  now = 0;
  readonly client: TurnClient;

  constructor(transport: 'udp' | 'tcp' = 'udp') {
    const credentials = { username: 'alice', password: 'wonder' };
    this.client = new TurnClient(
      labEnv(() => this.now),
      { server: SERVER, transport, credentials },
    );
  }

  /** The one request that has been sent since the last look. */
  request(): StunMessage {
    const message = decodeMessage(this.client.pollTransmit()?.bytes ?? new Uint8Array());
    assert.ok(message, 'there is a request');
    assert.equal(this.client.pollTransmit(), undefined);
    return message;
  }

  silent(): void {
    assert.equal(this.client.pollTransmit(), undefined);
  }

  /** The first failure among the events. */
  failure(): string | undefined {
    for (let event = this.client.pollEvent(); event; event = this.client.pollEvent()) {
      if (event.type === 'failed') return event.code;
      if (event.type === 'allocated') return 'none: allocated';
    }
    return undefined;
  }

  challenge(
    request: StunMessage,
    cookie: string,
    offer: Uint8Array | undefined,
    code: 401 | 438 = 401,
  ): void {
    const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
      .errorCode(code)
      .text(StunAttribute.REALM, REALM)
      .text(StunAttribute.NONCE, `${cookie}nonce`);
    if (offer) writer.attribute(StunAttribute.PASSWORD_ALGORITHMS, offer);
    this.client.handleBytes(this.now, writer.finish());
  }

  answer(request: StunMessage, seal: (writer: MessageWriter) => void): void {
    const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId)
      .xorAddress(TurnAttribute.XOR_RELAYED_ADDRESS, { ip: SERVER.ip, port: 50_000 })
      .u32(TurnAttribute.LIFETIME, 600)
      .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, { ip: '203.0.113.5', port: 40_000 });
    seal(writer);
    this.client.handleBytes(this.now, writer.finish());
  }

  /** The signed Allocate after this challenge. */
  signed(cookie: string, offer: Uint8Array | undefined): StunMessage {
    this.client.allocate(this.now);
    this.challenge(this.request(), cookie, offer);
    return this.request();
  }
}

test('SHA-256 is chosen where it is offered first, the list is sent back, and only the stronger integrity is used', () => {
  const stage = new Stage();
  const request = stage.signed(MODERN, OFFER);
  assert.deepEqual(request.attributeTypes().slice(1), [
    StunAttribute.USERNAME,
    StunAttribute.REALM,
    StunAttribute.NONCE,
    StunAttribute.PASSWORD_ALGORITHMS,
    StunAttribute.PASSWORD_ALGORITHM,
    StunAttribute.MESSAGE_INTEGRITY_SHA256,
  ]);
  assert.deepEqual(request.get(StunAttribute.PASSWORD_ALGORITHMS), OFFER);
  assert.deepEqual(request.get(StunAttribute.PASSWORD_ALGORITHM), encodePasswordAlgorithm('sha256'));
  assert.ok(verifyIntegritySha256(nodeCrypto, request, keyOf('sha256')));
  stage.answer(request, (writer) => writer.integritySha256(nodeCrypto, keyOf('sha256')));
  assert.equal(stage.failure(), 'none: allocated');
});

test('the server’s order counts, and what nobody knows is passed over', () => {
  for (const [offer, algorithm] of [
    [encodePasswordAlgorithms(['md5', 'sha256']), 'md5'],
    [Uint8Array.of(0, 9, 0, 2, 1, 2, 0, 0, 0, 2, 0, 0), 'sha256'],
    [encodePasswordAlgorithms(['md5']), 'md5'],
  ] as const) {
    const request = new Stage().signed(MODERN, offer);
    assert.deepEqual(request.get(StunAttribute.PASSWORD_ALGORITHM), encodePasswordAlgorithm(algorithm));
    assert.deepEqual(request.get(StunAttribute.PASSWORD_ALGORITHMS), offer);
    assert.ok(verifyIntegritySha256(nodeCrypto, request, keyOf(algorithm)));
  }
});

test('where nothing on the list is known, and where the list makes no sense, there is no second request', () => {
  for (const offer of [Uint8Array.of(0, 9, 0, 0), Uint8Array.of(0, 2, 0), new Uint8Array(0)]) {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.challenge(stage.request(), MODERN, offer);
    stage.silent();
    assert.equal(stage.failure(), 'TURN_UNAUTHENTICATED');
  }
});

test('USERHASH is sent where the nonce asks for it', () => {
  const request = new Stage().signed(ANONYMOUS, OFFER);
  assert.equal(request.has(StunAttribute.USERNAME), false);
  assert.deepEqual(request.get(StunAttribute.USERHASH), userHash(nodeCrypto, 'alice', REALM));
});

test('an older server is spoken to as before: MD5 and MESSAGE-INTEGRITY', () => {
  for (const cookie of ['', 'obMatJos2AAAA']) {
    const stage = new Stage();
    const request = stage.signed(cookie, undefined);
    assert.ok(verifyIntegrity(nodeCrypto, request, keyOf('md5')));
    assert.equal(request.has(StunAttribute.PASSWORD_ALGORITHM), false);
    stage.answer(request, (writer) => writer.integrity(nodeCrypto, keyOf('md5')));
    assert.equal(stage.failure(), 'none: allocated');
  }
});

test('after SHA-256 was agreed on an answer with MESSAGE-INTEGRITY is a forgery', () => {
  const stage = new Stage();
  const request = stage.signed(MODERN, OFFER);
  stage.answer(request, (writer) => writer.integrity(nodeCrypto, keyOf('sha256')));
  stage.answer(request, (writer) => writer.integrity(nodeCrypto, keyOf('md5')));
  assert.equal(stage.failure(), undefined);
  stage.answer(request, (writer) => writer.integritySha256(nodeCrypto, keyOf('sha256')));
  assert.equal(stage.failure(), 'none: allocated');
});

test('a 438 that no longer offers what the 401 did is a bid-down attack, with the bit or without', () => {
  for (const cookie of [MODERN, 'obMatJos2AAAA', '']) {
    const stage = new Stage();
    stage.challenge(stage.signed(MODERN, OFFER), cookie, undefined, 438);
    stage.silent();
    assert.equal(stage.failure(), 'TURN_UNAUTHENTICATED');
  }
  const honest = new Stage();
  honest.challenge(honest.signed(MODERN, OFFER), `${MODERN}other`, OFFER, 438);
  assert.ok(verifyIntegritySha256(nodeCrypto, honest.request(), keyOf('sha256')));
});

test('an answer whose nonce promises a list that is not there is ignored, even if it is sealed', () => {
  const stage = new Stage();
  const request = stage.signed(MODERN, OFFER);
  stage.answer(request, (writer) =>
    writer.text(StunAttribute.NONCE, `${MODERN}nonce`).integritySha256(nodeCrypto, keyOf('sha256')),
  );
  assert.equal(stage.failure(), undefined);
});

test('a 400 that nobody has sealed is as if it had not come, over TCP too', () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const stage = new Stage(transport);
    const request = stage.signed(MODERN, OFFER);
    const bare = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId).errorCode(400);
    stage.client.handleBytes(stage.now, bare.finish());
    assert.equal(stage.failure(), undefined);
    stage.answer(request, (writer) => writer.integritySha256(nodeCrypto, keyOf('sha256')));
    assert.equal(stage.failure(), 'none: allocated');
  }
});

for (const [name, options] of [
  ['SHA-256', {}],
  ['SHA-256 and USERHASH', { restSecrets: [] }],
  ['USERHASH and MD5', { restSecrets: [], passwordAlgorithms: [] }],
  ['MD5 chosen from a list', { passwordAlgorithms: ['md5'] }],
  ['MD5', { passwordAlgorithms: [] }],
] as const satisfies readonly (readonly [string, Partial<TurnServerOptions>])[]) {
  test(`our client and our server agree on ${name}, through refreshes and stale nonces, over a lossy path`, () => {
    for (const transport of ['udp', 'tcp'] as const) {
      const scene = new TurnScene({ seed: 7, server: options });
      const client = scene.caller({ transport, link: { loss: 0.1 } });
      client.act((machine, now) => machine.allocate(now));
      scene.world.runUntil(2 * 3_600_000);
      assert.ok(client.find('allocated'));
      assert.equal(client.find('failed'), undefined);
      assert.equal(client.machine.allocated, true);
      assert.equal(scene.server.machine.statistics.allocations, 1);
    }
  });
}
