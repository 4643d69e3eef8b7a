/** A TURN client on its ways: sent on to other servers, moved to other addresses. RFC 8489 §10, RFC 8016. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StunAttribute } from '../../../src/stun/index.ts';
import { TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import {
  alternates,
  challenge,
  type Fill,
  granted,
  lifetime,
  PEER,
  refusal,
  SECOND,
  Stage,
  success,
  THIRD,
  TICKET,
  ticket,
} from '../../support/turn/client-stage.ts';
import { SERVER } from '../../support/turn/lab.ts';

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
