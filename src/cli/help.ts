/** What the help says: of all commands a line each, of one command everything that applies to it. Text only. */
import { describeOptions, packageVersion } from '../server/index.ts';
import { type Command, MODE_WORDS, wrongCommand } from './command.ts';

/** Wide enough for `ieum turn kick ID|USER|ADDRESS`. */
const USAGE_CELLS = 34;
const FLAG_CELLS = 20;
const ENVIRONMENT = [
  'Every setting is also an environment variable (--relay-ports is IEUM_RELAY_PORTS) and, by mode, a key of',
  'settings.json ("relayPorts"). Flags are stronger than the environment, the environment is stronger than',
  'settings.json.',
];

/** `ieum help`, `ieum --help`. */
export function overview(commands: readonly Command[]): string {
  return [
    `ieum ${packageVersion()}: a call page, a signaling server and a STUN/TURN server in one process.`,
    '',
    'Usage',
    ...commands.map((command) => `  ${usageOf(command).padEnd(USAGE_CELLS)} ${command.summary}`),
    '',
    'ieum help COMMAND tells the options of a command and gives an example; ieum help serve those of the server.',
    'ieum --version prints the version.',
    '',
  ].join('\n');
}

/** `ieum help send`, `ieum send --help`. */
export function helpOf(command: Command, commands: readonly Command[]): string {
  const { words, summary, flags, settings, examples } = command;
  const own = Object.entries(flags).map(([name, { placeholder, help }]) => {
    const flag = `--${name}${placeholder === '' ? '' : ` ${placeholder}`}`;
    return `  ${flag.padEnd(FLAG_CELLS)} ${help}`;
  });
  const inner = commands.filter(
    (other) => other.words.length > words.length && words.every((word, i) => word === other.words[i]),
  );
  return [
    `${usageOf(command)} [options]`,
    `  ${summary}`,
    ...(own.length > 0 ? ['', 'Options', ...own] : []),
    ...describeOptions(settings),
    '',
    examples.length === 1 ? 'Example' : 'Examples',
    ...examples.map((example) => `  ${example}`),
    ...(inner.length > 0 ? ['', `See also: ${inner.map((other) => other.words.join(' ')).join(', ')}.`] : []),
    ...(settings.length > 0 ? ['', ...ENVIRONMENT] : []),
    '',
  ].join('\n');
}

/** `words`: after `ieum help`. Throws `SETTINGS_INVALID` for no command. */
export function helpFor(words: readonly string[], commands: readonly Command[]): string {
  const name = words.filter((word) => !MODE_WORDS.includes(word)).join(' ');
  if (name === '' || name === 'help') return overview(commands);
  const command = commands.find((candidate) => candidate.words.join(' ') === name);
  if (!command) throw wrongCommand(name, commands);
  return helpOf(command, commands);
}

function usageOf({ words, operands, several }: Command): string {
  const what = operands.map((operand) => operand.replace(/,? or |, /g, '|')).join(' ');
  return ['ieum', ...words, ...(what === '' ? [] : [several === true ? `${what}...` : what])].join(' ');
}
