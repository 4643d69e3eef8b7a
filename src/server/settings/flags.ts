/** Reads the command line: words, flags, `--help` and `--version`. Judges no values of options. */
import { parseArgs } from 'node:util';
import { StackError } from '../../base/index.ts';
import { type Given, type GivenValue, hint } from './given.ts';
import { flagOf, kebab } from './option.ts';
import { keyOfFlag, OPTION_KEYS, OPTIONS, type OptionKey } from './options.ts';

export interface CommandLine {
  /** What is no flag, in order: the command, the mode. */
  readonly words: readonly string[];
  readonly given: Given;
  readonly help: boolean;
  readonly version: boolean;
}

/** `--no-qr`, for switches only. */
const NEGATED = '--no-';

/** `SETTINGS_INVALID` for an unknown flag, a flag without its value, or a value after a switch that takes none. */
export function readFlags(argv: readonly string[]): CommandLine {
  // Not strict: its errors are several sentences long. The tokens keep the order, which lists need.
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: optionFlags(),
  });
  const words: string[] = [];
  const given = new Map<OptionKey, GivenValue>();
  let help = false;
  let version = false;
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    else if (token.kind === 'option') {
      if (token.rawName === '--help' || token.rawName === '-h') help = true;
      else if (token.rawName === '--version' || token.rawName === '-v') version = true;
      else takeFlag(given, token.rawName, token.value, token.inlineValue === true);
    }
  }
  return { words, given, help, version };
}

/** As `parseArgs` takes them: which flags are ours, and which of them have a value. */
export function optionFlags(): Record<string, { readonly type: 'boolean' | 'string' }> {
  return Object.fromEntries(
    OPTION_KEYS.map((key) => [
      kebab(key),
      { type: OPTIONS[key].kind === 'switch' ? 'boolean' : 'string' } as const,
    ]),
  );
}

function takeFlag(
  given: Map<OptionKey, GivenValue>,
  name: string,
  value: string | undefined,
  inline: boolean,
): void {
  const negated = name.startsWith(NEGATED) && keyOfFlag(name) === undefined;
  const key = keyOfFlag(negated ? `--${name.slice(NEGATED.length)}` : name);
  if (key === undefined || (negated && OPTIONS[key].kind !== 'switch')) {
    throw new StackError(
      'SETTINGS_INVALID',
      `Unknown option ${name}${hint(name, [...OPTION_KEYS.map(flagOf), '--help', '--version']) || '; see ieum help serve.'}`,
    );
  }
  if (OPTIONS[key].kind === 'switch') {
    if (negated && value !== undefined) {
      throw new StackError('SETTINGS_INVALID', `${name} takes no value.`);
    }
    given.set(key, { raw: negated ? false : (value ?? true) });
    return;
  }
  // `--cert --key file`: the next flag was taken for a value.
  if (value === undefined || (!inline && value.startsWith('--'))) {
    throw new StackError('SETTINGS_INVALID', `${flagOf(key)} needs a value: ${OPTIONS[key].expects}.`);
  }
  given.set(key, { raw: OPTIONS[key].kind === 'list' ? extendList(given.get(key), key, value) : value });
}

/** A list grows by each flag. What is no secret may hold several, cut at commas. */
function extendList(earlier: GivenValue | undefined, key: OptionKey, value: string): unknown[] {
  const before = Array.isArray(earlier?.raw) ? earlier.raw : [];
  const added = OPTIONS[key].secret ? [value] : value.split(',').map((part) => part.trim());
  return [...before, ...added];
}
