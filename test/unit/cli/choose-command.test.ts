/** Which command is meant, and which flags are its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { type Command, chooseCommand, type OwnFlags, wholeFlag } from '../../../src/cli/command.ts';

function command(words: string, operands: readonly string[], flags: OwnFlags, several = false): Command {
  return {
    words: words.split(' '),
    summary: '',
    operands,
    several,
    flags,
    settings: ['port', 'qr'],
    examples: [],
    run: async () => 0,
  };
}

const TEXT = { placeholder: 'TEXT', help: '' };
const SWITCH = { placeholder: '', help: '' };
const COMMANDS: readonly Command[] = [
  command('serve', [], {}),
  command('turn', [], {}),
  command('turn kick', ['WHO'], {}),
  command('turn credentials', [], { user: TEXT, minutes: TEXT, json: SWITCH }),
  command('send', ['FILE'], { keep: SWITCH, name: TEXT }, true),
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
    ['turn', '--state-dir', 'kick', 'kick'],
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

test('dev and real are modes before what a command takes, and what it takes after it', () => {
  assert.deepEqual(choose('send', 'real', 'dev'), ['send', ['real', 'dev'], {}, ['send']]);
  assert.deepEqual(choose('real', 'send', 'dev'), ['send', ['dev'], {}, ['real', 'send']]);
  assert.deepEqual(choose('send', '--', '--keep'), ['send', ['--keep'], {}, ['send', '--']]);
});

for (const [args, sentence] of [
  ['tern', 'Unknown command "tern"; did you mean turn?'],
  ['photo.jpg', 'Unknown command "photo.jpg"; there are serve, turn, turn kick, turn credentials, send.'],
  ['turn kick', 'ieum turn kick needs WHO; see ieum help turn kick.'],
  ['turn off', 'Unexpected word "off" after turn; see ieum help turn.'],
  ['turn credential', 'Unexpected word "credential" after turn; did you mean turn credentials?'],
  ['turn credentials --user', '--user needs a value.'],
  ['send --name --keep x', '--name needs a value.'],
  ['send --keep=yes x', '--keep takes no value.'],
  ['--prot 1', 'Unknown option --prot; did you mean --port?'],
  ['send --prot 1 x', 'Unknown option --prot; did you mean --port?'],
  ['send x --kep', 'Unknown option --kep; did you mean --keep?'],
  ['send x --relay-prots 1-2', 'Unknown option --relay-prots; did you mean --relay-ports?'],
  ['send x --zzzzzzzz', 'Unknown option --zzzzzzzz; see ieum help send.'],
  ['send -y', 'Unknown option -y; see ieum help send. A file whose name begins with - is written ./-NAME.'],
  ['dance --zzzzzzzz', 'Unknown option --zzzzzzzz; see ieum help.'],
  [
    'send x --minutes 1',
    'ieum send takes no --minutes, which is an option of ieum turn credentials; see ieum help send.',
  ],
] as const) {
  test(`ieum ${args}: ${sentence}`, () => {
    assert.equal(refusal(...args.split(' ')), sentence);
  });
}

test('who asks for help gets it, whatever else is missing', () => {
  assert.equal(choose('turn', 'kick', '--help')[0], 'turn kick');
  assert.equal(chooseCommand(COMMANDS, ['--help']).isNamed, false);
  assert.equal(chooseCommand(COMMANDS, ['serve', '-h']).isNamed, true);
});

test('numbers are numbers', () => {
  assert.equal(wholeFlag({ minutes: '5' }, 'minutes', 1, 10), 5);
  assert.equal(wholeFlag({}, 'minutes', 1, 10), undefined);
  for (const given of ['0', '11', '1e1', '-1', '', 'five']) {
    assert.throws(() => wholeFlag({ minutes: given }, 'minutes', 1, 10), /--minutes must be a whole number/);
  }
});
