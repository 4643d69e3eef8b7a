/** Room names, session tokens, seat tokens, passcodes: made here, and nowhere else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32, encodeBase32, SeededRandom } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import type { ParticipantId, RoomId } from '../../../src/signaling/index.ts';
import { Passcodes } from '../../../src/signaling/passcode.ts';
import { RoomNames } from '../../../src/signaling/room-id.ts';
import { type Seat, SeatTokens } from '../../../src/signaling/seat-token.ts';
import { SessionTokens } from '../../../src/signaling/session-token.ts';
import { SignedText } from '../../../src/signaling/signed-text.ts';

const SECRET = new Uint8Array(32).fill(1);
const names = () => new RoomNames(nodeCrypto, new SeededRandom(1), SECRET);

test('a room name has 24 characters and remembers whether the room is protected', () => {
  for (const isProtected of [true, false]) {
    for (let i = 0; i < 200; i++) {
      const id = names().mint(isProtected);
      assert.match(id, /^[a-z2-7]{24}$/);
      assert.deepEqual(names().read(id), { id, isProtected });
      assert.deepEqual(names().read(id.toUpperCase()), { id, isProtected });
    }
  }
});

test('a room name with one wrong character is none', () => {
  const id = names().mint(true);
  for (let at = 0; at < 24; at++) {
    const wrong = id[at] === 'a' ? 'b' : 'a';
    assert.equal(names().read(id.slice(0, at) + wrong + id.slice(at + 1)), undefined);
  }
});

test('the protection cannot be taken off a room name', () => {
  const bytes = decodeBase32(names().mint(true));
  assert.ok(bytes);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  assert.equal(names().read(encodeBase32(bytes)), undefined);
});

test('a text signed for one purpose, or with another secret, is worth nothing for another', () => {
  const seats = new SignedText(nodeCrypto, SECRET, 'seats');
  const text = seats.write('payload – 이음');
  assert.equal(seats.read(text), 'payload – 이음');
  assert.equal(new SignedText(nodeCrypto, SECRET, 'sessions').read(text), undefined);
  assert.equal(new SignedText(nodeCrypto, new Uint8Array(32), 'seats').read(text), undefined);
});

test('any change of a signed text is noticed', () => {
  const signed = new SignedText(nodeCrypto, SECRET, 'test');
  const text = signed.write('a'.repeat(30));
  const mac = text.indexOf('.');
  for (let at = 0; at < text.length; at++) {
    // The last digit of each half carries a few bits that stand for nothing.
    if (at === mac || at === mac - 1 || at === text.length - 1) continue;
    const wrong = text[at] === 'A' ? 'B' : 'A';
    assert.equal(signed.read(text.slice(0, at) + wrong + text.slice(at + 1)), undefined, `at ${at}`);
  }
});

test('session tokens are read by who made them', () => {
  const tokens = new SessionTokens(nodeCrypto, new SeededRandom(1), SECRET);
  const { id, token } = tokens.mint();
  assert.equal(tokens.read(token), id);
  assert.equal(tokens.read(id), undefined);
});

test('a passcode is digested with a fresh salt each time', () => {
  const passcodes = new Passcodes(nodeCrypto, new SeededRandom(1), SECRET);
  const first = passcodes.digest('tea');
  const second = passcodes.digest('tea');
  assert.notEqual(first.digest, second.digest);
  assert.equal(passcodes.matches('tea', first), true);
  assert.equal(passcodes.matches('Tea', first), false);
  const composed = passcodes.digest('이음'.normalize('NFC'));
  assert.equal(passcodes.matches('이음'.normalize('NFD'), composed), true);
  assert.equal(passcodes.matches('tea', { ...first, salt: second.salt }), false);
});

const seat: Seat = {
  room: 'a'.repeat(24) as RoomId,
  participant: 'b'.repeat(16) as ParticipantId,
  host: 'c'.repeat(16) as ParticipantId,
  settings: {
    title: '\ud800'.repeat(80), // a lone surrogate is the longest thing that JSON makes of one unit
    visibility: 'private',
    entry: 'open',
    locked: false,
    passcode: { salt: 'f'.repeat(16), digest: 'f'.repeat(64) },
    limit: 64,
    revision: 2 ** 31,
  },
  removed: Array.from({ length: 16 }, () => 'd'.repeat(16) as ParticipantId),
  expiresAt: 2_000_000_000_000,
};

test('the largest seat still fits the 2,048 characters of a token', () => {
  const token = new SeatTokens(nodeCrypto, SECRET).write(seat);
  assert.ok(token.length <= 2_048, `${token.length}`);
});

test('a seat is read until it expires', () => {
  const tokens = new SeatTokens(nodeCrypto, SECRET);
  const token = tokens.write({ ...seat, settings: { ...seat.settings, title: '이음' } });
  assert.equal(tokens.read(token, 1_999_999_999_999)?.settings.title, '이음');
  assert.equal(tokens.read(token, 2_000_000_000_000), undefined);
});

test('a seat of a version with other members is as good as none', () => {
  const signed = new SignedText(nodeCrypto, SECRET, 'seats');
  const tokens = new SeatTokens(nodeCrypto, SECRET);
  assert.equal(tokens.read(signed.write('{}'), 0), undefined);
});
