/** The TURN client against answers that are wrong, late, forged or refusals. RFC 8489 §9.2.5, RFC 8656 §7.4. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { concatBytes, encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
} from '../../../src/stun/index.ts';
import {
  encodeChannelData,
  TurnAttribute,
  TurnClient,
  type TurnClientEvent,
  TurnMethod,
} from '../../../src/turn/index.ts';
import { labEnv, SERVER } from '../../support/turn/lab.ts';

const REALM = 'example.test';
const KEY = longTermKey(nodeCrypto, 'alice', REALM, 'wonder');
const RELAYED = { ip: '198.51.100.1', port: 50_000 };
const MAPPED = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9000 };

/** A client, and a server that is played by hand. */
class Stage {
  now = 0;
  readonly client: TurnClient;

  constructor(transport: 'udp' | 'tcp' = 'udp', password = 'wonder') {
    this.client = new TurnClient(
      labEnv(() => this.now),
      {
        server: SERVER,
        transport,
        credentials: { username: 'alice', password },
      },
    );
  }

  /** The requests that have been sent, oldest first. */
  requests(): StunMessage[] {
    const messages: StunMessage[] = [];
    for (let out = this.client.pollTransmit(); out; out = this.client.pollTransmit()) {
      const message = decodeMessage(out.bytes);
      assert.ok(message);
      messages.push(message);
    }
    return messages;
  }

  request(): StunMessage {
    const [first, ...rest] = this.requests();
    assert.ok(first);
    assert.equal(rest.length, 0);
    return first;
  }

  events(): TurnClientEvent[] {
    const events: TurnClientEvent[] = [];
    for (let event = this.client.pollEvent(); event; event = this.client.pollEvent()) events.push(event);
    return events;
  }

  hear(bytes: Uint8Array): void {
    this.client.handleBytes(this.now, bytes);
  }

  challenge(request: StunMessage, code: 401 | 438 = 401, nonce = 'nonce'): void {
    this.hear(
      new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
        .errorCode(code)
        .text(StunAttribute.REALM, REALM)
        .text(StunAttribute.NONCE, nonce)
        .finish(),
    );
  }

  /** Through to an allocation. */
  allocated(): this {
    this.client.allocate(this.now);
    this.challenge(this.request());
    this.hear(success(this.request(), granted));
    assert.equal(this.events()[0]?.type, 'allocated');
    return this;
  }

  permitted(): this {
    this.client.permit(this.now, [PEER.ip]);
    this.hear(success(this.request()));
    assert.equal(this.events()[0]?.type, 'permitted');
    return this;
  }
}

function granted(writer: MessageWriter): void {
  writer
    .xorAddress(TurnAttribute.XOR_RELAYED_ADDRESS, RELAYED)
    .u32(TurnAttribute.LIFETIME, 600)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, MAPPED);
}

function success(
  request: StunMessage,
  fill: (writer: MessageWriter) => void = () => {},
  key: Uint8Array = KEY,
): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId);
  fill(writer);
  return writer.integrity(nodeCrypto, key).finish();
}

function error(request: StunMessage, code: number, reason = 'because'): Uint8Array {
  return new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
    .errorCode(code, reason)
    .integrity(nodeCrypto, KEY)
    .finish();
}

test('§9.2.3.1: the first request names nobody; the second proves everything, with a new transaction id', () => {
  const stage = new Stage();
  stage.client.allocate(0, { lifetimeSeconds: 900, family: 6, evenPort: 'even' });
  const first = stage.request();
  assert.deepEqual(first.attributeTypes(), [
    TurnAttribute.REQUESTED_TRANSPORT,
    TurnAttribute.LIFETIME,
    TurnAttribute.REQUESTED_ADDRESS_FAMILY,
    TurnAttribute.EVEN_PORT,
  ]);
  stage.challenge(first);
  const second = stage.request();
  assert.notDeepEqual(second.transactionId, first.transactionId);
  assert.deepEqual(second.attributeTypes().slice(-4), [
    StunAttribute.USERNAME,
    StunAttribute.REALM,
    StunAttribute.NONCE,
    StunAttribute.MESSAGE_INTEGRITY,
  ]);
  stage.hear(success(second, granted));
  assert.deepEqual(stage.events(), [
    {
      type: 'allocated',
      relayed: [RELAYED],
      mapped: MAPPED,
      lifetimeSeconds: 600,
      token: undefined,
      mobile: false,
      missing: undefined,
    },
  ]);
  assert.equal(stage.client.allocated, true);
});

test('a second 401 is the end: TURN_UNAUTHENTICATED', () => {
  const stage = new Stage('udp', 'wrong');
  stage.client.allocate(0);
  stage.challenge(stage.request());
  stage.challenge(stage.request());
  assert.deepEqual(stage.requests(), []);
  const [failed, closed] = stage.events();
  assert.equal(failed?.type, 'failed');
  assert.deepEqual(closed, {
    type: 'closed',
    failure: { code: 'TURN_UNAUTHENTICATED', status: 401, reason: '' },
  });
});

test('438 is followed with the new nonce, but not for ever', () => {
  const stage = new Stage();
  stage.client.allocate(0);
  stage.challenge(stage.request());
  stage.challenge(stage.request(), 438, 'second');
  const again = stage.request();
  assert.deepEqual(again.get(StunAttribute.NONCE), encodeUtf8('second'));
  stage.challenge(again, 438, 'third');
  stage.challenge(stage.request(), 438, 'fourth');
  assert.deepEqual(stage.requests(), []);
  const closed = stage.events().at(-1);
  assert.equal(closed?.type === 'closed' && closed.failure?.status, 438);
});

test('§9.2.5: a nonce that promises password algorithms without the list of them is a bid-down attack', () => {
  const stage = new Stage();
  stage.client.allocate(0);
  stage.challenge(stage.request(), 401, 'obMatJos2gAAAnonce');
  assert.deepEqual(stage.requests(), []);
  assert.equal(stage.events().at(-1)?.type, 'closed');
  const plain = new Stage();
  plain.client.allocate(0);
  plain.challenge(plain.request(), 401, 'obMatJos2AAAAnonce');
  assert.equal(plain.requests().length, 1);
});

test('every refusal of Allocate has its code, its number and the server’s words', () => {
  for (const [status, code] of [
    [403, 'TURN_FORBIDDEN'],
    [437, 'TURN_ALLOCATION_MISMATCH'],
    [440, 'TURN_FAMILY_UNSUPPORTED'],
    [441, 'TURN_WRONG_CREDENTIALS'],
    [442, 'TURN_TRANSPORT_UNSUPPORTED'],
    [443, 'TURN_FAMILY_UNSUPPORTED'],
    [446, 'TURN_CONNECTION_EXISTS'],
    [447, 'TURN_PEER_UNREACHABLE'],
    [486, 'TURN_QUOTA_REACHED'],
    [500, 'TURN_REQUEST_REFUSED'],
    [508, 'TURN_NO_CAPACITY'],
    [300, 'TURN_REDIRECT_REFUSED'],
  ] as const) {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.challenge(stage.request());
    stage.hear(error(stage.request(), status));
    const failure = { code, status, reason: 'because' };
    assert.deepEqual(stage.events(), [
      { type: 'failed', task: 'allocate', peers: [], ...failure },
      { type: 'closed', failure },
    ]);
    assert.equal(stage.client.nextTimeout(), Number.POSITIVE_INFINITY);
  }
});

test('a refused peer is reported by name, and the rest goes on', () => {
  const stage = new Stage().allocated().permitted();
  stage.client.permit(0, ['127.0.0.1']);
  stage.hear(error(stage.request(), 403));
  assert.deepEqual(stage.events(), [
    {
      type: 'failed',
      task: 'permission',
      peers: ['127.0.0.1'],
      code: 'TURN_FORBIDDEN',
      status: 403,
      reason: 'because',
    },
  ]);
  stage.client.bindChannel(0, { ip: '127.0.0.1', port: 1 });
  stage.hear(error(stage.request(), 403));
  assert.equal(stage.events()[0]?.type, 'failed');
  assert.equal(stage.client.send(0, { ip: '127.0.0.1', port: 1 }, Uint8Array.of(1)), false);
  assert.equal(stage.client.send(0, PEER, Uint8Array.of(1)), true);
});

test('437 to anything but Allocate says that the allocation is gone', () => {
  const stage = new Stage().allocated();
  stage.client.permit(0, [PEER.ip]);
  stage.hear(error(stage.request(), 437));
  assert.deepEqual(
    stage.events().map((event) => event.type),
    ['failed', 'closed'],
  );
});

test('over UDP a forged answer is ignored and the true one still counts', () => {
  const stage = new Stage();
  stage.client.allocate(0);
  stage.challenge(stage.request());
  const request = stage.request();
  stage.hear(success(request, granted, encodeUtf8('not the key')));
  const unsealed = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId);
  stage.hear(unsealed.errorCode(400).finish());
  assert.deepEqual(stage.events(), []);
  stage.hear(success(request, granted));
  assert.equal(stage.events()[0]?.type, 'allocated');
});

test('§9.2.5: if only forged answers came, it is not silence that is reported; over TCP at once', () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const stage = new Stage(transport);
    stage.client.allocate(0);
    stage.challenge(stage.request());
    stage.hear(success(stage.request(), granted, encodeUtf8('not the key')));
    if (transport === 'udp') {
      while (stage.client.nextTimeout() < Number.POSITIVE_INFINITY) {
        stage.now = stage.client.nextTimeout();
        stage.client.handleTimeout(stage.now);
      }
      assert.equal(stage.now, 39_500);
    }
    const closed = stage.events().at(-1);
    assert.equal(closed?.type === 'closed' && closed.failure?.code, 'STUN_INTEGRITY_VIOLATED');
  }
});

test('answers to nothing, of other methods, with a broken fingerprint: no effect', () => {
  const stage = new Stage();
  stage.client.bind(0);
  const request = stage.request();
  const answer = (method: number, id: Uint8Array) =>
    new MessageWriter(method, MessageClass.SUCCESS, id)
      .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, MAPPED)
      .fingerprint()
      .finish();
  stage.hear(answer(StunMethod.BINDING, new Uint8Array(12)));
  stage.hear(answer(TurnMethod.ALLOCATE, request.transactionId));
  const damaged = answer(StunMethod.BINDING, request.transactionId);
  damaged[27] = (damaged[27] ?? 0) ^ 1;
  stage.hear(damaged);
  assert.deepEqual(stage.events(), []);
  stage.now = 80;
  stage.hear(answer(StunMethod.BINDING, request.transactionId));
  stage.hear(answer(StunMethod.BINDING, request.transactionId));
  assert.deepEqual(stage.events(), [{ type: 'mapped', address: MAPPED, roundTripMs: 80 }]);
});

test('answers that lack what they must hold, or hold what nobody understands, are STUN_ANSWER_INVALID', () => {
  const failedBy = (answer: (request: StunMessage) => Uint8Array) => {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.challenge(stage.request());
    stage.hear(answer(stage.request()));
    const closed = stage.events().at(-1);
    return closed?.type === 'closed' ? closed.failure?.code : undefined;
  };
  assert.equal(
    failedBy((request) => success(request)),
    'STUN_ANSWER_INVALID',
  );
  assert.equal(
    failedBy((request) =>
      success(request, (writer) => {
        granted(writer);
        writer.u32(0x7ff1, 0);
      }),
    ),
    'STUN_ANSWER_INVALID',
  );
  const noCode = (request: StunMessage) =>
    new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
      .integrity(nodeCrypto, KEY)
      .finish();
  assert.equal(failedBy(noCode), 'STUN_ANSWER_INVALID');
  const binding = new Stage();
  binding.client.bind(0);
  const request = binding.request();
  binding.hear(new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId).finish());
  assert.equal(binding.events()[0]?.type, 'failed');
});

test('§11.4: data from a peer that was never permitted is not believed', () => {
  const stage = new Stage().allocated().permitted();
  const indication = (ip: string) =>
    new MessageWriter(TurnMethod.DATA, MessageClass.INDICATION, new Uint8Array(12))
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, { ip, port: 9000 })
      .attribute(TurnAttribute.DATA, Uint8Array.of(1, 2, 3))
      .finish();
  stage.hear(indication('192.0.2.66'));
  assert.deepEqual(stage.events(), []);
  stage.hear(indication(PEER.ip));
  assert.deepEqual(stage.events(), [{ type: 'data', from: PEER, bytes: Uint8Array.of(1, 2, 3) }]);
});

test('§12: channel data may come before the answer to ChannelBind; ours waits for it', () => {
  const stage = new Stage().allocated().permitted();
  stage.client.bindChannel(0, PEER);
  const request = stage.request();
  stage.hear(encodeChannelData(0x4000, Uint8Array.of(7), false));
  assert.deepEqual(stage.events(), [{ type: 'data', from: PEER, bytes: Uint8Array.of(7) }]);
  assert.equal(stage.client.send(0, PEER, Uint8Array.of(1)), true);
  assert.equal(stage.request().method, TurnMethod.SEND);
  stage.hear(success(request));
  assert.deepEqual(stage.events(), [{ type: 'channel-bound', peer: PEER, channel: 0x4000 }]);
  stage.client.send(0, PEER, Uint8Array.of(1));
  assert.deepEqual(stage.client.pollTransmit()?.bytes, encodeChannelData(0x4000, Uint8Array.of(1), false));
  stage.hear(encodeChannelData(0x4001, Uint8Array.of(7), false));
  stage.hear(Uint8Array.of(0x40));
  assert.deepEqual(stage.events(), []);
});

test('when the 4,096 channel numbers are gone, the caller is told', () => {
  const stage = new Stage().allocated();
  for (let i = 0; i < 4096; i++) {
    stage.client.bindChannel(0, { ip: '192.0.2.9', port: 1000 + i });
    stage.hear(success(stage.request()));
  }
  stage.events();
  stage.client.bindChannel(0, PEER);
  assert.deepEqual(
    stage.events().map((event) => event.type === 'failed' && event.code),
    ['TURN_NO_CAPACITY'],
  );
});

test('refreshes come a minute before the end, permissions and channels in time', () => {
  const stage = new Stage().allocated().permitted();
  stage.client.bindChannel(0, PEER);
  stage.hear(success(stage.request()));
  const due: [number, number][] = [];
  while (stage.now < 600_000) {
    stage.now = stage.client.nextTimeout();
    stage.client.handleTimeout(stage.now);
    for (const request of stage.requests()) {
      due.push([stage.now, request.method]);
      stage.hear(success(request, (writer) => writer.u32(TurnAttribute.LIFETIME, 600)));
    }
  }
  assert.deepEqual(due.slice(0, 4), [
    [240_000, TurnMethod.CREATE_PERMISSION],
    [480_000, TurnMethod.CREATE_PERMISSION],
    [540_000, TurnMethod.REFRESH],
    [540_000, TurnMethod.CHANNEL_BIND],
  ]);
  assert.deepEqual(
    stage.events().map((event) => event.type),
    ['channel-bound'],
    'refreshing is no news',
  );
});

test('RFC 8489 §6.2: never more than ten requests at a time, and all of them in the end', () => {
  const stage = new Stage().allocated();
  const ips = Array.from({ length: 25 }, (_, i) => `192.0.2.${i + 1}`);
  stage.client.permit(0, ips);
  for (const ip of ips) stage.client.bindChannel(0, { ip, port: 9 });
  let outstanding = stage.requests();
  let answered = 0;
  assert.equal(outstanding.length, 10);
  while (outstanding.length > 0) {
    const [first, ...rest] = outstanding;
    assert.ok(first);
    stage.hear(success(first));
    answered += 1;
    outstanding = [...rest, ...stage.requests()];
    assert.ok(outstanding.length <= 10);
  }
  assert.equal(answered, 3 + 25);
  const bound = stage.events().filter((event) => event.type === 'channel-bound');
  assert.equal(bound.length, 25);
});

test('closing gives the allocation back; 437 to that is as good; then there is silence', () => {
  for (const answer of [success, (request: StunMessage) => error(request, 437)]) {
    const stage = new Stage().allocated();
    stage.client.close(0);
    const request = stage.request();
    assert.equal(request.method, TurnMethod.REFRESH);
    assert.deepEqual(request.get(TurnAttribute.LIFETIME), new Uint8Array(4));
    assert.equal(stage.client.send(0, PEER, Uint8Array.of(1)), false);
    stage.hear(answer(request));
    assert.deepEqual(stage.events(), [{ type: 'closed', failure: undefined }]);
    stage.client.allocate(0);
    stage.client.bind(0);
    stage.client.close(0);
    stage.client.handleTimeout(1e9);
    assert.deepEqual(stage.requests(), []);
    assert.deepEqual(stage.events(), []);
    assert.equal(stage.client.nextTimeout(), Number.POSITIVE_INFINITY);
  }
});

test('a stream that ends or speaks something else closes the client with a code', () => {
  const ended = new Stage('tcp').allocated();
  ended.client.handleConnectionClosed(5);
  const [closed] = ended.events();
  assert.equal(closed?.type === 'closed' && closed.failure?.code, 'TURN_CONNECTION_CLOSED');
  const http = new Stage('tcp');
  http.client.allocate(0);
  http.hear(encodeUtf8('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const events = http.events();
  // "HTTP" begins like ChannelData of 0x5450 bytes; whatever follows, nothing is believed.
  for (const event of events) assert.notEqual(event.type, 'allocated');
  const tls = new Stage('tcp');
  tls.client.allocate(0);
  tls.hear(Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02));
  const last = tls.events().at(-1);
  assert.equal(last?.type === 'closed' && last.failure?.code, 'STUN_STREAM_INVALID');
});

test('a stream may bring several answers in one chunk', () => {
  const stage = new Stage('tcp').allocated();
  stage.client.permit(0, ['192.0.2.1']);
  stage.client.permit(0, ['192.0.2.2']);
  const [first, second] = stage.requests();
  assert.ok(first && second);
  stage.hear(concatBytes(success(first), success(second)));
  assert.deepEqual(
    stage.events().map((event) => event.type),
    ['permitted', 'permitted'],
  );
});

test('data that no datagram holds is refused to the caller', () => {
  const stage = new Stage().allocated().permitted();
  assert.throws(() => stage.client.send(0, PEER, new Uint8Array(65_457)), RangeError);
  assert.equal(stage.client.send(0, PEER, new Uint8Array(65_456)), true);
});

test('credentials that no server can accept are refused to the caller', () => {
  const create = (username: string, password: string) => () =>
    new TurnClient(
      labEnv(() => 0),
      { server: SERVER, transport: 'udp', credentials: { username, password } },
    );
  assert.throws(create('', 'x'), { code: 'TURN_USER_INVALID' });
  assert.throws(create('alice', 'a\u0000b'), { code: 'TURN_USER_INVALID' });
});
