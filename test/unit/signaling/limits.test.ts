/** Bounds: rates, mailboxes, numbers of sessions and rooms; ICE configurations and the end of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, candidate, connected, idOf, OFFER, seatOf } from '../../support/signaling/calls.ts';
import type { Person } from '../../support/signaling/person.ts';
import { RoomsWorld, type WorldOptions } from '../../support/signaling/rooms-world.ts';

function couple(options: WorldOptions = {}): { world: RoomsWorld; ada: Person; bob: Person } {
  const world = new RoomsWorld(options);
  const [ada, bob] = connected(world, 'Ada', 'Bob');
  assert.ok(ada && bob);
  return { world, ada, bob };
}

test('a flood is answered with RATE_LIMITED, request by request, and the connection stays', () => {
  const { world, ada, bob } = couple({ connectionRate: { perSecond: 10, burst: 40 } });
  const answers: string[] = [];
  for (let i = 0; i < 60; i++) {
    const reply = ada.request({ type: 'ping' });
    answers.push(reply.ok ? 'ok' : reply.error.code);
  }
  // hello has cost 10 of the 40
  assert.deepEqual(answers, [...Array(30).fill('ok'), ...Array(30).fill('RATE_LIMITED')]);
  assert.equal(bob.ask({ type: 'ping' }).ok, true);
  assert.equal(ada.closedByServer, 0);
  world.pass(1_000);
  assert.equal(ada.ask({ type: 'ping' }).ok, true);
});

test('the default rate carries the ICE exchange of six people that come at once', () => {
  const world = new RoomsWorld();
  const people = [1, 2, 3, 4, 5, 6].map((i) => world.person(`Person ${i}`, '192.0.2.1'));
  callOf(people);
  for (const from of people) {
    for (const to of people) {
      if (from === to) continue;
      from.ask({ type: 'signal', to: idOf(to), signal: OFFER });
      for (let i = 0; i < 40; i++) from.ask({ type: 'signal', to: idOf(to), signal: candidate(`${i}`) });
    }
  }
});

test('one address has a rate of its own, an IPv6 subscriber counts as one', () => {
  const world = new RoomsWorld({ addressRate: { perSecond: 1, burst: 35 } });
  const first = world.person('One', '2001:db8:1:2::1');
  const second = world.person('Two', '2001:db8:1:2:ffff::2');
  const other = world.person('Three', '2001:db8:1:3::1');
  for (let i = 0; i < 15; i++) first.ask({ type: 'ping' });
  assert.equal(second.refused({ type: 'ping' }), 'RATE_LIMITED');
  other.ask({ type: 'ping' });
});

test('one connection that floods leaves the others of its address their share', () => {
  const world = new RoomsWorld({
    connectionRate: { perSecond: 10, burst: 50 },
    addressRate: { perSecond: 100, burst: 500 },
  });
  const flooder = world.person('Flooder');
  const neighbour = world.person('Neighbour');
  for (let i = 0; i < 2_000; i++) flooder.request({ type: 'ping' });
  neighbour.ask({ type: 'ping' });
});

test('large messages cost more than small ones', () => {
  const { ada, bob } = couple({ connectionRate: { perSecond: 1, burst: 60 } });
  callOf([ada, bob]);
  const large = {
    kind: 'description',
    description: { type: 'offer', sdp: 'x'.repeat(60_000) },
  } as const;
  ada.ask({ type: 'signal', to: idOf(bob), signal: large });
  ada.ask({ type: 'signal', to: idOf(bob), signal: large });
  ada.ask({ type: 'signal', to: idOf(bob), signal: large });
  assert.equal(ada.refused({ type: 'signal', to: idOf(bob), signal: large }), 'RATE_LIMITED');
});

test('a mailbox takes what the other side can be expected to want, and then says so', () => {
  const { world, ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  let taken = 0;
  let code: string | undefined;
  for (let i = 0; code === undefined; i++) {
    const reply = ada.request({ type: 'signal', to: idOf(bob), signal: candidate(`${i}`) });
    if (reply.ok) taken += 1;
    else code = reply.error.code;
  }
  assert.equal(code, 'MAILBOX_FULL');
  assert.ok(taken >= 150 && taken <= 192, `${taken} signals`);
  // What the room has to say still has its place, so that the session can be continued.
  for (let i = 0; i < 20; i++) ada.ask({ type: 'rename', name: `Ada ${i}` });
  world.pass(1_000);
  bob.connect();
  assert.equal(bob.welcome?.resumed, true);
  assert.equal(bob.heard().filter((type) => type === 'signal').length, taken);
  ada.ask({ type: 'signal', to: idOf(bob), signal: OFFER });
});

test('a mailbox is bounded in bytes too', () => {
  const { ada, bob } = couple();
  callOf([ada, bob]);
  bob.cut();
  const signal = { kind: 'description', description: { type: 'offer', sdp: 'x'.repeat(50_000) } } as const;
  for (let i = 0; i < 15; i++) ada.ask({ type: 'signal', to: idOf(bob), signal });
  assert.equal(ada.refused({ type: 'signal', to: idOf(bob), signal }), 'MAILBOX_FULL');
});

test('who misses more than an outbox holds gets a new session, and keeps the stay by the seat', () => {
  const { ada, bob } = couple({ outbox: { maxFrames: 8, maxBytes: 100_000 } });
  callOf([ada, bob]);
  const before = idOf(bob);
  bob.cut();
  for (let i = 0; i < 20; i++) ada.ask({ type: 'rename', name: `Ada ${i}` });
  bob.connect();
  assert.equal(bob.welcome?.resumed, false);
  const joined = bob.take('joined');
  assert.equal(joined.self, before);
  assert.equal(joined.participants[0]?.name, 'Ada 19');
});

test('a connection that takes thousands of events and confirms none is ended', () => {
  const { world, ada, bob } = couple({ connectionRate: { perSecond: 1e6, burst: 1e6 } });
  callOf([ada, bob]);
  for (let i = 0; i < 2_100 && bob.closedByServer === 0; i++) {
    ada.ask({ type: 'signal', to: idOf(bob), signal: OFFER });
    if (i % 1_000 === 0) world.pass(1_000);
  }
  assert.equal(bob.closedByServer, 1);
  bob.connect();
  assert.equal(bob.welcome?.resumed, true, 'it had received everything, and says so now');
});

test('a full server takes nobody new, but lets those in a call go on', () => {
  const { world, ada, bob } = couple({ maxSessions: 2 });
  callOf([ada, bob]);
  const third = world.person('Third');
  assert.equal(third.take('error').error.code, 'SERVER_FULL');
  bob.cut();
  const fourth = world.person('Fourth');
  assert.equal(fourth.take('error').error.code, 'SERVER_FULL', 'the seat of who is away is kept');
  bob.connect();
  assert.equal(bob.welcome?.resumed, true);
});

test('who is away and in no room makes way when the server is full', () => {
  const { world, ada, bob } = couple({ maxSessions: 2 });
  callOf([ada]);
  bob.cut();
  assert.equal(world.person('Third').welcome?.resumed, false);
});

test('rooms are bounded; empty ones are forgotten first, the oldest at the head', () => {
  const { world, ada, bob } = couple({ maxRooms: 3, maxEmptyRooms: 2 });
  const rooms = [1, 2, 3].map(() => {
    const room = callOf([ada], { passcode: 'x' });
    ada.ask({ type: 'leave-room' });
    return room;
  });
  assert.equal(world.server.stats.emptyRooms, 2);
  const [first, second, third] = rooms;
  assert.ok(first && second && third);
  assert.equal(bob.refused({ type: 'join-room', room: first, passcode: 'x' }), 'ROOM_UNKNOWN');
  bob.ask({ type: 'join-room', room: second, passcode: 'x' });
  callOf([ada]);
  callOf([world.person('Cem')]); // makes the third go
  assert.equal(world.person('Dan').refused({ type: 'create-room', visibility: 'private' }), 'SERVER_FULL');
  assert.equal(world.server.stats.emptyRooms, 0);
});

test('one address opens so many rooms at once, and then one a second', () => {
  const { world, ada } = couple({ roomRate: { perSecond: 1, burst: 2 } });
  for (let i = 0; i < 2; i++) {
    callOf([ada]);
    ada.ask({ type: 'leave-room' });
  }
  assert.equal(ada.refused({ type: 'create-room', visibility: 'private' }), 'RATE_LIMITED');
  world.pass(1_000);
  callOf([ada]);
});

test('ICE servers come again at half of their life, and on request', () => {
  const { world, ada } = couple();
  const first = ada.take('ice').ice;
  world.pass(299_999);
  assert.deepEqual(ada.heard(), []);
  world.pass(1);
  const second = ada.take('ice').ice;
  assert.notDeepEqual(second, first);
  ada.ask({ type: 'refresh-ice' });
  ada.take('ice');
  world.pass(299_999);
  assert.deepEqual(ada.heard(), [], 'asking moves the next time');
  world.pass(1);
  ada.take('ice');
});

test('people at the door who rename themselves in circles do not bury the host', () => {
  const world = new RoomsWorld();
  const host = world.person('Host', '192.0.2.1');
  const room = callOf([host], { visibility: 'public' });
  const waiting = Array.from({ length: 16 }, (_, i) => world.person(`Guest ${i}`, `198.51.100.${i}`));
  for (const guest of waiting) guest.ask({ type: 'join-room', room });
  for (const guest of waiting) {
    for (let i = 0; i < 600; i++) guest.request({ type: 'rename', name: `Guest called ${i}` });
  }
  assert.equal(host.closedByServer, 0);
  assert.ok(host.events.length < 1_200, `${host.events.length} events`);
});

test('who is away gets no ICE servers then, and fresh ones when back', () => {
  const { world, ada } = couple({ resumeMs: 1_000_000 });
  ada.heard();
  ada.cut();
  world.pass(900_000);
  ada.connect();
  assert.deepEqual(ada.heard(), ['ice']);
});

test('a server that drains says so, spreads the returns, and lets nobody new in', () => {
  const { world, ada, bob } = couple();
  const room = callOf([ada, bob]);
  const seat = seatOf(bob);
  world.drain(1_000);
  const waits = [ada, bob].map((person) => person.take('draining').reconnectInMs);
  for (const wait of waits) assert.ok(wait >= 1_000 && wait < 2_000);
  ada.ask({ type: 'signal', to: idOf(bob), signal: OFFER });
  const late = world.person('Late');
  assert.equal(late.take('error').error.code, 'SERVER_DRAINING');
  bob.ask({ type: 'leave-room' });
  assert.equal(bob.refused({ type: 'join-room', room, seat }), 'SERVER_DRAINING');
  assert.equal(bob.refused({ type: 'create-room', visibility: 'private' }), 'SERVER_DRAINING');
});

test('a short secret is refused when the server is made', () => {
  assert.throws(() => new RoomsWorld({ secret: new Uint8Array(15) }), RangeError);
});

test('the same inputs and the same seed give the same texts', () => {
  const run = (): string[] => {
    const { world, ada, bob } = couple({ seed: 42 });
    callOf([ada, bob], { passcode: 'x', visibility: 'public' });
    bob.cut();
    ada.ask({ type: 'set-room', passcode: 'y' });
    world.pass(1_000);
    bob.connect();
    return world.sent;
  };
  assert.deepEqual(run(), run());
});
