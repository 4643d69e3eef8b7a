/** The command as a user meets it: what it prints, and the one sentence and exit code 2 of everything that cannot work. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Some checks start several processes on a busy machine. */
const PATIENCE_MS = 30_000;

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-command-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

/** Runs the command from its sources in `folder`, with nothing of this process's own settings. */
function run(args: readonly string[], environment: Record<string, string> = {}): Run {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('IEUM_'));
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), path.join(ROOT, 'src/cli/main.ts'), ...args],
    { cwd: folder, env: { ...Object.fromEntries(own), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** On loopback, with free ports and a state folder of its own. */
function serve(name: string, args: readonly string[] = []): Run {
  return run([
    ...['serve', '--host', '127.0.0.1', '--port', '0', '--turn-port', '0'],
    ...['--state-dir', path.join(folder, name), '--log-format', 'json', ...args],
  ]);
}

async function listening(server: Run): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const port = /server is listening on https:\/\/\S+:(\d+)\n=+\n[\s\S]*\n$/.exec(server.stdout())?.[1];
    if (port !== undefined) return Number(port);
    const over = server.child.exitCode !== null || Date.now() > deadline;
    assert.ok(!over, `it does not listen:\n${server.stdout()}${server.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
}

function fetchFrom(from: typeof get, options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    from({ host: '127.0.0.1', agent: false, rejectUnauthorized: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
      );
    }).on('error', reject);
  });
}

test('prints the frame of the specification, serves over TLS with its own authority, redirects, and ends on SIGTERM', async () => {
  const server = serve('first', ['--qr']);
  const port = await listening(server);
  const lines = server.stdout().split('\n');
  assert.equal(lines[0], '='.repeat(34));
  assert.match(
    lines[1] ?? '',
    /^settings: \{"development":\{"port":0,"host":"127\.0\.0\.1",.*\},"production":\{"port":80,"host":"127\.0\.0\.1"\}\}$/,
  );
  assert.equal(lines[2], 'mode: development');
  assert.equal(lines[3], `server is listening on https://127.0.0.1:${port}`);
  assert.equal(lines[4], '='.repeat(34));
  assert.match(server.stdout(), /█▀▀|▀▄|▄▀/, 'a QR code');
  const { body: ca } = await fetchFrom(get, { port, path: '/ca.crt' });
  const ready = await fetchFrom(get, { port, path: '/readyz', ca, rejectUnauthorized: true });
  assert.deepEqual([ready.status, ready.body], [200, 'ready\n']);
  const plain = await fetchFrom(httpGet, { port, path: '/r/x' });
  assert.deepEqual([plain.status, plain.location], [308, `https://127.0.0.1:${port}/r/x`]);
  const metrics = await fetchFrom(get, { port, path: '/metrics' });
  assert.match(metrics.body, /^ieum_info\{version="\d/m);
  assert.match(metrics.body, /^ieum_signaling_connections 0$/m);
  if (process.platform !== 'win32') {
    for (const name of readdirSync(path.join(folder, 'first'))) {
      assert.equal(statSync(path.join(folder, 'first', name)).mode & 0o077, 0, name);
    }
  }
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);
  const printed = server.stderr() + server.stdout();
  assert.doesNotMatch(printed, /PRIVATE KEY/);
  const secrets: Record<string, string> = JSON.parse(
    readFileSync(path.join(folder, 'first/secrets.json'), 'utf8'),
  );
  for (const secret of Object.values(secrets)) assert.ok(!printed.includes(secret));
});

test('takes everything from the environment, and ends on SIGINT', async () => {
  const server = run([], {
    IEUM_HOST: '127.0.0.1',
    IEUM_PORT: '0',
    IEUM_TURN_PORT: '0',
    IEUM_STATE_DIR: path.join(folder, 'env'),
    IEUM_QR: 'no',
  });
  await listening(server);
  assert.match(server.stdout(), /^=+\nsettings: \{"development":\{"port":0,"host":"127\.0\.0\.1",/);
  server.child.kill('SIGINT');
  assert.equal(await server.ended, 0);
});

test('ieum turn serves STUN and TURN alone, over UDP, TCP and TLS, and answers no HTTP', async () => {
  const turn = run([
    ...['turn', '--host', '127.0.0.1', '--turn-port', '0', '--turn-tls-port', '0'],
    ...['--state-dir', path.join(folder, 'turn'), '--user', 'alice:nobody-sees-this'],
  ]);
  const ports = await portsOf(turn);
  assert.doesNotMatch(turn.stdout(), /nobody-sees-this/);
  assert.match(turn.stdout(), /"user":\["\*\*\*"\]/);
  const plain = netConnect(ports.turn, '127.0.0.1');
  assert.deepEqual(await bindingOver(plain), [0x01, 0x01]);
  const secure = connect({ host: '127.0.0.1', port: ports.tls, rejectUnauthorized: false });
  assert.deepEqual(await bindingOver(secure), [0x01, 0x01]);
  await assert.rejects(fetchFrom(get, { port: ports.tls, path: '/' }));
  turn.child.kill('SIGTERM');
  assert.equal(await turn.ended, 0);
});

/** RFC 8489 §6.3.1: the type of the answer to a Binding request, a success response. */
async function bindingOver(socket: Socket): Promise<readonly number[]> {
  const request = Buffer.alloc(20, 7);
  request.writeUInt32BE(0x0001_0000, 0);
  request.writeUInt32BE(0x2112_a442, 4);
  socket.write(request);
  const [answer]: Buffer[] = await once(socket, 'data');
  socket.destroy();
  return [...(answer ?? Buffer.alloc(0)).subarray(0, 2)];
}

async function portsOf(turn: Run): Promise<{ readonly turn: number; readonly tls: number }> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const udp = /listening on turn:\S+:(\d+)/.exec(turn.stdout())?.[1];
    const tls = /listening on turns:\S+:(\d+)/.exec(turn.stdout())?.[1];
    if (udp !== undefined && tls !== undefined) return { turn: Number(udp), tls: Number(tls) };
    const over = turn.child.exitCode !== null || Date.now() > deadline;
    assert.ok(!over, `it does not listen:\n${turn.stdout()}${turn.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('--help and --version answer and end', async () => {
  const [help, ofServe, ofSend] = [run(['--help']), run(['help', 'serve']), run(['send', '--help'])];
  const version = run(['--version']);
  const ended = [help, ofServe, ofSend, version].map((program) => program.ended);
  assert.deepEqual(await Promise.all(ended), [0, 0, 0, 0]);
  assert.match(help.stdout(), /ieum receive LINK\|CODE/);
  assert.match(ofServe.stdout(), /--relay-ports MIN-MAX/);
  assert.match(ofSend.stdout(), /^ieum send FILE\.\.\. \[options\]/);
  assert.match(version.stdout(), /^\d+\.\d+\.\d+\n$/);
});

/** Each must print one line on standard error, nothing on standard output, and end at once with code 2. */
const WRONG: readonly (readonly [what: string, args: () => readonly string[], sentence: RegExp])[] = [
  ['an unknown option', () => ['--nope'], /^ieum: Unknown option --nope/],
  ['a wrong value', () => ['--port', 'http'], /^ieum: --port must be a port/],
  ['an unknown command', () => ['dance'], /^ieum: Unknown command "dance"/],
  ['a word too many', () => ['serve', 'dev', 'more'], /^ieum: Unexpected word "more"/],
  [
    'settings that are not there',
    () => ['--settings', 'none.json'],
    /^ieum: --settings: none\.json cannot be read/,
  ],
  [
    'a certificate that is not there',
    () => ['--cert', 'none.crt', '--key', 'none.key'],
    /^ieum: --cert: none\.crt cannot be read \(ENOENT\)/,
  ],
  [
    'a certificate that is none',
    () => {
      writeFileSync(path.join(folder, 'bad.crt'), 'text');
      return ['--cert', 'bad.crt', '--key', 'bad.crt'];
    },
    /^ieum: --cert: bad\.crt holds no PEM certificate/,
  ],
  [
    'a state folder that is a file',
    () => {
      writeFileSync(path.join(folder, 'state-file'), '');
      return ['--state-dir', 'state-file'];
    },
    /^ieum: --state-dir: .*state-file cannot be made/,
  ],
  ['an address that is not ours', () => ['--host', '192.0.2.77'], /^ieum: --host: .*192\.0\.2\.77/],
  [
    'a name that is no address',
    () => ['--host', 'no-such-name.invalid'],
    /^ieum: --host: no-such-name\.invalid/,
  ],
];
for (const [what, args, sentence] of WRONG) {
  test(`${what} ends with one sentence and code 2`, async () => {
    const wrong = run([
      '--state-dir',
      path.join(folder, 'wrong'),
      '--port',
      '0',
      '--turn-port',
      '0',
      ...args(),
    ]);
    assert.equal(await wrong.ended, 2, wrong.stderr());
    assert.match(wrong.stderr(), sentence);
    assert.equal(wrong.stderr().trim().split('\n').length, 1);
    assert.equal(wrong.stdout(), '');
  });
}

test('a port in use ends with one sentence and code 2, and nothing stays open', async () => {
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  const address = held.address();
  assert.ok(typeof address === 'object' && address);
  const taken = String(address.port);
  for (const [option, others] of [
    ['--port', ['--turn-port', '0']],
    ['--turn-port', ['--port', '0']],
    ['--http-port', ['--port', '0', '--turn-port', '0']],
  ] as const) {
    const wrong = run([
      '--host',
      '127.0.0.1',
      '--state-dir',
      path.join(folder, 'taken'),
      ...others,
      option,
      taken,
    ]);
    assert.equal(await wrong.ended, 2);
    assert.match(wrong.stderr(), new RegExp(`^ieum: ${option}: .*${taken} is already in use[^\\n]*\\n$`));
    assert.equal(wrong.stdout(), '');
  }
  held.close();
});

test('SIGTERM lets a request under way finish; a second one ends at once', async () => {
  const server = serve('twice', ['--no-qr', '--drain-seconds', '3600']);
  const port = await listening(server);
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n', () => resolve()));
  const heard = server.stderr;
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.child.kill('SIGTERM');
  while (!heard().includes('stopping')) await new Promise((resolve) => setTimeout(resolve, 10));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(server.child.exitCode, null, 'it waits');
  await assert.rejects(fetchFrom(get, { port, path: '/readyz' }), { code: 'ECONNREFUSED' });
  socket.write('\r\n');
  while (!answer.includes('ok')) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await server.ended, 0);

  const again = serve('twice', ['--no-qr', '--drain-seconds', '3600']);
  const other = connect({ host: '127.0.0.1', port: await listening(again), rejectUnauthorized: false });
  other.on('error', () => {});
  await new Promise<void>((resolve) => other.write('GET /', () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 100));
  again.child.kill('SIGTERM');
  while (!again.stderr().includes('stopping')) await new Promise((resolve) => setTimeout(resolve, 10));
  again.child.kill('SIGTERM');
  assert.equal(await again.ended, 143);
});
