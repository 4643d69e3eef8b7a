/** Sessions: hello, cuts, resuming, duplicates, two connections of one person, the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, candidate, connected, idOf, OFFER } from '../../support/signaling/calls.ts';
import type { Person } from '../../support/signaling/person.ts';
import { RoomsWorld, type WorldOptions } from '../../support/signaling/rooms-world.ts';

function couple(options: WorldOptions = {}): { world: RoomsWorld; ada: Person; bob: Person } {
  const world = new RoomsWorld(options);
  const [ada, bob] = connected(world, 'Ada', 'Bob');
  assert.ok(ada && bob);
  return { world, ada, bob };
}

test('hello is answered by a welcome with the limits, and then by the ICE servers', () => {
  const { ada } = couple();
  assert.deepEqual(ada.welcome, {
    type: 'welcome',
    v: 1,
    session: ada.token,
    resumed: false,
    received: 0,
    limits: { messageBytes: 65_536, roomPeople: 6, resumeSeconds: 30 },
  });
  assert.deepEqual(ada.heard(), ['ice']);
});

test('before hello nothing else is answered, and after hello no second one', () => {
  const world = new RoomsWorld();
  const ada = world.stranger('Ada');
  ada.open();
  ada.say({ type: 'request', n: 1, ack: 0, request: { type: 'ping' } });
  assert.equal(codeOf(ada.replies.get(1)?.[0]), 'HELLO_REQUIRED');
  ada.say({ type: 'hello', v: 2, name: 'Ada' });
  assert.equal(ada.take('error').error.code, 'VERSION_UNSUPPORTED');
  ada.say({ type: 'hello', v: 1, name: 'Ada' });
  assert.equal(ada.welcome?.resumed, false);
  ada.say({ type: 'hello', v: 1, name: 'Ada' });
  assert.equal(ada.take('error').error.code, 'MESSAGE_MALFORMED');
  ada.ask({ type: 'ping' });
});

test('a connection that says nothing is ended', () => {
  const world = new RoomsWorld();
  const silent = world.stranger('Silent');
  silent.open();
  world.pass(19_999);
  assert.equal(silent.closedByServer, 0);
  world.pass(1);
  assert.equal(silent.closedByServer, 1);
  assert.equal(world.server.stats.connections, 0);
});

test('what is sent while somebody is away waits and comes in order, once', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  assert.equal(ada.take('participant-updated').participant.away, true);
  for (const text of ['1', '2', '3']) ada.ask({ type: 'signal', to: idOf(bob), signal: candidate(text) });
  world.pass(29_999);
  bob.connect();
  assert.equal(bob.welcome?.resumed, true);
  const heard = bob.events.flatMap((event) =>
    event.type === 'signal' && event.signal.kind === 'candidate' ? [event.signal.candidate?.candidate] : [],
  );
  assert.deepEqual(heard, ['1', '2', '3']);
  assert.equal(ada.take('participant-updated').participant.away, false);
});

test('requests that were under way when the connection broke are carried out once', () => {
  const { world, ada, bob } = couple({ instant: false });
  world.flush();
  ada.send({ type: 'create-room', visibility: 'private' });
  world.flush();
  bob.send({ type: 'join-room', room: ada.take('joined').room.id });
  world.flush();
  // The server has the first signal, but its reply is lost; the second never arrives.
  const first = ada.send({ type: 'signal', to: idOf(bob), signal: candidate('1') });
  assert.ok(ada.link);
  world.deliver(ada.link, 'toServer');
  const second = ada.send({ type: 'signal', to: idOf(bob), signal: candidate('2') });
  ada.cut();
  ada.connect();
  world.flush();
  assert.equal(ada.replies.get(first)?.length, 1);
  assert.equal(ada.replies.get(second)?.length, 1);
  assert.equal(bob.heard().filter((type) => type === 'signal').length, 2);
});

test('a session ends 30 s after its connection, to the millisecond', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  world.pass(29_999);
  ada.heard();
  // Time has come and the timer has not fired yet: whoever comes now is late.
  world.now += 1;
  bob.connect();
  assert.equal(bob.welcome?.resumed, false);
  assert.equal(ada.take('participant-left').reason, 'lost');
});

test('after the session has ended its seat opens the door again, under a new id', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob], { passcode: 'tea' });
  const before = idOf(bob);
  bob.cut();
  world.pass(60_000);
  bob.connect();
  assert.notEqual(bob.take('joined').self, before);
});

test('a newer connection takes the session, and the older one is ended', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  const before = idOf(bob);
  // The network has changed; the server does not know yet that the old connection is dead.
  bob.connect();
  assert.equal(bob.closedByServer, 1);
  assert.equal(bob.welcome?.resumed, true);
  assert.equal(world.server.stats.connections, 2);
  assert.deepEqual(ada.heard(), [], 'the others notice nothing');
  ada.ask({ type: 'signal', to: before, signal: OFFER });
  bob.take('signal');
});

test('a hello that was long under way takes nothing from a connection that was opened later', () => {
  const { world, ada, bob } = couple({ instant: false });
  world.flush();
  bob.connect(); // its hello hangs in the network
  const late = bob.link;
  bob.connect();
  const current = bob.link;
  assert.ok(late && current);
  world.deliver(current, 'toServer');
  world.deliver(late, 'toServer');
  world.flush();
  assert.equal(bob.link, current, 'still the newer one');
  bob.send({ type: 'ping' });
  ada.send({ type: 'ping' });
  world.flush();
  assert.equal(world.server.stats.connections, 2);
  assert.equal(bob.replies.size, 1);
});

test('a request that is said twice is carried out and answered once', () => {
  const { ada, bob } = couple();
  callOf([ada, bob]);
  const frame = {
    type: 'request',
    n: 99,
    ack: 0,
    request: { type: 'signal', to: idOf(bob), signal: OFFER },
  };
  ada.say(frame);
  ada.say(frame);
  ada.say({ ...frame, n: 98 });
  assert.equal(ada.replies.get(99)?.length, 1);
  assert.equal(ada.replies.get(98), undefined);
  assert.deepEqual(bob.heard(), ['signal']);
});

test('a client that confirms what was never sent is told so, and nothing is carried out', () => {
  const { ada, bob } = couple();
  callOf([ada, bob]);
  ada.say({ type: 'request', n: 50, ack: 1_000, request: { type: 'leave-room' } });
  assert.equal(codeOf(ada.replies.get(50)?.[0]), 'MESSAGE_MALFORMED');
  assert.deepEqual(bob.heard(), []);
});

test('a hello that confirms what was never sent gets a new session and keeps its stay by the seat', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  const before = idOf(bob);
  bob.cut();
  bob.connect({ received: 1_000 });
  assert.equal(bob.welcome?.resumed, false);
  assert.equal(bob.take('joined').self, before);
  assert.deepEqual(ada.heard(), ['participant-updated', 'participant-updated']);
  world.pass(60_000);
  assert.equal(world.server.stats.sessions, 2, 'the old session is gone');
  assert.deepEqual(ada.heard(), [], 'and its end takes nobody along');
});

test('a hello without the seat ends what cannot be continued', () => {
  const { ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  ada.heard();
  bob.connect({ received: 1_000, seat: false });
  assert.equal(ada.take('participant-left').reason, 'lost');
});

test('a session token is worth nothing when it was changed', () => {
  const { world, ada } = couple();
  const { token } = ada;
  assert.ok(token);
  ada.cut();
  for (const forged of [`${token}x`, token.slice(1), token.replace('.', ''), 'a.b', '.', '...', 'ä']) {
    const thief = world.stranger('Thief');
    thief.open();
    thief.say({ type: 'hello', v: 1, name: 'Thief', session: { token: forged, received: 0 } });
    assert.equal(thief.welcome?.resumed, false);
  }
});

test('a name that was changed while away is told to the others', () => {
  const { ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  ada.heard();
  bob.connect({ name: 'Robert' });
  assert.ok(ada.events.some((e) => e.type === 'participant-updated' && e.participant.name === 'Robert'));
});

test('when everybody is gone nothing is left but the empty room, and then not even that', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  ada.cut();
  bob.cut();
  world.pass(30_000);
  assert.deepEqual(world.server.stats, {
    connections: 0,
    sessions: 0,
    participants: 0,
    rooms: 0,
    emptyRooms: 1,
    lobbyWatchers: 0,
  });
  world.pass(6 * 3_600_000);
  assert.equal(world.server.stats.emptyRooms, 0);
  assert.ok(world.idle);
});

function codeOf(reply: { ok: boolean; error?: { code: string } } | undefined): string | undefined {
  return reply?.error?.code;
}

test('a page that is going keeps its seat for a reload, and for no longer', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  bob.ask({ type: 'step-out' });
  bob.cut();
  assert.equal(ada.take('participant-updated').participant.away, true);
  world.pass(7_999);
  assert.ok(!ada.heard().includes('participant-left'));
  world.pass(1);
  assert.deepEqual(ada.take('participant-left'), {
    type: 'participant-left',
    participant: idOf(bob),
    reason: 'left',
  });
});

test('one who came back after stepping out has the full time again', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  bob.ask({ type: 'step-out' });
  bob.cut();
  world.pass(5_000);
  bob.connect();
  bob.cut();
  ada.heard();
  world.pass(29_999);
  assert.ok(!ada.heard().includes('participant-left'));
  world.pass(1);
  assert.equal(ada.take('participant-left').reason, 'lost');
});
