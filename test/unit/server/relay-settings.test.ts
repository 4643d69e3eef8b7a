/** The options of STUN and TURN: what their values may be, what they say of each other, what the relay is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { type Loaded, loadSettings, settingsWith } from '../../../src/server/settings/load.ts';
import { turnServiceOptions } from '../../../src/server/turn-options.ts';

const SECRETS = { turn: 'made-turn-secret', nonce: 'AAAA', signaling: 'made' };
const EMPTY_FOLDER = import.meta.dirname;

function load(...argv: string[]): Loaded {
  return loadSettings({ argv: ['turn', ...argv], environment: {}, folder: EMPTY_FOLDER });
}

function refusal(...argv: string[]): string {
  try {
    load(...argv);
  } catch (error) {
    assert.ok(error instanceof StackError && error.code === 'SETTINGS_INVALID', String(error));
    return error.message;
  }
  assert.fail(`nothing was refused: ${argv.join(' ')}`);
}

test('by default everything that opens more than calls need is off', () => {
  const { settings } = load();
  const { mobility, tcpRelay, rfc3489, behaviourDiscovery, strictExpiry, allowLoopbackPeers } = settings;
  assert.deepEqual(
    [mobility, tcpRelay, rfc3489, behaviourDiscovery, strictExpiry, allowLoopbackPeers],
    [false, false, false, false, false, false],
  );
  assert.deepEqual(
    [settings.credentialsUrl, settings.healthPort, settings.healthHost],
    [undefined, undefined, '127.0.0.1'],
  );
  const told = turnServiceOptions(settings, SECRETS);
  assert.deepEqual(told.clients, { allow: [], deny: [] });
  assert.deepEqual(told.limits?.bandwidth, { perAllocation: undefined, total: undefined });
  assert.deepEqual(told.restSecrets, ['made-turn-secret']);
});

test('tells the relay what was asked for, in its own units', () => {
  const key = Buffer.alloc(32, 7);
  const { settings } = load(
    ...['--mobility', '--tcp-relay', '--strict-expiry', '--relay-workers', '2'],
    ...['--behaviour-discovery', '--alternate-port', '4000', '--alternate-host', '127.0.0.2'],
    ...[
      '--allocation-kbps',
      '2500',
      '--total-kbps',
      '1000000',
      '--oauth-keys',
      `k1:${key.toString('base64')}`,
    ],
    ...[
      '--alternate-server',
      '203.0.113.8:3478,turns:[2001:DB8::8]:5349=Turn.Example.com',
      '--nonce-secret',
      'shared-by-all-of-them',
    ],
    ...['--client-deny', '198.51.100.0/24', '--peer-allow', '10.1.0.0/16', '--proxy-protocol', '10.0.0.1'],
  );
  const told = turnServiceOptions(settings, SECRETS);
  assert.deepEqual(told.limits?.bandwidth, { perAllocation: 312_500, total: 125_000_000 });
  assert.deepEqual(told.alternateServers, [
    { ip: '203.0.113.8', port: 3478, secure: false },
    { ip: '2001:db8::8', port: 5349, secure: true, domain: 'turn.example.com' },
  ]);
  assert.deepEqual(told.behaviourDiscovery, { alternatePort: 4000, alternateIp: '127.0.0.2' });
  assert.equal(told.relayWorkers, 2);
  assert.deepEqual(Buffer.from(told.nonceSecret).toString(), 'shared-by-all-of-them');
  assert.deepEqual(
    told.oauthKeys?.map(({ kid, key: bytes }) => [kid, Buffer.from(bytes).equals(key)]),
    [['k1', true]],
  );
  assert.equal(told.peers.allow.length, 1);
  assert.equal(told.clients.deny.length, 1);
  assert.equal(told.proxies.length, 1);
});

test('one sentence says what is wrong with a value', () => {
  for (const [argv, words] of [
    [
      ['--oauth-keys', 'k1:c2hvcnQ='],
      /^--oauth-keys must be kid:key, the key being 16 or 32 bytes in base64, but it is something else\.$/,
    ],
    [['--oauth-keys', 'nokey'], /^--oauth-keys must be kid:key/],
    [['--alternate-server', 'turn.example.com:3478'], /^--alternate-server must be an address and a port/],
    [['--alternate-server', '203.0.113.8'], /^--alternate-server must be an address and a port/],
    [['--alternate-server', '203.0.113.8:0'], /^--alternate-server/],
    [['--alternate-server', '203.0.113.8:3478=a b'], /^--alternate-server/],
    [['--alternate-server', '[203.0.113.8]:3478'], /^--alternate-server/],
    [
      ['--relay-workers', '9'],
      /^--relay-workers must be auto or a whole number from 0 to 8, but it is "9"\.$/,
    ],
    [['--credentials-url', 'ftp://auth/'], /^--credentials-url must be a URL that begins with https/],
    [['--credentials-url', 'https://me:secret@auth/'], /^--credentials-url/],
    [['--client-deny', '10.0.0.0/40'], /^--client-deny must be an IP address or a range/],
    [['--alternate-host', 'elsewhere'], /^--alternate-host must be an IP address/],
  ] as const) {
    assert.match(refusal(...argv), words);
  }
});

test('options that do not fit each other are refused', () => {
  for (const [argv, words] of [
    [['--behaviour-discovery', '--alternate-port', '3478'], /^--alternate-port must differ from --turn-port/],
    [['--turn-tls-port', '3478'], /^--turn-tls-port must differ from --turn-port, but both are 3478\.$/],
    [['--health-port', '5349'], /^--health-port must differ/],
    [['--user', 'a:b', '--user', 'a:c'], /^--user names a twice\.$/],
    [['--credentials-token', 'sixteen-characters'], /^--credentials-token needs --credentials-url/],
    [['--allocation-kbps', '2000', '--total-kbps', '1000'], /^--allocation-kbps must not be above/],
    [
      ['--alternate-server', '203.0.113.8:3478', '--public-ip', '203.0.113.8'],
      /^--alternate-server must be another/,
    ],
  ] as const) {
    assert.match(refusal(...argv), words);
  }
  assert.doesNotThrow(() => load('--alternate-port', '3478'), 'nobody uses it without --behaviour-discovery');
  assert.doesNotThrow(() => settingsWith({ turnPort: 0, alternatePort: 0, behaviourDiscovery: true }));
});

test('keys of tokens are never shown, other values as they were written', () => {
  const key = Buffer.alloc(16, 9).toString('base64');
  const { shown } = load(
    '--oauth-keys',
    `k1:${key}`,
    '--alternate-server',
    'turns:[2001:db8::8]:3478=turn.example.com',
  );
  assert.deepEqual(shown.development.oauthKeys, ['***']);
  assert.deepEqual(shown.development.alternateServer, ['turns:[2001:db8::8]:3478=turn.example.com']);
});
