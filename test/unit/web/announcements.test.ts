/** What is told of a call while it changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallState, PeerState } from '../../../src/client/index.ts';
import type { ParticipantId, RoomInfo } from '../../../src/signaling/index.ts';
import { announcements } from '../../../web/src/room/announcements.ts';
import { en } from '../../../web/src/words/en.ts';

const idOf = (name: string): ParticipantId => name.padEnd(16, 'a').toLowerCase() as ParticipantId;

function peer(name: string, change: Partial<PeerState> = {}): PeerState {
  return {
    id: idOf(name),
    name,
    host: false,
    away: false,
    media: { microphone: true, camera: true, screen: false },
    link: 'connected',
    path: undefined,
    chatOpen: true,
    camera: undefined,
    screen: undefined,
    ...change,
  };
}

const room = { id: 'r'.repeat(24) } as RoomInfo;

function call(change: Partial<CallState>): CallState {
  return {
    phase: 'in-room',
    signaling: { status: 'connected', transport: 'websocket', roundTripMs: 1 },
    name: 'Me',
    rooms: [],
    room,
    self: idOf('me'),
    isHost: false,
    peers: [],
    knocks: [],
    chat: [],
    trouble: undefined,
    out: undefined,
    error: undefined,
    ...change,
  };
}

const told = (before: Partial<CallState>, after: Partial<CallState>, chatOpen = false) =>
  announcements(call(before), call(after), en, chatOpen);

test('joins and leaves are told by name', () => {
  assert.deepEqual(told({ peers: [peer('Eve')] }, { peers: [peer('Bob')] }), ['Eve left', 'Bob is here']);
});

test('mutes, screens, and being away and back are told', () => {
  const before = { peers: [peer('Eve')] };
  const after = {
    peers: [peer('Eve', { away: true, media: { microphone: false, camera: true, screen: true } })],
  };
  assert.deepEqual(told(before, after), [
    'Eve lost the connection for a moment',
    'Eve muted the microphone',
    'Eve is sharing the screen',
  ]);
  assert.equal(told(after, before)[0], 'Eve is back');
});

test('those who are there already when one comes in are not told', () => {
  assert.deepEqual(told({ phase: 'joining', room: undefined }, { peers: [peer('Eve')] }), []);
});

test('a message is told unless it is seen in the open chat, and never one of one’s own', () => {
  const chat = [
    { id: 1, from: 'self', name: 'Me', text: 'mine', at: 0 },
    { id: 2, from: idOf('eve'), name: 'Eve', text: 'hello', at: 0 },
  ] as const;
  assert.deepEqual(told({}, { chat }), ['Message from Eve: hello']);
  assert.deepEqual(told({}, { chat }, true), []);
});

test('who becomes host is told so', () => {
  assert.deepEqual(told({ isHost: false }, { isHost: true }), ['You are the host now']);
});
