/** Doors: passcodes, locks, knocking, public rooms, people who were removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, connected, idOf, knockOf, roomOf } from '../../support/signaling/calls.ts';
import type { Person } from '../../support/signaling/person.ts';
import { RoomsWorld, type WorldOptions } from '../../support/signaling/rooms-world.ts';

function trio(options: WorldOptions = {}): { world: RoomsWorld; ada: Person; bob: Person; cem: Person } {
  const world = new RoomsWorld(options);
  const [ada, bob, cem] = connected(world, 'Ada', 'Bob', 'Cem');
  assert.ok(ada && bob && cem);
  return { world, ada, bob, cem };
}

test('a passcode is asked for, and its digest is all that is kept', () => {
  const { ada, bob, world } = trio();
  const room = callOf([ada], { passcode: 'öffne dich' });
  assert.equal(bob.refused({ type: 'join-room', room }), 'PASSCODE_REQUIRED');
  assert.equal(bob.refused({ type: 'join-room', room, passcode: 'offne dich' }), 'PASSCODE_WRONG');
  assert.equal(bob.ask({ type: 'join-room', room, passcode: 'öffne dich' }).status, 'joined');
  for (const text of world.sent) assert.ok(!text.includes('öffne dich'));
});

test('a passcode can be changed and taken away', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada], { passcode: 'one' });
  ada.ask({ type: 'set-room', passcode: 'two' });
  assert.equal(bob.refused({ type: 'join-room', room, passcode: 'one' }), 'PASSCODE_WRONG');
  bob.ask({ type: 'join-room', room, passcode: 'two' });
  ada.ask({ type: 'set-room', passcode: null });
  cem.ask({ type: 'join-room', room });
});

test('after ten wrong passcodes an address must wait, even with the right one; other addresses need not', () => {
  const { world, ada, bob, cem } = trio();
  const room = callOf([ada], { passcode: 'right' });
  for (let i = 0; i < 10; i++) {
    assert.equal(bob.refused({ type: 'join-room', room, passcode: `wrong ${i}` }), 'PASSCODE_WRONG');
  }
  assert.equal(bob.refused({ type: 'join-room', room, passcode: 'right' }), 'RATE_LIMITED');
  // A new session from the same address does not help.
  bob.cut();
  bob.connect({ session: false });
  assert.equal(bob.refused({ type: 'join-room', room, passcode: 'right' }), 'RATE_LIMITED');
  cem.ask({ type: 'join-room', room, passcode: 'right' });
  world.pass(6_000);
  bob.ask({ type: 'join-room', room, passcode: 'right' });
});

test('right passcodes cost nothing: a whole class comes in from one address', () => {
  const world = new RoomsWorld({ roomPeople: 64 });
  const host = world.person('Host');
  const room = callOf([host], { passcode: 'class' });
  for (let i = 0; i < 50; i++) world.person(`Pupil ${i}`).ask({ type: 'join-room', room, passcode: 'class' });
});

test('a locked room lets nobody in, not even with the passcode, until it is unlocked', () => {
  const { ada, bob } = trio();
  const room = callOf([ada], { passcode: 'tea' });
  ada.ask({ type: 'set-room', locked: true });
  assert.equal(bob.refused({ type: 'join-room', room, passcode: 'tea' }), 'ROOM_LOCKED');
  ada.ask({ type: 'set-room', locked: false });
  bob.ask({ type: 'join-room', room, passcode: 'tea' });
});

test('who knocks waits, and is in when the host admits', () => {
  const { ada, bob } = trio();
  const room = callOf([ada], { entry: 'ask' });
  bob.heard();
  assert.equal(bob.ask({ type: 'join-room', room }).status, 'waiting');
  const knock = ada.take('knock');
  assert.equal(knock.name, 'Bob');
  ada.ask({ type: 'admit', participant: knock.participant, allow: true });
  assert.equal(bob.take('joined').self, knock.participant);
  assert.equal(ada.take('participant-joined').participant.id, knock.participant);
});

test('who is declined is told, and waits half a minute before knocking again', () => {
  const { world, ada, bob } = trio();
  const room = callOf([ada], { entry: 'ask' });
  bob.ask({ type: 'join-room', room });
  const knocker = knockOf(ada);
  ada.ask({ type: 'admit', participant: knocker, allow: false });
  assert.equal(bob.take('out').reason, 'declined');
  assert.equal(ada.refused({ type: 'admit', participant: knocker, allow: true }), 'PARTICIPANT_UNKNOWN');
  assert.equal(bob.refused({ type: 'join-room', room }), 'RATE_LIMITED');
  world.pass(30_000);
  assert.equal(bob.ask({ type: 'join-room', room }).status, 'waiting');
});

test('a knock ends when the one who knocked goes, or is gone for too long', () => {
  const { world, ada, bob, cem } = trio();
  const room = callOf([ada], { entry: 'ask' });
  bob.ask({ type: 'join-room', room });
  cem.ask({ type: 'join-room', room });
  const [first, second] = [knockOf(ada), knockOf(ada)];
  bob.ask({ type: 'leave-room' });
  assert.equal(ada.take('knock-gone').participant, first);
  cem.cut();
  world.pass(29_999);
  assert.deepEqual(ada.heard(), [], 'a short cut does not end the knock');
  world.pass(1);
  assert.equal(ada.take('knock-gone').participant, second);
});

test('one who knocked can be admitted while reconnecting', () => {
  const { ada, bob } = trio();
  const room = callOf([ada], { entry: 'ask' });
  bob.ask({ type: 'join-room', room });
  bob.cut();
  ada.ask({ type: 'admit', participant: knockOf(ada), allow: true });
  assert.equal(ada.take('participant-joined').participant.away, true);
  bob.connect();
  assert.equal(bob.take('joined').room.id, room);
  assert.equal(ada.take('participant-updated').participant.away, false);
});

test('a new host is told who is at the door', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada, bob], { entry: 'ask' });
  cem.ask({ type: 'join-room', room });
  ada.ask({ type: 'leave-room' });
  bob.ask({ type: 'admit', participant: knockOf(bob), allow: true });
  assert.equal(cem.take('joined').room.host, idOf(bob));
});

test('when nobody is left to ask, the first at the door is in and decides about the others', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada], { entry: 'ask' });
  bob.ask({ type: 'join-room', room });
  cem.ask({ type: 'join-room', room });
  ada.ask({ type: 'leave-room' });
  assert.equal(bob.take('joined').room.host, bob.self);
  bob.ask({ type: 'admit', participant: knockOf(bob), allow: true });
  cem.take('joined');
});

test('opening the door lets in those who wait, as many as there are seats', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada], { entry: 'ask', limit: 2 });
  bob.ask({ type: 'join-room', room });
  cem.ask({ type: 'join-room', room });
  ada.ask({ type: 'set-room', entry: 'open' });
  bob.take('joined');
  assert.ok(!cem.heard().includes('joined'));
  const [, second] = [knockOf(ada), knockOf(ada)];
  assert.equal(ada.refused({ type: 'admit', participant: second, allow: true }), 'ROOM_FULL');
  bob.ask({ type: 'leave-room' });
  ada.ask({ type: 'admit', participant: second, allow: true });
  cem.take('joined');
});

test('a new passcode turns away who waits at the door: nobody slips in behind it', () => {
  for (const then of ['the host opens the room', 'the host leaves'] as const) {
    const { world, ada, bob } = trio();
    const room = callOf([ada], { entry: 'ask' });
    bob.ask({ type: 'join-room', room });
    const entry = then === 'the host opens the room' ? 'open' : 'ask';
    ada.ask({ type: 'set-room', passcode: 'new', entry });
    if (then === 'the host leaves') ada.ask({ type: 'leave-room' });
    assert.equal(bob.take('out').reason, 'declined', then);
    if (then === 'the host opens the room') ada.take('knock-gone');
    world.pass(30_000);
    assert.equal(bob.refused({ type: 'join-room', room }), 'PASSCODE_REQUIRED');
    assert.equal(bob.ask({ type: 'join-room', room, passcode: 'new' }).status, 'joined');
  }
});

test('more people than a host would look at are not kept at the door', () => {
  const { world, ada } = trio({ maxKnocks: 2 });
  const room = callOf([ada], { entry: 'ask' });
  const knockers = [1, 2, 3].map((i) => world.person(`Visitor ${i}`));
  const [first, second, third] = knockers;
  assert.ok(first && second && third);
  first.ask({ type: 'join-room', room });
  second.ask({ type: 'join-room', room });
  assert.equal(third.refused({ type: 'join-room', room }), 'ROOM_FULL');
});

test('a public room asks who knocks unless it says otherwise; so does one that becomes public', () => {
  const { ada, bob, cem } = trio();
  callOf([ada], { visibility: 'public' });
  assert.equal(bob.ask({ type: 'join-room', room: roomOf(ada) }).status, 'waiting');
  callOf([cem]);
  cem.ask({ type: 'set-room', visibility: 'public' });
  assert.equal(cem.take('room-updated').room.entry, 'ask');
  cem.ask({ type: 'set-room', visibility: 'private', entry: 'open' });
  cem.ask({ type: 'set-room', visibility: 'public', entry: 'open' });
  assert.equal(cem.room?.entry, 'open');
});

test('who is removed is told, and comes back neither by the link nor by the seat', () => {
  const { ada, bob, cem } = trio();
  const room = callOf([ada, bob, cem]);
  const seat = bob.seat;
  ada.ask({ type: 'remove', participant: idOf(bob) });
  assert.equal(bob.take('out').reason, 'removed');
  assert.equal(cem.take('participant-left').reason, 'removed');
  assert.equal(bob.refused({ type: 'join-room', room }), 'ROOM_REMOVED');
  // A reloaded page has a new session and still the old seat.
  bob.reload();
  assert.equal(bob.refused({ type: 'join-room', room, ...(seat && { seat }) }), 'ROOM_REMOVED');
  // Without the seat it is a stranger: an open room is open, which is why the host can lock it.
  bob.ask({ type: 'join-room', room });
});

test('a host removes neither itself nor somebody who is not inside', () => {
  const { ada, bob } = trio();
  callOf([ada]);
  callOf([bob]);
  assert.equal(ada.refused({ type: 'remove', participant: idOf(ada) }), 'PARTICIPANT_UNKNOWN');
  assert.equal(ada.refused({ type: 'remove', participant: idOf(bob) }), 'PARTICIPANT_UNKNOWN');
});
