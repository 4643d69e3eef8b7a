/** What the room looks like after each event, above all after a server restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterEvent,
  EMPTY_ROOM,
  leftRoom,
  type RoomView,
  withoutKnock,
} from '../../../src/client/room-state.ts';
import type { RoomEvent } from '../../../src/client/signaling-session.ts';
import type { Participant, RoomInfo } from '../../../src/signaling/index.ts';

const SELF = 'selfselfselfself' as Participant['id'];
const id = (letter: string): Participant['id'] => letter.repeat(16) as Participant['id'];
const person = (letter: string, change: Partial<Participant> = {}): Participant => ({
  id: id(letter),
  name: letter.toUpperCase(),
  media: { microphone: false, camera: false, screen: false },
  away: false,
  ...change,
});
const room: RoomInfo = {
  id: 'r'.repeat(24) as RoomInfo['id'],
  title: '',
  visibility: 'private',
  entry: 'open',
  locked: false,
  passcode: false,
  limit: 6,
  host: SELF,
};
const joined = (participants: Participant[], self = SELF): RoomEvent => ({
  type: 'joined',
  room,
  self,
  seat: 'seat',
  participants,
});
const play = (...events: readonly RoomEvent[]): RoomView => events.reduce(afterEvent, EMPTY_ROOM);
const shape = (view: RoomView) => view.members.map((member) => [member.name, member.away, member.missing]);

test('people come, change, and go', () => {
  const view = play(
    joined([person('a')]),
    { type: 'participant-joined', participant: person('b') },
    { type: 'participant-updated', participant: person('a', { away: true }) },
  );
  assert.equal(view.phase, 'in-room');
  assert.deepEqual(shape(view), [
    ['A', true, undefined],
    ['B', false, undefined],
  ]);
  const later = afterEvent(view, { type: 'participant-left', participant: id('b'), reason: 'left' });
  assert.deepEqual(shape(later), [['A', true, undefined]]);
});

test('after a restart those who are not back yet stay, as away; when they come they are there again', () => {
  const view = play(joined([person('a'), person('b')]), joined([person('b')]));
  assert.deepEqual(shape(view), [
    ['B', false, undefined],
    ['A', true, 'unlisted'],
  ]);
  const later = afterEvent(view, { type: 'participant-joined', participant: person('a') });
  assert.deepEqual(shape(later), [
    ['B', false, undefined],
    ['A', false, undefined],
  ]);
});

test('with another id everything old is void', () => {
  const view = play(joined([person('a')]), joined([person('b')], id('x')));
  assert.deepEqual(shape(view), [['B', false, undefined]]);
});

test('who is lost to the server may still be talking to us, who left is not', () => {
  const lost = play(joined([person('a')]), {
    type: 'participant-left',
    participant: id('a'),
    reason: 'lost',
  });
  assert.deepEqual(shape(lost), [['A', true, 'lost']]);
  for (const reason of ['left', 'removed', 'rejoined'] as const) {
    const gone = play(joined([person('a')]), { type: 'participant-left', participant: id('a'), reason });
    assert.deepEqual(shape(gone), []);
  }
});

test('knocks are a list without doubles that empties when people are in, gone or answered', () => {
  const knock = (letter: string, name = letter): RoomEvent => ({
    type: 'knock',
    participant: id(letter),
    name,
  });
  const view = play(joined([]), knock('a'), knock('b'), knock('a', 'Anna'));
  assert.deepEqual(
    view.knocks.map((entry) => entry.name),
    ['b', 'Anna'],
  );
  assert.equal(afterEvent(view, { type: 'participant-joined', participant: person('a') }).knocks.length, 1);
  assert.equal(afterEvent(view, { type: 'knock-gone', participant: id('b') }).knocks.length, 1);
  assert.equal(withoutKnock(view, id('a')).knocks.length, 1);
  const flood = Array.from({ length: 100 }, (_, i) => knock(String.fromCharCode(0x3041 + i)));
  assert.equal(play(joined([]), ...flood).knocks.length, 64);
});

test('being put out keeps the lobby and says why', () => {
  const view = play({ type: 'lobby', rooms: [] }, joined([person('a')]), { type: 'out', reason: 'removed' });
  assert.deepEqual(
    [view.phase, view.out, view.members.length, view.self, view.room],
    ['left', 'removed', 0, undefined, undefined],
  );
  assert.equal(leftRoom(view, 'left').out, 'left');
});

test('what concerns others than the room changes nothing', () => {
  const view = play(joined([person('a')]));
  const signal: RoomEvent = { type: 'signal', from: id('a'), signal: { kind: 'candidate', candidate: null } };
  assert.equal(afterEvent(view, signal), view);
  assert.equal(afterEvent(view, { type: 'ice', ice: { iceServers: [], ttlSeconds: 1 } }), view);
});
