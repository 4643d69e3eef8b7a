/** Brings the sources together: flags over environment over settings.json over defaults. Starts nothing. */
import * as v from 'valibot';
import { formatAddress, StackError } from '../../base/index.ts';
import { readEnvironment } from './environment.ts';
import { readSettingsFile, settingsPath } from './file.ts';
import { readFlags } from './flags.ts';
import type { Given, GivenValue } from './given.ts';
import { flagOf, type Mode, type Option } from './option.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey, type Settings } from './options.ts';
import type { NamedServer } from './relay-shapes.ts';
import { checkTogether } from './together.ts';

export interface Sources {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where settings.json is looked for. */
  readonly folder: string;
}

export interface Loaded {
  readonly settings: Settings;
  /** The words of the command line that choose no mode: the command, if any. */
  readonly words: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
  /** What the banner shows of each mode, in the seed's order: host and port, and everything that was set. */
  readonly shown: Readonly<Record<Mode, Readonly<Record<string, unknown>>>>;
  readonly warnings: readonly string[];
  /** The settings file, whether it is there or not. */
  readonly file: string;
  /** Reads all sources again. Throws as `loadSettings` does. */
  readonly again: () => Loaded;
}

/** The seed's words, and the modes' own names. */
const MODE_WORDS: Readonly<Record<string, Mode>> = {
  dev: 'development',
  development: 'development',
  real: 'production',
  production: 'production',
};

const NOTHING: Given = new Map();

/** `SETTINGS_INVALID` or `SETTINGS_UNREADABLE`, in one sentence that names the option. */
export function loadSettings(sources: Sources): Loaded {
  const line = readFlags(sources.argv);
  const environment = readEnvironment(sources.environment);
  const { help, version } = line;
  const word = line.words.find((candidate) => Object.hasOwn(MODE_WORDS, candidate));
  const words = line.words.filter((candidate) => candidate !== word);
  const outside = new Map<OptionKey, GivenValue>([...environment.given, ...line.given]);
  const chosen = word === undefined ? undefined : MODE_WORDS[word];
  const mode = chosen ?? check('mode', outside.get('mode'), 'development');
  const named = check('settings', outside.get('settings'), mode);
  // Help must work beside a broken settings.json, and says nothing about it.
  const file = help || version ? undefined : readSettingsFile(named, sources.folder);
  const given = new Map<OptionKey, GivenValue>([...(file?.[mode] ?? NOTHING), ...outside]);
  const settings = { ...checkAll(given, mode), mode };
  checkTogether(settings);
  const other = mode === 'development' ? 'production' : 'development';
  checkAll(file?.[other] ?? NOTHING, other);
  const shown = {
    development: show('development', mode === 'development' ? given : file?.development),
    production: show('production', mode === 'production' ? given : file?.production),
  };
  return {
    settings,
    words,
    help,
    version,
    shown,
    warnings: environment.warnings,
    file: settingsPath(named, sources.folder),
    again: () => loadSettings(sources),
  };
}

/** The defaults of a mode with some values of its own, for tests and for programs that embed the server. */
export function settingsWith(own: Partial<Settings>, mode: Mode = 'development'): Settings {
  const settings = { ...checkAll(NOTHING, mode), mode, ...own };
  checkTogether(settings);
  return settings;
}

function checkAll(given: Given, mode: Mode): Settings {
  const entries = OPTION_KEYS.map((key) => [key, check(key, given.get(key), mode)] as const);
  // Each entry was checked by the schema of its own key.
  return Object.fromEntries(entries) as unknown as Settings;
}

function check<Key extends OptionKey>(key: Key, value: GivenValue | undefined, mode: Mode): Settings[Key] {
  const { schema, fallback, expects, secret, kind } = OPTIONS[key] as unknown as Option<Settings[Key]>;
  if (value === undefined) return fallback[mode];
  const checked = v.safeParse(schema, value.raw);
  if (checked.success && checked.output !== undefined) return checked.output;
  const found = secret
    ? 'something else'
    : JSON.stringify(kind === 'list' ? wrongItem(schema, value.raw) : value.raw);
  throw new StackError(
    'SETTINGS_INVALID',
    `${flagOf(key)} must be ${expects}, but ${value.place ?? 'it'} is ${found}.`,
  );
}

/** Of a list only the first wrong item, so that the sentence stays short. */
function wrongItem(schema: v.GenericSchema, raw: unknown): unknown {
  if (!Array.isArray(raw)) return raw;
  return raw.find((item) => !v.is(schema, [item])) ?? raw;
}

function show(mode: Mode, given: Given | undefined): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    port: OPTIONS.port.fallback[mode],
    host: OPTIONS.host.fallback[mode],
  };
  for (const [key, value] of given ?? NOTHING) {
    if (OPTIONS[key].outsideFile) continue;
    const { secret, kind } = OPTIONS[key];
    if (!secret) shown[key] = plain(check(key, value, mode));
    else shown[key] = kind === 'list' ? (check(key, value, mode) as unknown[]).map(() => '***') : '***';
  }
  return shown;
}

function serverText(server: NamedServer): string {
  const name = server.domain === undefined ? '' : `=${server.domain}`;
  return `${server.secure ? 'turns:' : ''}${formatAddress(server)}${name}`;
}

/** As it would be written in settings.json. */
function plain(value: Settings[OptionKey]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('min' in value) return `${value.min}-${value.max}`;
  return value.map((item) => {
    if (typeof item !== 'object') return item;
    if ('text' in item) return item.text;
    return 'ip' in item ? serverText(item) : item;
  });
}
