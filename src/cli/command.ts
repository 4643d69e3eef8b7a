/** What a command is, and how it is found on the command line together with the flags that only it has. Runs nothing. */
import { parseArgs } from 'node:util';
import { StackError } from '../base/index.ts';
import { flagOf, hint, type Loaded, type OptionKey, optionFlags } from '../server/index.ts';

/** By name without dashes. A switch has an empty placeholder, everything else takes a value. */
export type OwnFlags = Readonly<Record<string, { readonly placeholder: string; readonly help: string }>>;

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
  /** What it does, in a line of the help. */
  readonly summary: string;
  /** What must follow, as the help calls it. */
  readonly operands: readonly string[];
  /** The last of them may come several times. */
  readonly several?: boolean;
  readonly flags: OwnFlags;
  /** Those that it heeds. */
  readonly settings: readonly OptionKey[];
  /** Whole lines. */
  readonly examples: readonly string[];
  /** Resolves with the exit code. */
  readonly run: (call: Call) => Promise<number>;
}

export interface Chosen {
  readonly command: Command;
  /** False where no word said so, and it is the one that runs then. */
  readonly isNamed: boolean;
  readonly operands: readonly string[];
  readonly flags: Call['flags'];
  /** Without the command's own flags and operands: what is left are settings. */
  readonly argv: readonly string[];
}

/** What stands for a mode is no command. */
export const MODE_WORDS: readonly string[] = ['dev', 'development', 'real', 'production'];

/** What is neither a command nor a flag of one: it asks for text. */
const HELP_FLAGS = ['help', 'h', 'version', 'v'];

/**
 * The command of most words that fits. `SETTINGS_INVALID` when there is none, for a flag that it does not take, and for too
 * little or too much after it.
 */
export function chooseCommand(commands: readonly Command[], argv: readonly string[]): Chosen {
  const all: OwnFlags = Object.assign({}, ...commands.map(({ flags }) => flags));
  const tokens = tokensOf(all, argv);
  const positionals = tokens.filter((token) => token.kind === 'positional');
  const named = positionals.filter(({ value }) => !MODE_WORDS.includes(value));
  const given = named.length === 0 ? ['serve'] : named.map(({ value }) => value);
  const command = [...commands]
    .sort((a, b) => b.words.length - a.words.length)
    .find((candidate) => candidate.words.every((word, index) => word === given[index]));
  refuseUnknownFlags(commands, command, tokens);
  if (!command) throw wrongCommand(given[0] ?? '', commands);
  const name = command.words.join(' ');
  const last = named[command.words.length - 1]?.index ?? -1;
  // After a command that takes something, dev and real are what it takes: a file may be called so.
  const rest = command.operands.length > 0 ? positionals : named;
  const operands = rest.filter(({ index }) => index > last);
  const { flags, argv: left } = takeFlags(command.flags, argv, operands);
  const [missing] = command.operands.slice(operands.length);
  const [extra] = command.several === true ? [] : operands.slice(command.operands.length);
  // Who asks for help need not know what a command takes.
  const isHelpless = !tokens.some((token) => token.kind === 'option' && HELP_FLAGS.includes(token.name));
  if (missing !== undefined && isHelpless) {
    throw wrongUse(`ieum ${name} needs ${missing}; see ieum help ${name}.`);
  }
  if (extra !== undefined && isHelpless) {
    const inner = commands.filter(({ words }) => words.length > command.words.length);
    const meant = hint(
      `${name} ${extra.value}`,
      inner.map(({ words }) => words.join(' ')),
    );
    throw wrongUse(`Unexpected word "${extra.value}" after ${name}${meant || `; see ieum help ${name}.`}`);
  }
  const isNamed = named.length > 0;
  return { command, isNamed, operands: operands.map(({ value }) => value), flags, argv: left };
}

/** There is no command of this name. */
export function wrongCommand(name: string, commands: readonly Command[]): StackError {
  const names = commands.map(({ words }) => words.join(' '));
  const meant = hint(name, [...names, 'help', 'dev', 'real']);
  return wrongUse(`Unknown command "${name}"${meant || `; there are ${names.join(', ')}.`}`);
}

/** A whole number from a command's own flag. `SETTINGS_INVALID` for anything else. */
export function wholeFlag(flags: Call['flags'], name: string, min: number, max: number): number | undefined {
  const given = flags[name];
  if (given === undefined) return undefined;
  const value = /^\d{1,9}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw wrongUse(`--${name} must be a whole number from ${min} to ${max}, but it is "${given}".`);
}

type Token = ReturnType<typeof tokensOf>[number];

/** Before anything else: the word behind a misspelt flag would be taken for a command, or for something to take. */
function refuseUnknownFlags(
  commands: readonly Command[],
  command: Command | undefined,
  tokens: readonly Token[],
): void {
  const settings = Object.keys(optionFlags());
  const negated = settings.map((name) => `no-${name}`);
  const own = Object.keys(command?.flags ?? {});
  const known = new Set([...HELP_FLAGS, ...settings, ...negated, ...own]);
  for (const token of tokens) {
    if (token.kind !== 'option' || known.has(token.name)) continue;
    const others = commands.filter(({ flags }) => Object.hasOwn(flags, token.name));
    const see = command ? `see ieum help ${command.words.join(' ')}.` : 'see ieum help.';
    if (command && others.length > 0) {
      const names = others.map(({ words }) => `ieum ${words.join(' ')}`).join(', ');
      throw wrongUse(
        `ieum ${command.words.join(' ')} takes no ${token.rawName}, which is an option of ${names}; ${see}`,
      );
    }
    if (others.length > 0) continue;
    const near = [...own.map((name) => `--${name}`), ...(command?.settings ?? []).map(flagOf)];
    const far = [...settings.map((name) => `--${name}`), '--help', '--version'];
    const meant = hint(token.rawName, near) || hint(token.rawName, far);
    const isFile = command?.operands.includes('FILE') === true && !token.rawName.startsWith('--');
    const file = isFile ? ' A file whose name begins with - is written ./-NAME.' : '';
    throw wrongUse(`Unknown option ${token.rawName}${meant || `; ${see}`}${file}`);
  }
}

function takeFlags(
  own: OwnFlags,
  argv: readonly string[],
  operands: readonly { readonly index: number }[],
): Pick<Chosen, 'flags' | 'argv'> {
  const flags: Record<string, string | true> = {};
  const taken = new Set(operands.map(({ index }) => index));
  for (const token of tokensOf(own, argv)) {
    if (token.kind !== 'option' || !Object.hasOwn(own, token.name)) continue;
    const isSwitch = own[token.name]?.placeholder === '';
    // `--name --keep`: the next flag was taken for a value.
    const isFlag = token.inlineValue !== true && token.value?.startsWith('--') === true;
    if (!isSwitch && (token.value === undefined || isFlag)) throw wrongUse(`${token.rawName} needs a value.`);
    if (isSwitch && token.value !== undefined) throw wrongUse(`${token.rawName} takes no value.`);
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
      Object.entries(own).map(([name, { placeholder }]) => [
        name,
        { type: placeholder === '' ? 'boolean' : 'string' } as const,
      ]),
    ),
  };
  return parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true, options }).tokens;
}

function wrongUse(sentence: string): StackError {
  return new StackError('SETTINGS_INVALID', sentence);
}
