/** What a command is, and how it is found on the command line together with the flags that only it has. Runs nothing. */
import { parseArgs } from 'node:util';
import { StackError } from '../base/index.ts';
import { type Loaded, optionFlags } from '../server/index.ts';

/** Without dashes. `text` takes a value. */
type OwnFlags = Readonly<Record<string, 'switch' | 'text'>>;

export interface Call {
  readonly loaded: Loaded;
  /** The words after those that name the command. */
  readonly operands: readonly string[];
  /** Its own flags, as they were given. */
  readonly flags: Readonly<Record<string, string | true>>;
}

export interface Command {
  /** `['turn', 'kick']`. */
  readonly words: readonly string[];
  /** What must follow, as the help calls it. */
  readonly operands: readonly string[];
  /** The last of them may come several times. */
  readonly several?: boolean;
  readonly flags: OwnFlags;
  /** Resolves with the exit code. */
  readonly run: (call: Call) => Promise<number>;
}

export interface Chosen {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly flags: Call['flags'];
  /** Without the command's own flags: what is left are settings. */
  readonly argv: readonly string[];
}

/** What stands for a mode is no command. */
const MODE_WORDS = ['dev', 'development', 'real', 'production'];

/** The command of most words that fits. `SETTINGS_INVALID` when there is none, or too little or too much after it. */
export function chooseCommand(commands: readonly Command[], argv: readonly string[]): Chosen {
  const words = wordsOf(commands, argv);
  const [first = 'serve', ...rest] = words;
  const given = [first, ...rest];
  const command = [...commands]
    .sort((a, b) => b.words.length - a.words.length)
    .find((candidate) => candidate.words.every((word, index) => word === given[index]));
  if (!command) {
    const names = commands.map((candidate) => candidate.words.join(' ')).join(', ');
    throw wrongUse(`Unknown command "${first}"; there are ${names}.`);
  }
  const name = command.words.join(' ');
  const operands = given.slice(command.words.length);
  const [missing] = command.operands.slice(operands.length);
  const [extra] = command.several === true ? [] : operands.slice(command.operands.length);
  const { flags, argv: left } = takeFlags(command.flags, argv);
  // Who asks for help need not know what a command takes.
  const helpless = !argv.some((word) => ['--help', '-h', '--version', '-v'].includes(word));
  if (missing !== undefined && helpless) throw wrongUse(`ieum ${name} needs ${missing}; see ieum --help.`);
  if (extra !== undefined && helpless) {
    throw wrongUse(`Unexpected word "${extra}" after ${name}; see ieum --help.`);
  }
  return { command, operands, flags, argv: left };
}

/** A whole number from a command's own flag. `SETTINGS_INVALID` for anything else. */
export function wholeFlag(flags: Call['flags'], name: string, min: number, max: number): number | undefined {
  const given = flags[name];
  if (given === undefined) return undefined;
  const value = /^\d{1,9}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw wrongUse(`--${name} must be a whole number from ${min} to ${max}, but it is "${given}".`);
}

function wordsOf(commands: readonly Command[], argv: readonly string[]): string[] {
  const all: OwnFlags = Object.assign({}, ...commands.map(({ flags }) => flags));
  return tokensOf(all, argv)
    .flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
    .filter((word) => !MODE_WORDS.includes(word));
}

function takeFlags(own: OwnFlags, argv: readonly string[]): Pick<Chosen, 'flags' | 'argv'> {
  const flags: Record<string, string | true> = {};
  const taken = new Set<number>();
  for (const token of tokensOf(own, argv)) {
    if (token.kind !== 'option' || !Object.hasOwn(own, token.name)) continue;
    if (own[token.name] === 'text' && token.value === undefined) {
      throw wrongUse(`--${token.name} needs a value.`);
    }
    flags[token.name] = token.value ?? true;
    taken.add(token.index);
    if (token.value !== undefined && token.inlineValue !== true) taken.add(token.index + 1);
  }
  return { flags, argv: argv.filter((_, index) => !taken.has(index)) };
}

function tokensOf(own: OwnFlags, argv: readonly string[]) {
  const options = {
    ...optionFlags(),
    ...Object.fromEntries(
      Object.entries(own).map(([name, kind]) => [
        name,
        { type: kind === 'switch' ? 'boolean' : 'string' } as const,
      ]),
    ),
  };
  return parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true, options }).tokens;
}

function wrongUse(sentence: string): StackError {
  return new StackError('SETTINGS_INVALID', sentence);
}
