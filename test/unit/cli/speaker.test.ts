/** What is said from a terminal or a pipe: when it is said, that none of it is lost, and what is told when some may be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastWords } from '../../../src/cli/call/call-command.ts';
import { Speaker } from '../../../src/cli/call/speaker.ts';
import type { CallState } from '../../../src/client/index.ts';
import { VirtualClock } from '../../support/client/virtual-clock.ts';

function scene() {
  const clock = new VirtualClock();
  const room = { isHeard: false, unsentBytes: 0, said: [] as string[], isWanted: true };
  const speaker = new Speaker({
    clock,
    isHeard: () => room.isHeard,
    say: (text) => {
      room.said.push(text);
      room.unsentBytes += text.length;
    },
    unsentBytes: () => room.unsentBytes,
    onWant: (isWanted) => {
      room.isWanted = isWanted;
    },
  });
  return { clock, room, speaker };
}

test('what is said before anybody hears is said when somebody does, in order', async () => {
  const { room, speaker } = scene();
  speaker.add('a');
  speaker.add('b');
  assert.deepEqual([room.said, speaker.isSilent], [[], false]);
  room.isHeard = true;
  speaker.look();
  speaker.add('c');
  assert.deepEqual([room.said, speaker.isSilent], [['a', 'b', 'c'], true]);
  assert.equal(await speaker.silent(1000), true);
});

test('a full channel and many lines make the input wait, and nothing is lost', async () => {
  const { clock, room, speaker } = scene();
  room.isHeard = true;
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
  for (const line of lines) speaker.add(line);
  assert.ok(room.said.length < 1100 && !room.isWanted, `${room.said.length} were said`);
  const silent = speaker.silent(1000);
  for (let i = 0; i < 4; i++) {
    room.unsentBytes = 0;
    await clock.advance(20);
  }
  assert.deepEqual(room.said, lines);
  assert.ok(room.isWanted && (await silent));
});

test('a line that is too long for a message is said in pieces', () => {
  const { room, speaker } = scene();
  room.isHeard = true;
  const line = '\u0001가😀'.repeat(20_000);
  speaker.add(line);
  assert.equal(room.said.join(''), line);
  for (const piece of room.said) assert.ok(Buffer.byteLength(JSON.stringify(piece)) < 16_000);
});

test('patience ends when nothing is said for so long, not while something is', async () => {
  const { clock, room, speaker } = scene();
  for (let i = 0; i < 5; i++) speaker.add('x'.repeat(2 ** 11));
  room.isHeard = true;
  room.unsentBytes = 2 ** 20 - 2 ** 11;
  speaker.look();
  let outcome: boolean | undefined;
  void speaker.silent(1000).then((all) => {
    outcome = all;
  });
  for (let i = 0; i < 3; i++) {
    room.unsentBytes = 2 ** 20 - 2 ** 11;
    await clock.advance(900);
    assert.equal(outcome, undefined);
  }
  await clock.advance(2100);
  assert.equal(outcome, false);
});

const PEERS = { peers: [{ id: 'p1', name: 'Ana' }] } as unknown as CallState;

for (const [what, allSaid, unsure, code, told] of [
  ['everybody has everything', true, [], 0, ''],
  ['nobody was there', false, [], 1, /^\* Not everything was heard: for 30 s nobody was connected\.$/],
  [
    'somebody does not answer',
    true,
    ['p1', 'p2'],
    1,
    /may not have reached Ana, somebody: the connection does not/,
  ],
] as const) {
  test(`the end of the input, when ${what}: exit code ${code}`, async () => {
    const lines: string[] = [];
    const call = { state: PEERS, endChat: async () => unsure as never };
    assert.equal(await lastWords(call, { silent: async () => allSaid }, (line) => lines.push(line)), code);
    assert.match(lines.join('\n'), told === '' ? /^$/ : told);
  });
}
