/** Text to frames: each kind of nonsense has its own code, numbers are kept, and nothing throws. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '../../../src/base/index.ts';
import { exceedsUtf8 } from '../../../src/signaling/frames.ts';
import { MAX_MESSAGE_BYTES, parseClientFrame, parseServerFrame } from '../../../src/signaling/index.ts';
import { callOf, connected } from '../../support/signaling/calls.ts';
import { Person } from '../../support/signaling/person.ts';
import { RoomsWorld } from '../../support/signaling/rooms-world.ts';

const SIGNAL = {
  type: 'signal',
  to: 'abcdefghijklmnop',
  signal: { kind: 'description', description: { type: 'offer', sdp: 'v=0\r\n' } },
};

const HONEST = [
  { type: 'hello', v: 1, name: 'Ada' },
  { type: 'hello', v: 1, name: 'Ada', session: { token: 'a.b', received: 3 }, seat: 'c.d' },
  ...[
    { type: 'watch-lobby', on: true },
    { type: 'create-room', visibility: 'public', entry: 'ask', title: 'Tea', passcode: 'x', limit: 4 },
    { type: 'join-room', room: 'abcdefghijklmnopqrstuvwx', passcode: 'x', seat: 'c.d' },
    { type: 'leave-room' },
    SIGNAL,
    { ...SIGNAL, signal: { kind: 'candidate', candidate: { candidate: 'x', sdpMLineIndex: 0 } } },
    { ...SIGNAL, signal: { kind: 'candidate', candidate: null } },
    { type: 'set-media', media: { microphone: true, camera: false, screen: false } },
    { type: 'rename', name: 'Ada' },
    { type: 'set-room', locked: true, passcode: null },
    { type: 'admit', participant: 'abcdefghijklmnop', allow: false },
    { type: 'remove', participant: 'abcdefghijklmnop' },
    { type: 'refresh-ice' },
    { type: 'ping' },
  ].map((request, i) => ({ type: 'request', n: i + 1, ack: i, request })),
];

function codeOf(value: unknown): { code?: string; n?: number | undefined } {
  const parsed = parseClientFrame(typeof value === 'string' ? value : JSON.stringify(value));
  return parsed.ok ? {} : { code: parsed.error.code, n: parsed.n };
}

test('honest frames are read as they were written', () => {
  for (const frame of HONEST) {
    const parsed = parseClientFrame(JSON.stringify(frame));
    assert.deepEqual(parsed, { ok: true, frame });
  }
});

test('each kind of nonsense has its own code, and a readable number stays with it', () => {
  const request = (inner: unknown) => ({ type: 'request', n: 7, ack: 0, request: inner });
  assert.deepEqual(codeOf('{'), { code: 'MESSAGE_MALFORMED', n: undefined });
  for (const value of ['""', '[]', 'null', '7', '']) assert.equal(codeOf(value).code, 'MESSAGE_MALFORMED');
  assert.deepEqual(codeOf({ type: 'shout', n: 7 }), { code: 'MESSAGE_UNKNOWN_TYPE', n: 7 });
  assert.deepEqual(codeOf({ n: 'x' }), { code: 'MESSAGE_UNKNOWN_TYPE', n: undefined });
  assert.deepEqual(codeOf(request({ type: 'shout' })), { code: 'MESSAGE_UNKNOWN_TYPE', n: 7 });
  assert.deepEqual(codeOf(request({ type: 'rename' })), { code: 'MESSAGE_MALFORMED', n: 7 });
  assert.deepEqual(codeOf(request({ type: 'ping', extra: 1 })), { code: 'MESSAGE_MALFORMED', n: 7 });
  assert.deepEqual(codeOf(request('ping')), { code: 'MESSAGE_MALFORMED', n: 7 });
  assert.deepEqual(codeOf({ type: 'request', n: 0, ack: 0, request: { type: 'ping' } }), {
    code: 'MESSAGE_MALFORMED',
    n: undefined,
  });
  assert.equal(
    codeOf({ type: 'request', n: 1.5, ack: 0, request: { type: 'ping' } }).code,
    'MESSAGE_MALFORMED',
  );
  for (const type of ['rollback', 'OFFER', '', 7, null]) {
    const signal = { kind: 'description', description: { type, sdp: '' } };
    assert.deepEqual(codeOf(request({ ...SIGNAL, signal })), { code: 'SDP_TYPE_UNSUPPORTED', n: 7 });
  }
});

test('names are trimmed; empty, long and control characters are refused', () => {
  const hello = (name: unknown) => codeOf({ type: 'hello', v: 1, name }).code;
  for (const name of [
    '',
    '   ',
    'x'.repeat(65),
    'a\u0007b',
    'a\nb',
    '\u009b31m',
    'a\u202eb',
    'a\u2028b',
    '\u200b\u200d',
    7,
  ]) {
    assert.equal(hello(name), 'MESSAGE_MALFORMED');
  }
  for (const name of ['김민지', '👩‍💻', 'نیما‌', '?', 'O’Neill-Śmigły 2'])
    assert.equal(hello(name), undefined);
  const parsed = parseClientFrame('{"type":"hello","v":1,"name":" Ada "}');
  assert.ok(parsed.ok && parsed.frame.type === 'hello' && parsed.frame.name === 'Ada');
});

test('what the error repeats of the input is short and without control characters', () => {
  const parsed = parseClientFrame(JSON.stringify({ type: `\u0000${'x'.repeat(5_000)}` }));
  assert.ok(!parsed.ok);
  assert.ok(parsed.error.message.length < 250);
  assert.ok(!/\p{Cc}/u.test(parsed.error.message));
});

test('65,536 bytes are taken and one more is not; the number is read from the front', () => {
  const frame = (sdp: string) =>
    JSON.stringify({
      type: 'request',
      n: 12,
      ack: 0,
      request: { ...SIGNAL, signal: { kind: 'description', description: { type: 'offer', sdp } } },
    });
  const room = MAX_MESSAGE_BYTES - frame('').length;
  assert.deepEqual(codeOf(frame('x'.repeat(room))), {});
  assert.deepEqual(codeOf(frame('x'.repeat(room + 1))), { code: 'MESSAGE_TOO_LARGE', n: 12 });
  assert.deepEqual(codeOf(frame('이'.repeat(Math.floor(room / 3) + 1))), {
    code: 'MESSAGE_TOO_LARGE',
    n: 12,
  });
  assert.deepEqual(codeOf('x'.repeat(1_000_000)), { code: 'MESSAGE_TOO_LARGE', n: undefined });
});

test('the length in UTF-8 is counted without encoding', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 300 }), (value, most) => {
      assert.equal(exceedsUtf8(value, most), new TextEncoder().encode(value).length > most);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('an event that this side does not know keeps its number', () => {
  const parsed = parseServerFrame('{"type":"event","s":9,"at":1,"ack":0,"event":{"type":"fireworks"}}');
  assert.ok(!parsed.ok);
  assert.equal(parsed.error.code, 'MESSAGE_UNKNOWN_TYPE');
  assert.equal(parsed.s, 9);
  for (const text of ['', '{}', '[]', '{"type":"event","s":-1}', '{"type":"welcome"}']) {
    assert.equal(parseServerFrame(text).ok, false);
  }
});

test('50,000 mutated texts never make the server throw, and it goes on working', () => {
  const random = new SeededRandom(2026);
  const world = new RoomsWorld({
    connectionRate: { perSecond: 1e9, burst: 1e9 },
    addressRate: { perSecond: 1e9, burst: 1e9 },
  });
  const [ada, bob] = connected(world, 'Ada', 'Bob');
  assert.ok(ada && bob);
  const room = callOf([ada, bob]);
  const seeds = HONEST.map((frame) => JSON.stringify(frame)).map((text) =>
    text.replaceAll('abcdefghijklmnopqrstuvwx', room).replaceAll('abcdefghijklmnop', bob.self ?? ''),
  );
  for (let i = 0; i < 50_000; i++) {
    const mallory = new Person(world, 'Mallory', `198.51.100.${i % 200}`);
    const text = mutate(pick(seeds, random), random);
    const { id } = world.connect(mallory, mallory.address);
    if (random.uint32() % 2 === 0)
      world.server.handleText(world.now, id, '{"type":"hello","v":1,"name":"M"}');
    world.server.handleText(world.now, id, text);
    world.server.handleDisconnect(world.now, id);
    parseServerFrame(text);
    while (world.server.pollTransmit() ?? world.server.pollEvent());
    world.now += 10;
  }
  world.pass(60_000);
  ada.ask({ type: 'ping' });
  assert.equal(world.server.stats.sessions, 2);
});

function pick<T>(items: readonly T[], random: SeededRandom): T {
  const item = items[random.uint32() % items.length];
  assert.ok(item !== undefined);
  return item;
}

/** A few bytes changed, cut, doubled, or a value exchanged for another. */
function mutate(text: string, random: SeededRandom): string {
  let mutated = text;
  for (let times = random.uint32() % 4; times >= 0; times--) {
    const at = random.uint32() % (mutated.length + 1);
    const length = random.uint32() % 8;
    const insert = pick(
      [
        '',
        '"',
        '{',
        '}',
        '[',
        'null',
        '-1',
        '1e999',
        '\\u0000',
        '\ud800',
        '"__proto__":{},',
        'x'.repeat(300),
      ],
      random,
    );
    mutated = mutated.slice(0, at) + insert + mutated.slice(at + length);
  }
  return mutated;
}
