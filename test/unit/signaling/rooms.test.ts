/** Rooms: coming in, going, who is told, who may do what. Spoken to as a page does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, candidate, connected, idOf, knockOf, OFFER, roomOf } from '../../support/signaling/calls.ts';
import { RoomsWorld } from '../../support/signaling/rooms-world.ts';

function cast<const Names extends readonly string[]>(...names: Names) {
  const world = new RoomsWorld();
  const people = connected(world, ...names);
  return { world, people: people as { [K in keyof Names]: (typeof people)[number] } };
}

test('the first in a room is its host, and those inside hear who comes and goes', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  const media = { microphone: true, camera: false, screen: false };
  assert.equal(ada.ask({ type: 'create-room', visibility: 'private', title: 'Tea', media }).status, 'joined');
  const mine = ada.take('joined');
  assert.equal(mine.room.host, mine.self);
  assert.equal(mine.room.title, 'Tea');
  assert.deepEqual(mine.participants, []);

  assert.equal(bob.ask({ type: 'join-room', room: mine.room.id }).status, 'joined');
  const his = bob.take('joined');
  assert.deepEqual(his.participants, [{ id: mine.self, name: 'Ada', media, away: false }]);
  assert.equal(ada.take('participant-joined').participant.id, his.self);

  bob.ask({ type: 'leave-room' });
  assert.deepEqual(ada.take('participant-left'), {
    type: 'participant-left',
    participant: his.self,
    reason: 'left',
  });
});

test('what a request causes for its own sender comes before the reply', () => {
  const { people } = cast('Ada');
  const [ada] = people;
  const order: string[] = [];
  const { receive } = ada;
  ada.receive = (link, text) => {
    order.push(JSON.parse(text).event.type);
    receive.call(ada, link, text);
  };
  ada.ask({ type: 'create-room', visibility: 'private' });
  assert.deepEqual(order, ['joined', 'reply']);
});

test('signals reach the one they are for, stamped with who sent them', () => {
  const { people } = cast('Ada', 'Bob', 'Cem');
  const [ada, bob, cem] = people;
  callOf(people);
  ada.ask({ type: 'signal', to: idOf(bob), signal: OFFER });
  assert.deepEqual(bob.take('signal'), { type: 'signal', from: idOf(ada), signal: OFFER });
  assert.deepEqual(cem.heard(), []);
  assert.deepEqual(ada.heard(), []);
});

test('nobody signals to who has no seat in the same room', () => {
  const { people } = cast('Ada', 'Bob', 'Cem', 'Dan');
  const [ada, bob, cem, dan] = people;
  callOf([ada], { entry: 'ask' });
  callOf([cem]);
  bob.ask({ type: 'join-room', room: roomOf(ada) }); // waits at the door
  const knocker = knockOf(ada);
  assert.equal(ada.refused({ type: 'signal', to: knocker, signal: OFFER }), 'PARTICIPANT_UNKNOWN');
  assert.equal(ada.refused({ type: 'signal', to: idOf(cem), signal: OFFER }), 'PARTICIPANT_UNKNOWN');
  assert.equal(ada.refused({ type: 'signal', to: idOf(ada), signal: OFFER }), 'PARTICIPANT_UNKNOWN');
  assert.equal(bob.refused({ type: 'signal', to: idOf(ada), signal: OFFER }), 'NOT_IN_ROOM');
  assert.equal(dan.refused({ type: 'signal', to: idOf(ada), signal: OFFER }), 'NOT_IN_ROOM');
});

test('who waits at the door is told nothing about the room', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  callOf([ada], { entry: 'ask' });
  bob.heard();
  assert.equal(bob.ask({ type: 'join-room', room: roomOf(ada) }).status, 'waiting');
  ada.ask({ type: 'set-media', media: { microphone: true, camera: true, screen: false } });
  ada.ask({ type: 'set-room', title: 'Secret' });
  assert.deepEqual(bob.heard(), []);
});

test('media and names of one are told to the others', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  callOf(people);
  const media = { microphone: true, camera: true, screen: true, screenStream: 's1' };
  ada.ask({ type: 'set-media', media });
  ada.ask({ type: 'rename', name: '  Ada L. ' });
  assert.deepEqual(bob.take('participant-updated').participant.media, media);
  assert.equal(bob.take('participant-updated').participant.name, 'Ada L.');
  assert.deepEqual(ada.heard(), []);
});

test('a room takes no more people than its limit, and the limit no more than the server allows', () => {
  const { people } = cast('Ada', 'Bob', 'Cem');
  const [ada, bob, cem] = people;
  callOf([ada, bob], { limit: 2 });
  assert.equal(cem.refused({ type: 'join-room', room: roomOf(ada) }), 'ROOM_FULL');
  bob.ask({ type: 'leave-room' });
  cem.ask({ type: 'join-room', room: roomOf(ada) });
  bob.ask({ type: 'create-room', visibility: 'private', limit: 64 });
  assert.equal(bob.take('joined').room.limit, 6);
});

test('one person is in one room at a time', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  callOf([ada], { entry: 'ask' });
  assert.equal(ada.refused({ type: 'create-room', visibility: 'private' }), 'ALREADY_IN_ROOM');
  bob.ask({ type: 'join-room', room: roomOf(ada) });
  assert.equal(bob.refused({ type: 'join-room', room: roomOf(ada) }), 'ALREADY_IN_ROOM');
  assert.equal(bob.ask({ type: 'leave-room' }).ok, true); // withdraws the knock
  assert.equal(bob.refused({ type: 'leave-room' }), 'NOT_IN_ROOM');
});

test('a link that nobody gave out opens nothing', () => {
  const { people } = cast('Ada');
  const [ada] = people;
  for (const room of ['', 'x', 'a'.repeat(24), 'A'.repeat(25), '0'.repeat(24), '\u0000']) {
    assert.equal(ada.refused({ type: 'join-room', room }), 'ROOM_UNKNOWN');
  }
});

test('a link is read in upper case and with spaces around it', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  const room = callOf([ada]);
  bob.ask({ type: 'join-room', room: ` ${room.toUpperCase()} ` });
  assert.equal(roomOf(bob), room);
});

test('when the host leaves, who is there longest and connected is host', () => {
  const { people } = cast('Ada', 'Bob', 'Cem');
  const [ada, bob, cem] = people;
  callOf(people);
  bob.cut();
  cem.heard();
  ada.ask({ type: 'leave-room' });
  assert.equal(cem.take('room-updated').room.host, idOf(cem));
  assert.equal(cem.ask({ type: 'set-room', locked: true }).ok, true);
});

test('only the host changes the room, admits and removes', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  callOf(people);
  assert.equal(bob.refused({ type: 'set-room', locked: true }), 'NOT_HOST');
  assert.equal(bob.refused({ type: 'remove', participant: idOf(ada) }), 'NOT_HOST');
  assert.equal(bob.refused({ type: 'admit', participant: idOf(ada), allow: true }), 'NOT_HOST');
  ada.ask({ type: 'set-room', title: 'Work', passcode: 'x' });
  const { room, seat } = bob.take('room-updated');
  assert.equal(room.title, 'Work');
  assert.equal(room.passcode, true);
  assert.ok(seat, 'a fresh seat comes with the new settings');
});

test('an empty room is kept, and the next who comes is its host', () => {
  const { world, people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  const room = callOf([ada], { entry: 'ask', passcode: 'tea' });
  ada.ask({ type: 'set-room', locked: true });
  ada.ask({ type: 'leave-room' });
  world.pass(5 * 3_600_000);
  bob.connect({ session: false });
  // Nobody inside could open or be asked, so neither the lock nor `ask` apply; the passcode does.
  assert.equal(bob.refused({ type: 'join-room', room }), 'PASSCODE_REQUIRED');
  assert.equal(bob.ask({ type: 'join-room', room, passcode: 'tea' }).status, 'joined');
  assert.equal(bob.take('joined').room.host, bob.self);
});

test('candidates, and their end, pass unchanged', () => {
  const { people } = cast('Ada', 'Bob');
  const [ada, bob] = people;
  callOf(people);
  const signals = [
    candidate('candidate:1 1 udp 2113937151 192.0.2.7 5000 typ host'),
    candidate(''),
    { kind: 'candidate', candidate: null } as const,
  ];
  for (const signal of signals) ada.ask({ type: 'signal', to: idOf(bob), signal });
  assert.deepEqual(
    bob.events.map((event) => event.type === 'signal' && event.signal),
    signals,
  );
});
