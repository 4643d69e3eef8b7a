/** What the help tells: a line for each command, and of one command all that applies to it and no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCommand } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { helpFor, helpOf, overview } from '../../../src/cli/help.ts';
import { loadSettings } from '../../../src/server/index.ts';

test('the overview fits a page, has every command, and says where the rest is', () => {
  const text = overview(COMMANDS);
  for (const { words, summary } of COMMANDS) {
    assert.match(
      text,
      new RegExp(`^ {2}ieum ${words.join(' ')}\\b.* ${summary.replace(/[()]/g, '.')}$`, 'm'),
    );
  }
  assert.ok(text.split('\n').length < 25, text);
  assert.match(text, /ieum help COMMAND/);
  assert.equal(helpFor([], COMMANDS), text);
  assert.equal(helpFor(['help'], COMMANDS), text);
});

test('the help of send is about send', () => {
  const text = helpFor(['send'], COMMANDS);
  assert.match(text, /^ieum send FILE\.\.\. \[options\]\n/);
  for (const flag of ['--keep', '--server URL', '--relay']) assert.ok(text.includes(`\n  ${flag} `), flag);
  assert.match(text, /\nExamples\n {2}ieum send /);
  for (const other of ['--relay-ports', '--to', '--passcode', 'IEUM_'])
    assert.ok(!text.includes(other), other);
  assert.ok(text.split('\n').length < 25, text);
});

test('the help of serve has the settings, that of turn what is within', () => {
  assert.match(helpFor(['serve'], COMMANDS), /--relay-ports MIN-MAX/);
  assert.match(
    helpFor(['turn'], COMMANDS),
    /See also: turn reload, turn sessions, turn kick, turn credentials\./,
  );
  assert.ok(!helpFor(['turn'], COMMANDS).includes('--room-limit'));
  assert.throws(() => helpFor(['snd'], COMMANDS), /Unknown command "snd"; did you mean send\?/);
});

for (const command of COMMANDS) {
  test(`the help of ${command.words.join(' ')} fits a terminal, and its examples are right`, () => {
    for (const line of helpOf(command, COMMANDS).split('\n')) assert.ok(line.length <= 118, line);
    assert.ok(command.examples.length > 0);
    for (const example of command.examples) {
      const [, ...args] = (example.split('| ').at(-1) ?? '').split(' ');
      const { command: chosen, argv } = chooseCommand(COMMANDS, args);
      assert.equal(chosen, command, example);
      // Certificates of the examples are not there, and not looked for here.
      loadSettings({ argv, environment: {}, folder: '/' });
    }
  });
}
