/** The lobby: public rooms with somebody inside, pushed to who watches, many changes as one list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOf, connected, roomOf } from '../../support/signaling/calls.ts';
import type { Person } from '../../support/signaling/person.ts';
import { RoomsWorld, type WorldOptions } from '../../support/signaling/rooms-world.ts';

function scene(options: WorldOptions = {}): { world: RoomsWorld; ada: Person; bob: Person; watcher: Person } {
  const world = new RoomsWorld(options);
  const [ada, bob, watcher] = connected(world, 'Ada', 'Bob', 'Watcher');
  assert.ok(ada && bob && watcher);
  return { world, ada, bob, watcher };
}

test('who watches gets the list at once, and again when it is another', () => {
  const { world, ada, bob, watcher } = scene();
  callOf([ada], { visibility: 'public', title: 'Tea', passcode: 'x' });
  callOf([bob]);
  watcher.ask({ type: 'watch-lobby', on: true });
  assert.deepEqual(watcher.take('lobby').rooms, [
    { id: roomOf(ada), title: 'Tea', people: 1, limit: 6, passcode: true, locked: false, entry: 'ask' },
  ]);
  bob.ask({ type: 'leave-room' });
  bob.ask({ type: 'create-room', visibility: 'public', title: 'Work' });
  world.pass(250);
  assert.deepEqual(
    watcher.take('lobby').rooms.map((room) => room.title),
    ['Work', 'Tea'],
  );
});

test('many changes within a quarter of a second are one list', () => {
  const { world, ada, watcher } = scene();
  watcher.ask({ type: 'watch-lobby', on: true });
  watcher.heard();
  callOf([ada], { visibility: 'public' });
  for (let i = 0; i < 20; i++) ada.ask({ type: 'set-room', title: `Title ${i}` });
  assert.deepEqual(watcher.heard(), []);
  world.pass(250);
  assert.equal(watcher.take('lobby').rooms[0]?.title, 'Title 19');
  assert.deepEqual(watcher.heard(), []);
});

test('what happens in private rooms is not even told as the same list again', () => {
  const { world, ada, bob, watcher } = scene();
  watcher.ask({ type: 'watch-lobby', on: true });
  watcher.heard();
  callOf([ada, bob]);
  ada.ask({ type: 'set-room', title: 'Secret' });
  world.pass(1_000);
  assert.deepEqual(watcher.heard(), []);
});

test('a room that becomes private, or empty, leaves the list', () => {
  const { world, ada, bob, watcher } = scene();
  callOf([ada], { visibility: 'public' });
  callOf([bob], { visibility: 'public' });
  watcher.ask({ type: 'watch-lobby', on: true });
  assert.equal(watcher.take('lobby').rooms.length, 2);
  ada.ask({ type: 'set-room', visibility: 'private' });
  bob.ask({ type: 'leave-room' });
  world.pass(250);
  assert.deepEqual(watcher.take('lobby').rooms, []);
});

test('who stops watching hears no more; who was away hears the newest list only', () => {
  const { world, ada, watcher } = scene();
  watcher.ask({ type: 'watch-lobby', on: true });
  watcher.heard();
  watcher.cut();
  callOf([ada], { visibility: 'public', title: 'One' });
  world.pass(1_000);
  ada.ask({ type: 'set-room', title: 'Two' });
  world.pass(1_000);
  watcher.connect();
  world.pass(250);
  const lists = watcher.events.filter((event) => event.type === 'lobby');
  assert.deepEqual(
    lists.map((event) => event.rooms[0]?.title),
    ['Two'],
  );
  watcher.heard();
  watcher.ask({ type: 'watch-lobby', on: false });
  ada.ask({ type: 'set-room', title: 'Three' });
  world.pass(1_000);
  assert.deepEqual(watcher.heard(), []);
  assert.equal(world.server.stats.lobbyWatchers, 0);
});

test('turning the watch off and on does not make lists come faster', () => {
  const { world, ada, watcher } = scene();
  callOf([ada], { visibility: 'public' });
  const before = world.sent.length;
  for (let i = 0; i < 50; i++) {
    watcher.ask({ type: 'watch-lobby', on: true });
    watcher.ask({ type: 'watch-lobby', on: false });
  }
  const lists = world.sent.slice(before).filter((text) => text.includes('"type":"lobby"'));
  assert.equal(lists.length, 1);
});

test('the list has the newest rooms, and not more than the page shows', () => {
  const { world, watcher } = scene({ lobbyRooms: 3 });
  for (let i = 0; i < 5; i++) {
    callOf([world.person(`Host ${i}`)], { visibility: 'public', title: `Room ${i}` });
  }
  watcher.ask({ type: 'watch-lobby', on: true });
  assert.deepEqual(
    watcher.take('lobby').rooms.map((room) => room.title),
    ['Room 4', 'Room 3', 'Room 2'],
  );
});

test('old lists do not fill the outbox of a watcher that confirms nothing', () => {
  const { world, ada, watcher } = scene({ outbox: { maxFrames: 8, maxBytes: 10_000 } });
  watcher.ask({ type: 'watch-lobby', on: true });
  callOf([ada], { visibility: 'public' });
  for (let i = 0; i < 100; i++) {
    ada.ask({ type: 'set-room', title: `Title ${i}` });
    world.pass(250);
  }
  watcher.cut();
  watcher.connect();
  assert.equal(watcher.welcome?.resumed, true);
});
