import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes } from '../../../src/cli/call/call-command.ts';
import {
  parseInvitation,
  parseOrigin,
  parsePin,
  writeCode,
  writeInvitation,
} from '../../../src/cli/call/invitation.ts';
import { trustServer } from '../../../src/cli/call/server-trust.ts';
import { createCall } from '../../../src/client/index.ts';

const ROOM = 'abcdefghijklmnopqrstuvwx';
const PIN = 'ab'.repeat(32);

test('a link and a code are read as they were written', () => {
  for (const pin of [undefined, PIN]) {
    const link = writeInvitation('https://192.0.2.5:8080', ROOM, pin);
    assert.deepEqual(parseInvitation(link), { origin: 'https://192.0.2.5:8080', room: ROOM, pin });
  }
  assert.equal(writeCode(ROOM), 'abcdef-ghijkl-mnopqr-stuvwx');
  for (const code of [writeCode(ROOM), ROOM.toUpperCase(), ` ${ROOM} `]) {
    assert.deepEqual(parseInvitation(code), { origin: undefined, room: ROOM, pin: undefined });
  }
});

for (const text of [
  '',
  'abc',
  `http://x/r/${ROOM}`,
  'https://x/r/short',
  `https://x/other/${ROOM}`,
  `ftp://x/r/${ROOM}`,
]) {
  test(`${JSON.stringify(text)} is no invitation`, () => {
    assert.throws(() => parseInvitation(text), /is no invitation/);
  });
}

test('servers and fingerprints in the forms that people have them in', () => {
  assert.equal(parseOrigin('call.example.com'), 'https://call.example.com');
  assert.equal(parseOrigin('https://call.example.com:8443/x'), 'https://call.example.com:8443');
  assert.throws(() => parseOrigin('http://call.example.com'), /must be an https address/);
  assert.equal(parsePin(PIN.toUpperCase().replace(/..(?=.)/g, '$&:')), PIN);
  assert.throws(() => parsePin('12'), /64 hexadecimal digits/);
});

test('where nobody listens the user is told what to do', async () => {
  const trust = { pin: undefined, caFile: undefined, insecure: false };
  await assert.rejects(
    trustServer('https://127.0.0.1:1', trust),
    /nobody listens there.*npm start starts one/,
  );
  await assert.rejects(
    trustServer('https://127.0.0.1:1', { ...trust, caFile: '/missing' }),
    /cannot be read/,
  );
});

test('a change of the call is told in a line, and what others write cannot command the terminal', () => {
  const transport = {
    kind: undefined,
    onOpen: undefined,
    onText: undefined,
    onClose: undefined,
    onKindChange: undefined,
    connect() {},
    send() {},
    close() {},
  };
  const createPeerConnection = (): never => {
    throw new Error('nobody is here');
  };
  const { state } = createCall({ transport, createPeerConnection }, { name: 'Ana', dataOnly: true });
  const inRoom = { ...state, phase: 'in-room' as const };
  assert.match(changes(state, inRoom)[0] ?? '', /You are in/);
  const chat = [{ id: 1, from: 'bo' as never, name: 'Bo', text: 'a\u001b[2J\nb', at: 0 }];
  assert.deepEqual(changes(inRoom, { ...inRoom, chat }), ['Bo: a[2J / b']);
  assert.deepEqual(changes(inRoom, { ...inRoom, phase: 'left', out: 'removed' }), [
    '* You are out: the host has removed you from the room. Ask the host before you come back.',
  ]);
  assert.deepEqual(changes(inRoom, inRoom), []);
});
