/** Which command is meant, and which flags are its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { type Command, chooseCommand, wholeFlag } from '../../../src/cli/command.ts';

const run = async (): Promise<number> => 0;
const COMMANDS: readonly Command[] = [
  { words: ['serve'], operands: [], flags: {}, run },
  { words: ['turn'], operands: [], flags: {}, run },
  { words: ['turn', 'kick'], operands: ['WHO'], flags: {}, run },
  {
    words: ['turn', 'credentials'],
    operands: [],
    flags: { user: 'text', minutes: 'text', json: 'switch' },
    run,
  },
];

function choose(...argv: string[]) {
  const { command, operands, flags, argv: rest } = chooseCommand(COMMANDS, argv);
  return [command.words.join(' '), operands, flags, rest];
}

function refusal(...argv: string[]): string {
  try {
    chooseCommand(COMMANDS, argv);
  } catch (error) {
    assert.ok(error instanceof StackError && error.code === 'SETTINGS_INVALID');
    return error.message;
  }
  assert.fail(`nothing was refused: ${argv.join(' ')}`);
}

test('finds the command among flags and modes, and serves when there is none', () => {
  assert.deepEqual(choose(), ['serve', [], {}, []]);
  assert.deepEqual(choose('real'), ['serve', [], {}, ['real']]);
  assert.deepEqual(choose('--port', '8443', 'turn', 'dev', '--mobility'), [
    'turn',
    [],
    {},
    ['--port', '8443', 'turn', 'dev', '--mobility'],
  ]);
  assert.deepEqual(choose('turn', '--state-dir', 'kick', 'kick', 'mina'), [
    'turn kick',
    ['mina'],
    {},
    ['turn', '--state-dir', 'kick', 'kick', 'mina'],
  ]);
});

test('a command’s own flags are taken out, wherever they stand; what is left are settings', () => {
  assert.deepEqual(choose('turn', 'credentials', '--user', 'bob', '--realm', 'r', '--minutes=5', '--json'), [
    'turn credentials',
    [],
    { user: 'bob', minutes: '5', json: true },
    ['turn', 'credentials', '--realm', 'r'],
  ]);
  assert.deepEqual(choose('--minutes', '5', 'turn', 'credentials'), [
    'turn credentials',
    [],
    { minutes: '5' },
    ['turn', 'credentials'],
  ]);
  assert.deepEqual(choose('turn', '--user', 'bob:pw'), ['turn', [], {}, ['turn', '--user', 'bob:pw']]);
});

test('one sentence for what cannot be meant', () => {
  assert.equal(
    refusal('tern'),
    'Unknown command "tern"; there are serve, turn, turn kick, turn credentials.',
  );
  assert.equal(refusal('turn', 'kick'), 'ieum turn kick needs WHO; see ieum --help.');
  assert.equal(refusal('turn', 'off'), 'Unexpected word "off" after turn; see ieum --help.');
  assert.equal(refusal('turn', 'credentials', '--user'), '--user needs a value.');
  assert.deepEqual(choose('turn', 'kick', '--help')[0], 'turn kick', 'who asks for help gets it');
});

test('numbers are numbers', () => {
  assert.equal(wholeFlag({ minutes: '5' }, 'minutes', 1, 10), 5);
  assert.equal(wholeFlag({}, 'minutes', 1, 10), undefined);
  for (const given of ['0', '11', '1e1', '-1', '', 'five']) {
    assert.throws(() => wholeFlag({ minutes: given }, 'minutes', 1, 10), /--minutes must be a whole number/);
  }
});
