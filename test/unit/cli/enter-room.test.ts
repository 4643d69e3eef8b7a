/** What a user at a terminal is told when a room does not let him in: where was asked, and what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { enterRoom } from '../../../src/cli/call/enter-room.ts';
import type { Participant } from '../../../src/cli/call/participant.ts';
import { signalingError } from '../../../src/signaling/index.ts';

const ASKED = 'https://call.example.com';
const BY_CODE = { origin: undefined, room: 'abcdefghijklmnopqrstuvwx', pin: undefined };
const BY_LINK = { ...BY_CODE, origin: ASKED };

/** A participant whose server refuses with `code`; remembers how it was asked. */
function refusing(code: Parameters<typeof signalingError>[0]) {
  const asked: unknown[] = [];
  const joinRoom = async (...args: readonly unknown[]): Promise<void> => {
    asked.push(args);
    throw new StackError(code, signalingError(code).message);
  };
  return { participant: { call: { joinRoom }, server: { origin: ASKED } } as unknown as Participant, asked };
}

for (const [code, purpose, invitation, says] of [
  ['ROOM_UNKNOWN', 'receive', BY_CODE, /knows no sender with this code.*still running.*--server URL/],
  ['ROOM_UNKNOWN', 'receive', BY_LINK, /knows no sender with this link.*ask for it anew/],
  ['ROOM_UNKNOWN', 'call', BY_CODE, /knows no room with this code.*--server URL/],
  ['PASSCODE_REQUIRED', 'call', BY_LINK, /asks for a passcode.*--passcode TEXT/],
  ['PASSCODE_WRONG', 'call', BY_LINK, /not that of this room.*--passcode TEXT/],
  ['ROOM_LOCKED', 'call', BY_LINK, /has locked it.*Ask the host to unlock it/],
  ['ROOM_LOCKED', 'receive', BY_LINK, /leads to a call.*to no files.*ieum call/],
  ['PASSCODE_REQUIRED', 'receive', BY_CODE, /leads to a call.*Use the code that ieum send printed/],
  ['ROOM_FULL', 'receive', BY_LINK, /is full.*when somebody has left/],
  ['SERVER_DRAINING', 'call', BY_LINK, /refused: The server is about to restart/],
] as const) {
  test(`${purpose} by ${invitation.origin ? 'link' : 'code'}, ${code}`, async () => {
    const { participant } = refusing(code);
    await assert.rejects(enterRoom(participant, invitation, purpose), (error: unknown) => {
      assert.ok(error instanceof StackError && error.code === code);
      assert.ok(error.message.includes(ASKED), `which server: ${error.message}`);
      assert.match(error.message, says);
      return true;
    });
  });
}

test('a host who is asked has a call, and no files', async () => {
  const call = { joinRoom: async () => undefined, state: { phase: 'waiting' } };
  const participant = { call, server: { origin: ASKED } } as unknown as Participant;
  await assert.rejects(enterRoom(participant, BY_LINK, 'receive'), /leads to a call.*to no files/);
  await enterRoom(participant, BY_LINK, 'call');
});

test('the passcode is handed on, and none where none was given', async () => {
  const { participant, asked } = refusing('PASSCODE_WRONG');
  await assert.rejects(enterRoom(participant, BY_CODE, 'call', 'tea'));
  await assert.rejects(enterRoom(participant, BY_CODE, 'call'));
  assert.deepEqual(asked, [
    [BY_CODE.room, { passcode: 'tea' }],
    [BY_CODE.room, undefined],
  ]);
});
