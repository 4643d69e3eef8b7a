/** `ieum turn-test` as a person runs it: against our server, against coturn, and against what is set up wrongly. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { COTURN_USER, type CoturnServer, startCoturn } from '../support/coturn-server.ts';
import { startTurnProcess, type TurnProcess } from '../support/turn-process.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const HOST = '127.0.0.1';
const SECRET = 'north-north-north';
const MINA = ['--user', 'mina', '--password', 'a-secret'];
const SERVER_ARGS = ['--user', 'mina:a-secret', '--turn-secret', SECRET, '--no-dtls'];
const END_WITHIN_MS = 60_000;

interface Run {
  readonly code: number;
  readonly output: string;
}

function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/cli/main.js', 'turn-test', '--packets', '10', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: END_WITHIN_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

interface Tested {
  readonly transport: string;
  readonly stun?: { readonly roundTripMs: number };
  readonly allocate?: { readonly relayed: readonly { readonly ip: string }[]; readonly redirects: unknown[] };
  readonly echo?: { readonly sent: number; readonly received: number; readonly p50Ms: number };
  readonly refresh?: { readonly lifetimeSeconds: number };
  readonly ended?: boolean;
  readonly secure?: { readonly certificate?: { readonly fault?: string } };
}

async function runJson(...args: readonly string[]): Promise<{ code: number; ok: boolean; tests: Tested[] }> {
  const { code, output } = await run(...args, '--json');
  return { code, ...(JSON.parse(output) as { ok: boolean; tests: Tested[] }) };
}

/** Everything was done, and came back. */
function assertWorked({ transport, stun, allocate, echo, refresh, ended }: Tested): void {
  assert.ok(stun && stun.roundTripMs > 0, transport);
  assert.equal(allocate?.relayed.length, 1, transport);
  assert.deepEqual([echo?.sent, echo?.received], [10, 10], transport);
  assert.ok((echo?.p50Ms ?? 0) > 0, transport);
  assert.ok((refresh?.lifetimeSeconds ?? 0) >= 600, transport);
  assert.equal(ended, true, transport);
}

describe('our server', { concurrency: 2 }, () => {
  let server: TurnProcess;
  let uri: string;
  before(async () => {
    server = await startTurnProcess(HOST, SERVER_ARGS);
    uri = `turn:${HOST}:${server.port}`;
  });
  after(async () => {
    assert.equal(await server?.stop(), 0);
  });

  test('over UDP and TCP, by name and password, as a table: exit code 0', async () => {
    const { code, output } = await run(uri, ...MINA);
    assert.equal(code, 0, output);
    assert.match(output, /^transport +server +connect +stun +allocate +refresh +echo p50 +p95 +lost$/m);
    assert.match(output, /^UDP .* 0\/10$/m);
    assert.match(output, /^TCP .* 0\/10$/m);
    assert.match(output, /^ok +The server works over UDP, TCP\.$/m);
  });

  test('by the secret of the TURN REST scheme, as JSON', async () => {
    const { code, ok, tests } = await runJson(uri, '--secret', SECRET);
    assert.deepEqual([code, ok], [0, true]);
    for (const tested of tests) assertWorked(tested);
  });

  test('over TLS, whose certificate nobody trusts: it is told, the rest is tried all the same, exit code 1', async () => {
    const { code, tests } = await runJson(`turns:${HOST}:${server.tlsPort}?transport=tcp`, ...MINA);
    assert.equal(code, 1);
    const [tls] = tests;
    assert.ok(tls);
    assertWorked(tls);
    assert.ok(tls.secure?.certificate?.fault);
  });

  test('a wrong password', async () => {
    const { code, output } = await run(uri, '--user', 'mina', '--password', 'wrong');
    assert.equal(code, 1);
    assert.match(output, /does not know this name with this password \(401\)/);
    assert.match(output, /^fail +The server cannot be used from here\.$/m);
  });

  test('a wrong secret', async () => {
    const { code, output } = await run(uri, '--secret', 'south-south-south');
    assert.equal(code, 1);
    assert.match(output, /does not accept credentials made from this secret \(401\)/);
  });

  test('a peer that the server sends nothing to', async () => {
    const { code, output } = await run(`${uri}?transport=udp`, ...MINA, '--peer', '127.0.0.2');
    assert.equal(code, 1);
    assert.match(output, /does not send to 127\.0\.0\.2 \(403\)/);
  });

  test('without credentials, and by a stun: URI, only STUN is tried', async () => {
    for (const text of [uri, uri.replace('turn:', 'stun:')]) {
      const { code, output } = await run(text);
      assert.equal(code, 0, output);
      assert.match(output, /TURN was not tried/);
    }
  });
});

describe('our server, set up wrongly', { concurrency: 2 }, () => {
  async function against(args: readonly string[], ask: (server: TurnProcess) => Promise<Run>): Promise<Run> {
    const server = await startTurnProcess(HOST, [...SERVER_ARGS, ...args]);
    try {
      return await ask(server);
    } finally {
      await server.stop();
    }
  }

  test('a wrong --public-ip', async () => {
    const { code, output } = await against(['--public-ip', '203.0.113.7'], ({ port }) =>
      run(`turn:${HOST}:${port}?transport=udp`, ...MINA),
    );
    assert.equal(code, 1, output);
    assert.match(output, /tells people to send to 203\.0\.113\.7:\d+, where nobody can send/);
    assert.match(output, /--public-ip/);
  });

  test('a quota of one allocation', async () => {
    const { code, output } = await against(['--user-quota', '1'], ({ port }) =>
      run(`turn:${HOST}:${port}?transport=udp`, ...MINA),
    );
    assert.equal(code, 1, output);
    assert.match(output, /as many allocations as allowed \(486\)/);
  });
});

describe('coturn', () => {
  let coturn: CoturnServer;
  let redirecting: CoturnServer;
  let folder: string;
  const user = ['--user', COTURN_USER.username, '--password', COTURN_USER.password];
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'turn-test-'));
    coturn = await startCoturn();
    redirecting = await startCoturn([`--alternate-server=${HOST}:${coturn.port}`]);
    writeFileSync(path.join(folder, 'ca.pem'), coturn.ca);
  });
  after(async () => {
    await redirecting?.stop();
    await coturn?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('over UDP and TCP; over TLS and DTLS with a certificate that is trusted', async () => {
    const ca = ['--ca', path.join(folder, 'ca.pem')];
    for (const uri of [`turn:${HOST}:${coturn.port}`, `turns:${HOST}:${coturn.tlsPort}`]) {
      const { code, ok, tests } = await runJson(uri, ...user, ...ca);
      assert.deepEqual([code, ok, tests.length], [0, true, 2], JSON.stringify(tests));
      for (const tested of tests) assertWorked(tested);
    }
  });

  test('by way of another server (300)', async () => {
    const { code, tests } = await runJson(`turn:${HOST}:${redirecting.port}?transport=udp`, ...user);
    assert.equal(code, 0);
    assert.equal(tests[0]?.allocate?.redirects.length, 1);
  });

  test('a wrong password', async () => {
    const { code, output } = await run(
      `turn:${HOST}:${coturn.port}?transport=tcp`,
      '--user',
      'mina',
      '--password',
      'no',
    );
    assert.equal(code, 1);
    assert.match(output, /\(401\)/);
  });
});

describe('no server', () => {
  let silent: Socket;
  let mute: Server;
  before(async () => {
    silent = createSocket('udp4');
    silent.bind(0, HOST);
    await once(silent, 'listening');
    // A web server's answer to what is no HTTP.
    mute = createServer((socket) =>
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    mute.listen(0, HOST);
    await once(mute, 'listening');
  });
  after(() => {
    silent.close();
    mute.close();
  });

  test('a port on which nobody listens', async () => {
    const free = createServer();
    free.listen(0, HOST);
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    await once(free, 'close');
    const { code, output } = await run(`turn:${HOST}:${port}`, ...MINA);
    assert.equal(code, 1);
    assert.match(output, new RegExp(`Nobody listens on UDP ${HOST}:${port}`));
    assert.match(output, new RegExp(`Nobody listens on TCP ${HOST}:${port}`));
  });

  test('a port that swallows everything', async () => {
    const { port } = silent.address();
    const { code, output } = await run(`turn:${HOST}:${port}?transport=udp`, ...MINA);
    assert.equal(code, 1);
    assert.match(output, new RegExp(`No answer from UDP ${HOST}:${port}`));
    assert.match(output, /firewall/);
  });

  test('a port where somebody speaks HTTP', async () => {
    const { port } = mute.address() as { port: number };
    const { code, output } = await run(`turn:${HOST}:${port}?transport=tcp`, ...MINA);
    assert.equal(code, 1);
    assert.match(output, /does not speak STUN/);
  });

  test('what cannot be meant is one sentence, and exit code 2', async () => {
    for (const [args, sentence] of [
      [[], /ieum turn-test needs URI/],
      [['turn.example.com'], /is no STUN or TURN URI/],
      [['turn:127.0.0.1', '--user', 'mina'], /--user and --password belong together/],
      [['turn:127.0.0.1', '--secret', 'x', '--password', 'y'], /--secret makes the password/],
      [['turn:127.0.0.1', '--peer', 'example.org'], /--peer must be an IP address/],
      [['turn:127.0.0.1', '--ca', 'nowhere.pem'], /nowhere\.pem cannot be read/],
      [['turn:nowhere.invalid', ...MINA], /nowhere\.invalid has no address/],
    ] as const) {
      const { code, output } = await run(...args);
      assert.equal(code, 2, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
    }
  });
});
