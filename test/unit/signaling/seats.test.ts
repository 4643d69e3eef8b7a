/** Seats: the reloaded page, the duplicated tab, the server that comes back with an empty memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, connected, idOf, knockOf, OFFER, roomOf, seatOf } from '../../support/signaling/calls.ts';
import type { Person } from '../../support/signaling/person.ts';
import { RoomsWorld, type WorldOptions } from '../../support/signaling/rooms-world.ts';

function trio(options: WorldOptions = {}): { world: RoomsWorld; ada: Person; bob: Person; cem: Person } {
  const world = new RoomsWorld(options);
  const [ada, bob, cem] = connected(world, 'Ada', 'Bob', 'Cem');
  assert.ok(ada && bob && cem);
  return { world, ada, bob, cem };
}

test('a reloaded page comes back without passcode or knock, and the host is host again', () => {
  const { ada, bob } = trio();
  const room = callOf([ada, bob], { passcode: 'tea', entry: 'ask' });
  ada.ask({ type: 'set-room', locked: true });
  bob.heard();
  const before = idOf(ada);
  const seat = seatOf(ada);
  ada.reload();
  assert.equal(ada.ask({ type: 'join-room', room, seat }).status, 'joined');
  const joined = ada.take('joined');
  assert.notEqual(joined.self, before);
  assert.equal(joined.room.host, joined.self);
  // A -> away, the old stay ends, the new one begins, the host has a new id
  assert.deepEqual(bob.heard(), [
    'participant-updated',
    'participant-left',
    'participant-joined',
    'room-updated',
  ]);
  assert.equal(bob.room?.host, ada.self);
});

test('a full room has a place for the reloaded page of somebody inside', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada, bob], { limit: 2 });
  const seat = seatOf(bob);
  bob.reload();
  assert.equal(cem.refused({ type: 'join-room', room }), 'ROOM_FULL');
  bob.ask({ type: 'join-room', room, seat });
});

test('a duplicated tab takes the seat, and the first tab is told', () => {
  const { world, ada, bob } = trio();
  const room = callOf([ada, bob]);
  const tab = world.person('Bob', '192.0.2.2');
  tab.ask({ type: 'join-room', room, seat: seatOf(bob) });
  assert.equal(bob.take('out').reason, 'replaced');
  assert.equal(ada.take('participant-left').reason, 'rejoined');
  assert.equal(bob.refused({ type: 'signal', to: idOf(ada), signal: OFFER }), 'NOT_IN_ROOM');
});

test('a seat of another room, or a forged one, is as good as none', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada], { passcode: 'tea' });
  callOf([bob]);
  assert.equal(cem.refused({ type: 'join-room', room, seat: seatOf(bob) }), 'PASSCODE_REQUIRED');
  assert.equal(cem.refused({ type: 'join-room', room, seat: `${seatOf(ada)}x` }), 'PASSCODE_REQUIRED');
  assert.equal(cem.refused({ type: 'join-room', room, seat: 'x.y' }), 'PASSCODE_REQUIRED');
});

test('who left before the door was shut comes to a shut door; who was inside does not', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada, bob, cem]);
  bob.ask({ type: 'leave-room' });
  ada.ask({ type: 'set-room', locked: true });
  cem.ask({ type: 'leave-room' });
  assert.equal(bob.refused({ type: 'join-room', room, seat: seatOf(bob) }), 'ROOM_LOCKED');
  assert.equal(cem.ask({ type: 'join-room', room, seat: seatOf(cem) }).status, 'joined');
});

test('a seat does not live for ever, but as long as the call does', () => {
  const { world, ada, bob, cem } = trio({ seatMs: 3_600_000 });
  const room = callOf([ada, bob, cem], { passcode: 'tea' });
  const old = seatOf(bob);
  bob.ask({ type: 'leave-room' });
  world.pass(3_600_000);
  assert.equal(bob.refused({ type: 'join-room', room, seat: old }), 'PASSCODE_REQUIRED');
  const fresh = seatOf(cem);
  cem.reload();
  cem.ask({ type: 'join-room', room, seat: fresh });
  assert.equal(roomOf(ada), room);
});

test('after a restart people take their seats again under their old ids, in any order', () => {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    const { world, ada, bob, cem } = trio();
    const people = [ada, bob, cem];
    const room = callOf(people, { title: 'Tea', passcode: 'tea', entry: 'ask' });
    ada.ask({ type: 'set-room', locked: true });
    for (const person of people) person.heard();
    const ids = people.map(idOf);
    world.restart();
    for (const i of order) people[i]?.connect();
    assert.deepEqual(people.map(idOf), ids);
    for (const person of people) {
      assert.equal(person.welcome?.resumed, false);
      assert.equal(person.room?.id, room);
      assert.equal(person.room.host, ids[0], 'the host is the host again');
      assert.equal(person.room.title, 'Tea');
      assert.deepEqual([person.room.locked, person.room.passcode, person.room.entry], [true, true, 'ask']);
    }
    // ICE servers come before the seat: who takes it up must know them.
    assert.deepEqual(people[order[2] ?? 0]?.heard().slice(0, 2), ['ice', 'joined']);
    ada.ask({ type: 'signal', to: idOf(cem), signal: OFFER });
    cem.take('signal');
    const stranger = world.person('Stranger');
    assert.equal(stranger.refused({ type: 'join-room', room, passcode: 'tea' }), 'ROOM_LOCKED');
  }
});

test('while the host is missing after a restart somebody else is host', () => {
  const { world, ada, bob, cem } = trio();
  callOf([ada, bob], { entry: 'ask' });
  world.restart();
  bob.connect();
  assert.equal(bob.take('joined').room.host, idOf(bob));
  cem.connect();
  assert.equal(cem.ask({ type: 'join-room', room: roomOf(bob) }).status, 'waiting');
  knockOf(bob);
  ada.connect();
  ada.take('joined');
  assert.equal(bob.take('room-updated').room.host, idOf(ada));
  ada.ask({ type: 'admit', participant: knockOf(ada), allow: true });
});

test('a reload and a restart at the same moment', () => {
  const { world, ada, bob } = trio();
  const room = callOf([ada, bob], { passcode: 'tea' });
  const seat = seatOf(ada);
  world.restart();
  ada.forget();
  ada.connect({ seat: false });
  ada.ask({ type: 'join-room', room, seat });
  bob.connect();
  assert.equal(bob.take('joined').room.host, ada.self);
  assert.equal(ada.room?.host, ada.self);
});

test('who comes back more than half a minute after the others gets a new id', () => {
  const { world, ada, bob } = trio();
  callOf([ada, bob]);
  const before = idOf(bob);
  world.restart();
  ada.connect();
  world.pass(30_000);
  bob.connect();
  assert.notEqual(bob.take('joined').self, before);
  assert.equal(ada.take('participant-joined').participant.id, bob.self);
});

test('an open link works after a restart, a protected one only in the hands of somebody who was inside', () => {
  const { world, ada, bob, cem } = trio();
  const open = callOf([ada]);
  const protectedRoom = callOf([bob], { passcode: 'tea' });
  world.restart();
  cem.connect();
  assert.equal(cem.refused({ type: 'join-room', room: protectedRoom, passcode: 'tea' }), 'ROOM_UNKNOWN');
  assert.equal(cem.ask({ type: 'join-room', room: open }).status, 'joined');
  assert.equal(cem.take('joined').room.host, cem.self);
  bob.connect();
  cem.ask({ type: 'leave-room' });
  cem.ask({ type: 'join-room', room: protectedRoom, passcode: 'tea' });
});

test('a room that came back by its link learns from seats what its host had decided', () => {
  const { world, ada, bob, cem } = trio();
  const room = callOf([ada, bob], { title: 'Tea' });
  ada.ask({ type: 'set-room', locked: true });
  world.restart();
  cem.connect();
  cem.ask({ type: 'join-room', room });
  bob.connect();
  assert.equal(bob.take('joined').self, bob.self);
  assert.deepEqual([cem.room?.title, cem.room?.locked], ['Tea', true]);
  ada.connect();
  assert.equal(cem.room?.host, idOf(ada));
});

test('who was removed does not come back through a restart, whoever returns first', () => {
  for (const removedFirst of [true, false]) {
    const { world, ada, bob, cem } = trio();
    const room = callOf([ada, bob, cem]);
    ada.ask({ type: 'remove', participant: idOf(cem) });
    const seat = seatOf(cem);
    world.restart();
    const returnCem = () => {
      cem.forget();
      cem.connect(); // says the old seat in hello
    };
    if (removedFirst) returnCem();
    ada.connect();
    bob.connect();
    if (!removedFirst) returnCem();
    if (removedFirst) assert.equal(cem.take('out').reason, 'removed');
    else assert.equal(cem.take('error').error.code, 'ROOM_REMOVED');
    assert.equal(cem.refused({ type: 'join-room', room, seat }), 'ROOM_REMOVED');
    assert.equal(world.server.stats.participants, 2);
    assert.equal(bob.room?.host, idOf(ada));
  }
});

test('a seat that is no good leaves its owner in the lobby, and says so', () => {
  const { world, ada } = trio();
  callOf([ada]);
  ada.seat = 'no seat';
  world.restart();
  ada.connect();
  assert.equal(ada.take('error').error.code, 'SEAT_STALE');
  ada.ask({ type: 'create-room', visibility: 'private' });
});

test('a server with another secret knows nobody', () => {
  const { world, ada } = trio();
  const room = callOf([ada]);
  const other = new RoomsWorld({ secret: new Uint8Array(32).fill(8) });
  const stranger = other.person('Ada');
  assert.equal(stranger.refused({ type: 'join-room', room, seat: seatOf(ada) }), 'ROOM_UNKNOWN');
  assert.equal(world.server.stats.rooms, 1);
});
