/** One schema, four sources: who wins, and what is said when a value is wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { configurationPage, describeOptions } from '../../../src/server/settings/describe.ts';
import { loadSettings, settingsWith } from '../../../src/server/settings/load.ts';
import { flagOf, variableOf } from '../../../src/server/settings/option.ts';
import { OPTION_KEYS, OPTIONS } from '../../../src/server/settings/options.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
let folder = '';

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-settings-'));
});
after(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly argv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The content of settings.json. */
  readonly file?: unknown;
}

function load({ argv = [], environment = {}, file = {} }: Given) {
  writeFileSync(path.join(folder, 'settings.json'), typeof file === 'string' ? file : JSON.stringify(file));
  return loadSettings({ argv, environment, folder });
}

function refusal(given: Given): string {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof StackError, String(error));
    assert.match(error.code, /^SETTINGS_/);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  assert.fail('nothing was refused');
}

test('flags beat the environment, the environment beats settings.json, settings.json beats the defaults', () => {
  const argv = ['--port', '4'];
  const environment = { IEUM_PORT: '3' };
  const file = { development: { port: 2 } };
  assert.equal(load({}).settings.port, 8080);
  assert.equal(load({ file }).settings.port, 2);
  assert.equal(load({ file, environment }).settings.port, 3);
  assert.equal(load({ file, environment, argv }).settings.port, 4);
  assert.equal(load({ file, argv }).settings.port, 4);
  assert.equal(load({ environment }).settings.port, 3);
});

test('the words of the sample choose the mode, and each mode has its own section and defaults', () => {
  const file = { development: { realm: 'd' }, production: { realm: 'p' } };
  for (const argv of [[], ['dev'], ['serve', 'dev'], ['--mode', 'development'], ['development']]) {
    const { settings } = load({ argv, file });
    assert.deepEqual(
      [settings.mode, settings.port, settings.host, settings.realm],
      ['development', 8080, '0.0.0.0', 'd'],
    );
  }
  for (const argv of [['real'], ['serve', 'real'], ['--mode=production'], ['production']]) {
    const { settings } = load({ argv, file });
    assert.deepEqual(
      [settings.mode, settings.port, settings.host, settings.realm],
      ['production', 80, '127.0.0.1', 'p'],
    );
  }
  assert.equal(load({ environment: { IEUM_MODE: 'production' } }).settings.mode, 'production');
  assert.deepEqual(load({ argv: ['turn', 'real'] }).words, ['turn']);
});

test('the repository’s settings.json says what the specification shows', () => {
  const { shown } = loadSettings({ argv: [], environment: {}, folder: ROOT });
  assert.equal(
    JSON.stringify(shown),
    '{"development":{"port":8080,"host":"0.0.0.0"},"production":{"port":80,"host":"127.0.0.1"}}',
  );
});

test('secrets are never shown, whichever way they came', () => {
  const secret = 'a-secret-that-nobody-may-see';
  const loaded = load({
    argv: ['--turn-secret', secret, '--turn-secret', `${secret},2`, '--metrics-token', secret],
    environment: { IEUM_USER: `alice:${secret},bob:${secret}` },
    file: { production: { metricsToken: secret } },
  });
  assert.deepEqual(loaded.settings.turnSecret, [secret, `${secret},2`]);
  assert.deepEqual(loaded.settings.user, [
    { name: 'alice', password: secret },
    { name: 'bob', password: secret },
  ]);
  const shown = JSON.stringify(loaded.shown);
  assert.doesNotMatch(shown, /nobody/);
  assert.deepEqual(loaded.shown.development.turnSecret, ['***', '***']);
  assert.equal(loaded.shown.production.metricsToken, '***');
  assert.doesNotMatch(refusal({ argv: ['--user', 'no-colon-in-this-secret'] }), /this-secret/);
});

test('lists are repeated flags, commas in text, arrays in JSON', () => {
  const expected = ['10.0.0.0/8', '192.168.1.1'];
  for (const given of [
    { argv: ['--trusted-proxies', '10.0.0.0/8', '--trusted-proxies', '192.168.1.1'] },
    { argv: ['--trusted-proxies=10.0.0.0/8,192.168.1.1'] },
    { environment: { IEUM_TRUSTED_PROXIES: '10.0.0.0/8, 192.168.1.1' } },
    { file: { development: { trustedProxies: expected } } },
  ]) {
    assert.deepEqual(
      load(given).settings.trustedProxies.map(({ text }) => text),
      expected,
    );
  }
  assert.deepEqual(load({ argv: ['--public-ip', '2001:DB8::0001'] }).settings.publicIp, ['2001:db8::1']);
});

test('switches are on by their name, off by no-, and words elsewhere', () => {
  assert.equal(load({ argv: ['--allow-loopback-peers'] }).settings.allowLoopbackPeers, true);
  assert.equal(load({ argv: ['--no-qr'] }).settings.qr, false);
  assert.equal(load({ environment: { IEUM_QR: 'off' } }).settings.qr, false);
  assert.equal(load({ file: { development: { qr: false } }, argv: ['--qr'] }).settings.qr, true);
});

const REFUSED: readonly (readonly [what: string, given: Given, sentence: RegExp])[] = [
  ['an unknown flag', { argv: ['--prot', '1'] }, /^Unknown option --prot; did you mean --port\?$/],
  [
    'a flag that nothing resembles',
    { argv: ['--zzzzzzzzz'] },
    /^Unknown option --zzzzzzzzz; see ieum help serve\.$/,
  ],
  ['a negated option that is no switch', { argv: ['--no-port'] }, /^Unknown option --no-port/],
  ['a short flag', { argv: ['-x'] }, /^Unknown option -x/],
  ['a flag without value at the end', { argv: ['--port'] }, /^--port needs a value: a port/],
  ['a flag that is followed by a flag', { argv: ['--cert', '--key', 'a'] }, /^--cert needs a value/],
  ['no number', { argv: ['--port', 'x'] }, /^--port must be a port from 0 to 65535, but it is "x"\.$/],
  ['a number that only looks like one', { argv: ['--port', '1e3'] }, /^--port must be/],
  ['an empty value', { argv: ['--port='] }, /^--port must be/],
  ['a port beyond the end', { argv: ['--port', '65536'] }, /^--port must be/],
  [
    'a wrong variable',
    { environment: { IEUM_TURN_PORT: 'tcp://10.0.0.1:1' } },
    /^--turn-port must be .* but the environment variable IEUM_TURN_PORT is "tcp:/,
  ],
  [
    'a wrong value in the file',
    { file: { development: { port: [1] } } },
    /^--port must be .* but "port" of "development" in settings\.json is \[1\]\.$/,
  ],
  [
    'a wrong value of the other mode',
    { file: { production: { port: -1 } } },
    /"port" of "production" in settings\.json is -1/,
  ],
  [
    'an unknown key',
    { file: { development: { Port: 1 } } },
    /^Unknown option "Port" of "development" in settings\.json; did you mean port\?$/,
  ],
  ['an unknown mode', { file: { staging: {} } }, /^Unknown mode "staging" in settings\.json/],
  [
    'a key that settings.json cannot have',
    { file: { development: { mode: 'production' } } },
    /^Unknown option "mode"/,
  ],
  ['a file that is no JSON', { file: '{' }, /^--settings: settings\.json is not valid JSON\.$/],
  ['a file that is no object', { file: [] }, /^--settings: settings\.json must hold an object/],
  ['a section that is no object', { file: { development: 1 } }, /must be objects/],
  [
    'a file that is not there',
    { argv: ['--settings', 'none.json'] },
    /^--settings: none\.json cannot be read \(ENOENT\)\.$/,
  ],
  [
    'a wrong choice',
    { argv: ['--private-peers', 'maybe'] },
    /^--private-peers must be one of auto, allow, deny/,
  ],
  [
    'relay ports in the wrong order',
    { argv: ['--relay-ports', '60000-50000'] },
    /^--relay-ports must be two ports/,
  ],
  ['relay ports below 1024', { argv: ['--relay-ports', '80-90'] }, /^--relay-ports must be/],
  [
    'no address',
    { argv: ['--public-ip', '1.2.3'] },
    /^--public-ip must be an IP address, but it is "1\.2\.3"/,
  ],
  [
    'two addresses of one family',
    { argv: ['--public-ip', '1.2.3.4,5.6.7.8'] },
    /^--public-ip can have one IPv4/,
  ],
  ['a certificate without key', { argv: ['--cert', 'a'] }, /^--cert needs --key beside it\.$/],
  ['a key without certificate', { argv: ['--key', 'a'] }, /^--key needs --cert beside it\.$/],
  ['the same port twice', { argv: ['--port', '9', '--http-port', '9'] }, /^--http-port must differ/],
  [
    'a short secret',
    { argv: ['--turn-secret', 'short'] },
    /^--turn-secret must be a text of 16 to 256 characters, but it is something else\.$/,
  ],
  ['a line break', { argv: ['--realm', 'a\nb'] }, /^--realm must be a text without line breaks/],
  [
    'an origin that is none',
    { argv: ['--allowed-origins', 'example.com'] },
    /^--allowed-origins must be an origin/,
  ],
];

for (const [what, given, sentence] of REFUSED) {
  test(`refuses ${what} in one sentence that names the option`, () => {
    assert.match(refusal(given), sentence);
  });
}

test('a variable that looks like ours is a warning, because orchestrators set such ones', () => {
  const { warnings } = load({
    environment: { IEUM_SERVICE_HOST: '10.0.0.1', IEUM_PROT: '1', IEUM_HOST: '' },
  });
  assert.deepEqual(warnings, [
    'The environment variable IEUM_SERVICE_HOST is no option.',
    'The environment variable IEUM_PROT is no option; did you mean IEUM_PORT?',
  ]);
});

test('help is given beside a broken settings.json', () => {
  assert.equal(load({ argv: ['--help'], file: '{' }).help, true);
  assert.equal(load({ argv: ['-v'], file: '{' }).version, true);
});

test('every option is in the help and on the page, by flag, variable and key', () => {
  const help = describeOptions(OPTION_KEYS);
  const page = configurationPage();
  for (const key of OPTION_KEYS) {
    assert.ok(
      help.some((line) => line.startsWith(`  ${flagOf(key)}`)),
      key,
    );
    const mark = OPTIONS[key].live ? ' ↻' : '';
    assert.ok(page.includes(`| \`${flagOf(key)}\`${mark} | \`${variableOf(key)}\` |`), key);
  }
  for (const line of help) assert.ok(line.length <= 110, line);
});

test('docs/configuration.md is what the schema says', () => {
  const written = readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8').replaceAll('\r\n', '\n');
  assert.equal(written, configurationPage(), 'run npm run docs:configuration');
});

test('the defaults of both modes pass their own schema', () => {
  for (const mode of ['development', 'production'] as const) {
    const settings = settingsWith({}, mode);
    for (const key of OPTION_KEYS)
      assert.deepEqual(settings[key], key === 'mode' ? mode : OPTIONS[key].fallback[mode]);
  }
});
