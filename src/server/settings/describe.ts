/** Tells people about the options: what the help says of them, and the page docs/configuration.md. */
import { flagOf, type Option, variableOf } from './option.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey } from './options.ts';

/** Each option with its sentence and its default, under the headings of its groups; lines of at most 110 characters. */
export function describeOptions(keys: readonly OptionKey[]): string[] {
  const groups = [...new Set(keys.map((key) => OPTIONS[key].group))];
  return groups.flatMap((group) => [
    '',
    group,
    ...keys.filter((key) => OPTIONS[key].group === group).flatMap(describeOption),
  ]);
}

function describeOption(key: OptionKey): string[] {
  const { placeholder, help } = OPTIONS[key];
  const flag = placeholder === '' ? flagOf(key) : `${flagOf(key)} ${placeholder}`;
  const notes = [`Default: ${fallbackOf(key, false)}.`];
  if (OPTIONS[key].kind === 'list') notes.push('Repeatable.');
  return [`  ${flag}`, ...wrap(`${help} ${notes.join(' ')}`, 100).map((line) => `      ${line}`)];
}

export function configurationPage(): string {
  const groups = [...new Set(OPTION_KEYS.map((key) => OPTIONS[key].group))];
  const lines = [
    '# Configuration',
    '',
    'Made from the schema in `src/server/settings/` by `npm run docs:configuration`; a test holds this page to it.',
    '',
    'Every option can be given in three places. Flags are stronger than environment variables, environment variables are',
    'stronger than `settings.json`, and `settings.json` is stronger than the defaults. An unknown flag or key, a wrong value or an',
    'unreadable file ends the command with one sentence that names the option, and exit code 2.',
    '',
    '`settings.json` is read from the folder in which the command is started, or from `--settings FILE`. It has a section for',
    'each mode; `node . dev` (the default) and `node . real` choose:',
    '',
    '```json',
    '{',
    '  "development": { "port": 8080, "host": "0.0.0.0" },',
    '  "production": { "port": 80, "host": "127.0.0.1" }',
    '}',
    '```',
    '',
    'A list is repeated as a flag (`--user a:b --user c:d`), separated by commas in the environment, and an array in',
    '`settings.json`. A switch is `--name` or `--no-name`, and `true` or `false` elsewhere. An empty environment variable counts',
    'as not set. Flags can be seen by other users of the machine, so give secrets by the environment or by `settings.json`.',
    '',
    'What is marked with ↻ takes effect without a restart, and without ending a session: a running server reads `settings.json` again when',
    'it changes, on SIGHUP (where it does not run in a terminal), and when `ieum reload` asks for it. A file with a mistake in it changes',
    'nothing, and the log says why. Flags and variables still come before the file. Everything else waits for the next start, and the log',
    'says so.',
  ];
  for (const group of groups) {
    lines.push(
      '',
      `## ${group}`,
      '',
      '| flag | environment | settings.json | value | default | |',
      '|---|---|---|---|---|---|',
    );
    for (const key of OPTION_KEYS.filter((candidate) => OPTIONS[candidate].group === group)) {
      lines.push(row(key));
    }
  }
  lines.push('');
  return lines.join('\n');
}

function row(key: OptionKey): string {
  const { expects, kind, help, outsideFile, live } = OPTIONS[key];
  const cells = [
    `${code(flagOf(key))}${live ? ' ↻' : ''}`,
    code(variableOf(key)),
    outsideFile ? '–' : code(key),
    kind === 'list' ? `list: each ${expects}` : expects,
    fallbackOf(key, true),
    help,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function fallbackOf(key: OptionKey, marked: boolean): string {
  const { fallback, fallbackText } = OPTIONS[key] as unknown as Option<unknown>;
  if (fallbackText !== undefined) return fallbackText;
  const mark = marked ? code : (text: string) => text;
  const { development, production } = fallback;
  if (development === production) return tell(development, mark);
  return `${tell(development, mark)}, in production ${tell(production, mark)}`;
}

function tell(value: unknown, mark: (text: string) => string): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.map(({ text }: { text: string }) => mark(text)).join(', ');
  if (typeof value === 'object' && value !== null && 'min' in value && 'max' in value) {
    return mark(`${value.min}-${value.max}`);
  }
  return mark(String(value));
}

function code(text: string): string {
  return `\`${text}\``;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
