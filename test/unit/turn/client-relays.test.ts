/** A TURN client with TCP relays, DF, ICMP and DTLS, and what it may do after a refusal. RFC 6062, RFC 8656 §7.4, §11. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMessage, type StunMessage } from '../../../src/stun/index.ts';
import {
  connectionId,
  type DataConnectionEvent,
  retryAdvice,
  TurnAttribute,
  type TurnDataConnection,
  TurnMethod,
} from '../../../src/turn/index.ts';
import {
  challenge,
  type Fill,
  granted,
  indication,
  PEER,
  refusal,
  Stage,
  success,
} from '../../support/turn/client-stage.ts';

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
