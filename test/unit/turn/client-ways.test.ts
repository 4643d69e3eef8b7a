/** A TURN client on its ways: sent on to other servers, moved to other addresses, with TCP relays, DF and ICMP. RFC 8489 §10, RFC 8016, RFC 6062. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  encodePlainAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
} from '../../../src/stun/index.ts';
import {
  type AllocateOptions,
  type ClientTransport,
  connectionId,
  type DataConnectionEvent,
  retryAdvice,
  TurnAttribute,
  TurnClient,
  type TurnClientEvent,
  type TurnDataConnection,
  TurnMethod,
} from '../../../src/turn/index.ts';
import { labEnv, SERVER } from '../../support/turn/lab.ts';

const REALM = 'example.test';
const KEY = longTermKey(nodeCrypto, 'alice', REALM, 'wonder');
const CREDENTIALS = { username: 'alice', password: 'wonder' };
const PEER = { ip: '192.0.2.9', port: 9000 };
const SECOND: SocketAddress = { ip: '198.51.100.2', port: 3478 };
const THIRD: SocketAddress = { ip: '198.51.100.3', port: 3478 };
const TICKET = Uint8Array.of(1, 2, 3, 4);

type Fill = (writer: MessageWriter) => void;

interface Sent {
  readonly to: SocketAddress;
  readonly message: StunMessage;
}

/** A client, and servers that are played by hand. */
class Stage {
  now = 0;
  readonly client: TurnClient;

  constructor(transport: ClientTransport = 'udp') {
    const env = labEnv(() => this.now);
    this.client = new TurnClient(env, { server: SERVER, transport, credentials: CREDENTIALS });
  }

  sent(): Sent[] {
    const all: Sent[] = [];
    for (let out = this.client.pollTransmit(); out; out = this.client.pollTransmit()) {
      const message = decodeMessage(out.bytes);
      assert.ok(message);
      all.push({ to: out.to, message });
    }
    return all;
  }

  request(): Sent {
    const [first, ...rest] = this.sent();
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

  /** Answers the first request with 401 and returns the one that proves who we are. */
  challenged(): Sent {
    this.hear(challenge(this.request().message));
    return this.request();
  }

  allocated(options: AllocateOptions = {}, fill: Fill = () => {}): this {
    this.client.allocate(this.now, options);
    this.hear(
      success(this.challenged().message, (writer) => {
        granted(writer);
        fill(writer);
      }),
    );
    assert.equal(this.events()[0]?.type, 'allocated');
    return this;
  }

  permitted(): this {
    this.client.permit(this.now, [PEER.ip]);
    this.hear(success(this.request().message));
    this.events();
    return this;
  }

  mobile(): this {
    return this.allocated({ mobile: true }, ticket(TICKET));
  }
}

const ticket =
  (value: Uint8Array): Fill =>
  (writer) =>
    writer.attribute(TurnAttribute.MOBILITY_TICKET, value);

const granted: Fill = (writer) =>
  writer
    .xorAddress(TurnAttribute.XOR_RELAYED_ADDRESS, { ip: '198.51.100.1', port: 50_000 })
    .u32(TurnAttribute.LIFETIME, 600)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, { ip: '203.0.113.5', port: 40_000 });

const lifetime: Fill = (writer) => writer.u32(TurnAttribute.LIFETIME, 600);

function challenge(request: StunMessage, code: 401 | 438 = 401): Uint8Array {
  return new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
    .errorCode(code)
    .text(StunAttribute.REALM, REALM)
    .text(StunAttribute.NONCE, 'nonce')
    .finish();
}

function success(request: StunMessage, fill: Fill = () => {}): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId);
  fill(writer);
  return writer.integrity(nodeCrypto, KEY).finish();
}

/** `sealed`: as to somebody who has proved who they are. */
function refusal(request: StunMessage, code: number, fill: Fill = () => {}, sealed = true): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId);
  fill(writer.errorCode(code));
  return (sealed ? writer.integrity(nodeCrypto, KEY) : writer).finish();
}

const alternates =
  (...servers: readonly SocketAddress[]): Fill =>
  (writer) => {
    for (const server of servers) {
      writer.attribute(StunAttribute.ALTERNATE_SERVER, encodePlainAddress(server));
    }
  };

function indication(method: number, peer: SocketAddress, fill: Fill): Uint8Array {
  const writer = new MessageWriter(method, MessageClass.INDICATION, new Uint8Array(12));
  fill(writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer));
  return writer.finish();
}

describe('300 (Try Alternate), RFC 8489 §10', () => {
  test('over UDP the client asks the other server at once, as a stranger there, and goes on with it', () => {
    const stage = new Stage();
    stage.client.allocate(0, { lifetimeSeconds: 900 });
    stage.hear(refusal(stage.challenged().message, 300, alternates(SECOND)));
    assert.deepEqual(stage.events(), [{ type: 'redirected', server: SECOND, domain: undefined }]);
    const first = stage.request();
    assert.deepEqual(first.to, SECOND);
    assert.deepEqual(first.message.attributeTypes(), [
      TurnAttribute.REQUESTED_TRANSPORT,
      TurnAttribute.LIFETIME,
    ]);
    stage.hear(challenge(first.message));
    stage.hear(success(stage.request().message, granted));
    assert.equal(stage.events()[0]?.type, 'allocated');
    assert.deepEqual(stage.client.server, SECOND);
    stage.client.permit(0, [PEER.ip]);
    assert.deepEqual(stage.request().to, SECOND);
  });

  test('a 300 before any credentials counts too', () => {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.hear(refusal(stage.request().message, 300, alternates(SECOND), false));
    assert.deepEqual(stage.request().to, SECOND);
  });

  test('a 300 that is not sealed, to a request that was, may come from anybody', () => {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.hear(refusal(stage.challenged().message, 300, alternates(SECOND), false));
    assert.deepEqual([stage.events(), stage.sent()], [[], []]);
  });

  test('over TLS the shell connects first, to the name that ALTERNATE-DOMAIN gives', () => {
    const stage = new Stage('tls');
    stage.client.allocate(0);
    const named: Fill = (writer) => {
      alternates(SECOND)(writer);
      writer.text(StunAttribute.ALTERNATE_DOMAIN, 'two.example.test');
    };
    stage.hear(refusal(stage.challenged().message, 300, named));
    assert.deepEqual(stage.events(), [{ type: 'redirected', server: SECOND, domain: 'two.example.test' }]);
    assert.deepEqual(stage.sent(), []);
    stage.client.handleConnected(0);
    assert.deepEqual(stage.request().to, SECOND);
  });

  test('a name that is none is not believed, and the address is of the family in use', () => {
    const stage = new Stage('tls');
    stage.client.allocate(0);
    const odd: Fill = (writer) => {
      alternates({ ip: '2001:db8::2', port: 3478 }, SECOND)(writer);
      writer.text(StunAttribute.ALTERNATE_DOMAIN, 'two example/../');
    };
    stage.hear(refusal(stage.challenged().message, 300, odd));
    assert.deepEqual(stage.events(), [{ type: 'redirected', server: SECOND, domain: undefined }]);
  });

  test('servers that send their clients round in a circle are left: TURN_REDIRECT_REFUSED', () => {
    const stage = new Stage();
    stage.client.allocate(0);
    for (const next of [SECOND, THIRD, SERVER]) {
      stage.hear(refusal(stage.challenged().message, 300, alternates(next)));
    }
    const closed = stage.events().at(-1);
    assert.equal(closed?.type === 'closed' && closed.failure?.code, 'TURN_REDIRECT_REFUSED');
  });

  test('not more than five servers are asked after the first', () => {
    const stage = new Stage();
    stage.client.allocate(0);
    for (let i = 1; i <= 6; i++) {
      stage.hear(refusal(stage.challenged().message, 300, alternates({ ip: '198.51.100.9', port: i })));
    }
    assert.equal(stage.events().filter(({ type }) => type === 'redirected').length, 5);
    assert.equal(stage.client.nextTimeout(), Number.POSITIVE_INFINITY);
  });

  test('a 300 that names nobody is a refusal', () => {
    const stage = new Stage();
    stage.client.allocate(0);
    stage.hear(refusal(stage.challenged().message, 300));
    assert.deepEqual(
      stage.events().map((event) => event.type),
      ['failed', 'closed'],
    );
  });
});

describe('mobility, RFC 8016', () => {
  test('§3.1: an empty ticket is asked for; with the one that comes the allocation can move', () => {
    const stage = new Stage();
    stage.client.allocate(0, { mobile: true });
    const { message } = stage.challenged();
    assert.deepEqual(message.get(TurnAttribute.MOBILITY_TICKET), new Uint8Array(0));
    stage.hear(
      success(message, (writer) => {
        granted(writer);
        ticket(TICKET)(writer);
      }),
    );
    const [allocated] = stage.events();
    assert.equal(allocated?.type === 'allocated' && allocated.mobile, true);
  });

  test('§3.1.4: where mobility is forbidden the allocation is made without', () => {
    const stage = new Stage();
    stage.client.allocate(0, { mobile: true });
    stage.hear(refusal(stage.challenged().message, 405));
    const { message } = stage.request();
    assert.equal(message.has(TurnAttribute.MOBILITY_TICKET), false);
    stage.hear(success(message, granted));
    const [allocated] = stage.events();
    assert.equal(allocated?.type === 'allocated' && allocated.mobile, false);
  });

  test('§3.2: a new path is told with the ticket, data waits for the answer, and the next move has the next ticket', () => {
    const stage = new Stage().mobile().permitted();
    for (const [now, next] of [
      [TICKET, Uint8Array.of(9, 9, 9, 9)],
      [Uint8Array.of(9, 9, 9, 9), Uint8Array.of(7, 7, 7, 7)],
    ] as const) {
      stage.client.handlePathChanged(0);
      const { message } = stage.request();
      assert.equal(message.method, TurnMethod.REFRESH);
      assert.deepEqual(message.get(TurnAttribute.MOBILITY_TICKET), now);
      assert.equal(stage.client.send(0, PEER, Uint8Array.of(1)), false);
      stage.hear(
        success(message, (writer) => {
          lifetime(writer);
          ticket(next)(writer);
        }),
      );
      assert.deepEqual(stage.events(), [{ type: 'moved' }]);
      assert.equal(stage.client.send(0, PEER, Uint8Array.of(1)), true);
      stage.sent();
    }
  });

  test('a nonce that is bound to the old address costs one round trip', () => {
    const stage = new Stage().mobile();
    stage.client.handlePathChanged(0);
    stage.hear(challenge(stage.request().message, 438));
    const { message } = stage.request();
    assert.deepEqual(message.get(TurnAttribute.MOBILITY_TICKET), TICKET);
    stage.hear(success(message, lifetime));
    assert.deepEqual(stage.events(), [{ type: 'moved' }]);
  });

  test('requests that were under way are asked again after the move, and only then', () => {
    const stage = new Stage().mobile();
    stage.client.permit(0, [PEER.ip]);
    const lost = stage.request();
    stage.client.handlePathChanged(0);
    const { message } = stage.request();
    stage.hear(success(lost.message));
    assert.deepEqual(stage.events(), []);
    stage.hear(success(message, lifetime));
    const again = stage.request();
    assert.equal(again.message.method, TurnMethod.CREATE_PERMISSION);
    stage.hear(success(again.message));
    assert.deepEqual(
      stage.events().map(({ type }) => type),
      ['moved', 'permitted'],
    );
  });

  test('moving again before the answer has come', () => {
    const stage = new Stage().mobile();
    stage.client.handlePathChanged(0);
    stage.request();
    stage.client.handlePathChanged(10);
    stage.hear(success(stage.request().message, lifetime));
    assert.deepEqual(stage.events(), [{ type: 'moved' }]);
    assert.deepEqual(stage.sent(), []);
  });

  test('an ordinary refresh has no ticket (§3.2.1)', () => {
    const stage = new Stage().mobile();
    stage.now = stage.client.nextTimeout();
    stage.client.handleTimeout(stage.now);
    assert.equal(stage.request().message.has(TurnAttribute.MOBILITY_TICKET), false);
  });

  test('without a ticket the allocation stays behind', () => {
    const stage = new Stage().allocated();
    stage.client.handlePathChanged(0);
    assert.deepEqual(stage.events(), [
      { type: 'closed', failure: { code: 'TURN_ALLOCATION_MISMATCH', status: undefined, reason: '' } },
    ]);
  });

  test('closing while moving gives the allocation back by its ticket', () => {
    const stage = new Stage().mobile();
    stage.client.handlePathChanged(0);
    stage.request();
    stage.client.close(0);
    const { message } = stage.request();
    assert.deepEqual(message.get(TurnAttribute.MOBILITY_TICKET), TICKET);
    assert.deepEqual(message.get(TurnAttribute.LIFETIME), new Uint8Array(4));
  });

  test('a stream that broke in the middle of a message: the new one begins with a whole one', () => {
    const stage = new Stage('tcp').mobile();
    stage.hear(Uint8Array.of(1, 1, 0));
    stage.client.handlePathChanged(0);
    stage.hear(success(stage.request().message, lifetime));
    assert.deepEqual(stage.events(), [{ type: 'moved' }]);
  });
});

describe('TCP relays, RFC 6062', () => {
  test('§4.1: only over TCP or TLS, and without what only UDP has', () => {
    assert.throws(() => new Stage().client.allocate(0, { protocol: 'tcp' }), TypeError);
    assert.throws(
      () => new Stage('tcp').client.allocate(0, { protocol: 'tcp', evenPort: 'even' }),
      TypeError,
    );
    const stage = new Stage('tcp');
    stage.client.allocate(0, { protocol: 'tcp' });
    const value = stage.request().message.get(TurnAttribute.REQUESTED_TRANSPORT);
    assert.deepEqual(value, Uint8Array.of(6, 0, 0, 0));
  });

  test('§4.3: Connect names the peer and yields a connection; 447 says to wait ten seconds', () => {
    const stage = new Stage('tcp').allocated({ protocol: 'tcp' });
    stage.client.connect(0, PEER);
    const { message } = stage.request();
    assert.equal(message.method, TurnMethod.CONNECT);
    stage.hear(success(message, (writer) => writer.u32(TurnAttribute.CONNECTION_ID, 0xdeadbeef)));
    assert.deepEqual(stage.events(), [
      { type: 'connected', peer: PEER, connection: connectionId(0xdeadbeef) },
    ]);
    stage.client.connect(0, PEER);
    stage.hear(refusal(stage.request().message, 447));
    const [failed] = stage.events();
    assert.ok(failed?.type === 'failed');
    assert.deepEqual(
      [failed.task, failed.peers, failed.code],
      ['connect', [PEER.ip], 'TURN_PEER_UNREACHABLE'],
    );
    assert.deepEqual(retryAdvice(failed), { kind: 'wait', ms: 10_000 });
  });

  test('§4.4: an attempt is reported for permitted peers', () => {
    const stage = new Stage('tcp').allocated({ protocol: 'tcp' }).permitted();
    const id: Fill = (writer) => writer.u32(TurnAttribute.CONNECTION_ID, 7);
    stage.hear(indication(TurnMethod.CONNECTION_ATTEMPT, { ip: '192.0.2.66', port: 1 }, id));
    stage.hear(indication(TurnMethod.CONNECTION_ATTEMPT, PEER, () => {}));
    stage.hear(indication(TurnMethod.CONNECTION_ATTEMPT, PEER, id));
    assert.deepEqual(stage.events(), [
      { type: 'connection-attempt', peer: PEER, connection: connectionId(7) },
    ]);
  });

  function dataConnection(): {
    machine: TurnDataConnection;
    next: () => StunMessage;
    events: () => DataConnectionEvent[];
  } {
    const stage = new Stage('tcp').allocated({ protocol: 'tcp' });
    const machine = stage.client.dataConnection(0, connectionId(7));
    return {
      machine,
      next: () => {
        const message = decodeMessage(machine.pollTransmit()?.bytes ?? new Uint8Array(0));
        assert.ok(message);
        return message;
      },
      events: () => {
        const events: DataConnectionEvent[] = [];
        for (let event = machine.pollEvent(); event; event = machine.pollEvent()) events.push(event);
        return events;
      },
    };
  }

  test('ConnectionBind on the second stream; what follows its answer is the peer’s, whatever it looks like', () => {
    const { machine, next, events } = dataConnection();
    // It proves at once who it is; the nonce may be bound to the other stream.
    machine.handleBytes(0, challenge(next(), 438));
    const request = next();
    assert.equal(request.method, TurnMethod.CONNECTION_BIND);
    assert.deepEqual(request.get(TurnAttribute.CONNECTION_ID), Uint8Array.of(0, 0, 0, 7));
    const answer = success(request);
    const rest = Uint8Array.of(0xff, 0x01, ...answer);
    machine.handleBytes(0, answer.subarray(0, 9));
    machine.handleBytes(0, Uint8Array.of(...answer.subarray(9), ...rest));
    assert.deepEqual(events(), [{ type: 'bound', rest }]);
    assert.equal(machine.nextTimeout(), Number.POSITIVE_INFINITY);
  });

  test('a refusal, silence, noise or the end of the stream is the end', () => {
    const ends: [string, (machine: TurnDataConnection, request: StunMessage) => void][] = [
      ['TURN_REQUEST_REFUSED', (machine, request) => machine.handleBytes(0, refusal(request, 400))],
      ['STUN_TIMED_OUT', (machine) => machine.handleTimeout(39_500)],
      ['STUN_STREAM_INVALID', (machine) => machine.handleBytes(0, Uint8Array.of(0xff))],
      ['TURN_CONNECTION_CLOSED', (machine) => machine.handleConnectionClosed(0)],
    ];
    for (const [code, end] of ends) {
      const { machine, next, events } = dataConnection();
      end(machine, next());
      const [closed, ...more] = events();
      assert.equal(closed?.type === 'closed' && closed.failure.code, code);
      assert.deepEqual([more, machine.nextTimeout()], [[], Number.POSITIVE_INFINITY]);
    }
  });
});

describe('DF and ICMP, RFC 8656 §11', () => {
  test('DF travels with an indication, though a channel is bound', () => {
    const stage = new Stage().allocated({ dontFragment: true }).permitted();
    stage.client.bindChannel(0, PEER);
    stage.hear(success(stage.request().message));
    stage.events();
    stage.client.send(0, PEER, Uint8Array.of(1), { dontFragment: true });
    const { message } = stage.request();
    assert.equal(message.method, TurnMethod.SEND);
    assert.ok(message.has(TurnAttribute.DONT_FRAGMENT));
  });

  test('§7.4: a 420 tells which attribute to leave out', () => {
    const stage = new Stage();
    stage.client.allocate(0, { dontFragment: true });
    const unknown: Fill = (writer) => writer.unknownAttributes([TurnAttribute.DONT_FRAGMENT]);
    stage.hear(refusal(stage.challenged().message, 420, unknown));
    const closed = stage.events().at(-1);
    assert.ok(closed?.type === 'closed' && closed.failure);
    assert.deepEqual(retryAdvice(closed.failure), {
      kind: 'without',
      attributes: [TurnAttribute.DONT_FRAGMENT],
    });
  });

  test('what ICMP said of a permitted peer is reported', () => {
    const stage = new Stage().allocated().permitted();
    const tooBig: Fill = (writer) =>
      writer.attribute(TurnAttribute.ICMP, Uint8Array.of(0, 0, 6, 4, 0, 0, 5, 0x78));
    stage.hear(indication(TurnMethod.DATA, { ip: '192.0.2.66', port: 1 }, tooBig));
    stage.hear(indication(TurnMethod.DATA, PEER, tooBig));
    assert.deepEqual(stage.events(), [{ type: 'icmp', peer: PEER, error: { type: 3, code: 4, data: 1400 } }]);
  });

  test('a second family that could not be had is told', () => {
    const stage = new Stage();
    stage.client.allocate(0, { family: 'both' });
    stage.hear(
      success(stage.challenged().message, (writer) => {
        granted(writer);
        writer.attribute(TurnAttribute.ADDRESS_ERROR_CODE, Uint8Array.of(2, 0, 4, 40));
      }),
    );
    const [allocated] = stage.events();
    assert.ok(allocated?.type === 'allocated');
    assert.deepEqual(allocated.missing, { family: 6, status: 440 });
  });
});

test('§7.4: what may be done after a refusal, and when', () => {
  const after = (code: Parameters<typeof retryAdvice>[0]['code'], status?: number) =>
    retryAdvice({ code, status, reason: '' });
  assert.deepEqual(after('TURN_ALLOCATION_MISMATCH', 437), {
    kind: 'another-address',
    attempts: 3,
    thenWaitMs: 120_000,
  });
  assert.deepEqual(after('TURN_QUOTA_REACHED', 486), { kind: 'wait', ms: 60_000 });
  assert.deepEqual(after('TURN_NO_CAPACITY', 508), { kind: 'wait', ms: 60_000 });
  assert.deepEqual(after('STUN_TIMED_OUT'), { kind: 'another-way' });
  assert.deepEqual(after('TURN_UNAUTHENTICATED', 401), { kind: 'never' });
});

test('over DTLS requests are repeated as over UDP: it delivers nothing by itself', () => {
  const stage = new Stage('dtls');
  stage.client.allocate(0);
  stage.request();
  stage.now = stage.client.nextTimeout();
  assert.equal(stage.now, 500);
  stage.client.handleTimeout(stage.now);
  assert.equal(stage.sent().length, 1);
});
