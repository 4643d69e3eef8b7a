/**
 * What an operator does to a real `ieum turn` process while calls run through it: look, change users and limits, end
 * somebody, stop. The calls are our own TURN client's.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { encodeUtf8, type SocketAddress, StackError, silentLog } from '../../src/base/index.ts';
import { nodeEnv, openTurnLink, type TurnLink } from '../../src/node/index.ts';
import { startTurnProcess, type TurnProcess } from '../support/turn-process.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const HOST = '127.0.0.1';
const MINA = { username: 'mina', password: 'first-password' };
const JUN = { username: 'jun', password: 'second-password' };
const env = nodeEnv({ log: silentLog });

let folder = '';
let settingsFile = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-operation-'));
  settingsFile = path.join(folder, 'settings.json');
});
after(() => rmSync(folder, { recursive: true, force: true }));

function write(development: unknown): void {
  writeFileSync(settingsFile, JSON.stringify({ development }));
}

function start(...args: string[]): Promise<TurnProcess> {
  return startTurnProcess(HOST, [
    '--settings',
    settingsFile,
    '--allow-loopback-peers',
    '--health-port',
    '0',
    ...args,
  ]);
}

function link(turn: TurnProcess, credentials = MINA, transport: 'udp' | 'tcp' = 'udp'): Promise<TurnLink> {
  return openTurnLink(env, { server: { ip: HOST, port: turn.port }, transport, credentials });
}

interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ieum(turn: Pick<TurnProcess, 'stateDir'>, ...args: string[]): Promise<Printed> {
  const child = spawn(
    process.execPath,
    [PROGRAM, ...args, '--settings', settingsFile, '--state-dir', turn.stateDir],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
}

async function logged(turn: TurnProcess, words: RegExp): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!words.test(turn.output())) {
    assert.ok(Date.now() < deadline, `${words} was not logged:\n${turn.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function fails(code: string) {
  return (error: unknown): boolean => error instanceof StackError && error.code === code;
}

/** Two clients that talk through the relay. */
async function pair(turn: TurnProcess) {
  const [near, far] = [await link(turn), await link(turn)];
  const relayed: (SocketAddress | undefined)[] = [];
  for (const client of [near, far]) relayed.push((await client.allocate()).relayed[0]);
  const [, farRelay] = relayed;
  assert.ok(farRelay);
  await Promise.all([near.permit([HOST]), far.permit([HOST])]);
  return {
    clients: [near, far],
    async talk(text: string): Promise<void> {
      near.send(farRelay, encodeUtf8(text));
      assert.equal(Buffer.from((await far.receive()).bytes).toString(), text);
    },
  };
}

async function health(turn: TurnProcess, page: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${turn.healthUrl}${page}`);
  return { status: response.status, text: await response.text() };
}

test('users, limits and mistakes in the settings file reach a server that runs, and no call notices', async () => {
  write({ user: ['mina:first-password'] });
  const turn = await start();
  const call = await pair(turn);
  await call.talk('before');

  // By SIGHUP: nobody has a terminal here.
  write({ user: ['mina:first-password', 'jun:second-password'], realm: 'another' });
  turn.signal('SIGHUP');
  await logged(turn, /"changed":\["--user"\]/);
  await logged(turn, /"options":\["--realm"\]/);
  const fresh = await link(turn, JUN);
  await fresh.allocate();

  // By being written: a mistake.
  writeFileSync(settingsFile, '{ "development": { "userQuota": 0 } }');
  await logged(turn, /kept the settings, because the changed ones cannot be used/);
  await logged(turn, /--user-quota must be a whole number/);
  await (await link(turn, JUN)).close();

  // By the command.
  write({ user: ['jun:second-password'], userQuota: 1 });
  const reload = await ieum(turn, 'reload');
  assert.equal(reload.code, 0, reload.stderr);
  await logged(turn, /"changed":\["--user","--user-quota"\]|"changed":\["--user-quota","--user"\]/);
  const second = await link(turn, JUN);
  await assert.rejects(second.allocate(), fails('TURN_QUOTA_REACHED'));
  const removed = await link(turn);
  await assert.rejects(removed.allocate(), fails('TURN_UNAUTHENTICATED'));

  await call.talk('after');
  assert.doesNotMatch(turn.output(), /first-password|second-password/);
  await Promise.all([...call.clients, fresh, second, removed].map((client) => client.close()));
  assert.equal(await turn.stop(), 0);
});

test('shows who is on the relay, ends who is meant, and mints credentials that work', async () => {
  write({ user: ['mina:first-password'] });
  const turn = await start();
  const call = await pair(turn);
  await call.talk('hello');
  const overTcp = await link(turn, MINA, 'tcp');
  await overTcp.allocate();

  const minted = await ieum(turn, 'turn', 'credentials', '--user', 'guest', '--minutes', '5', '--json');
  assert.equal(minted.code, 0, minted.stderr);
  const { username, password, ttl } = JSON.parse(minted.stdout);
  assert.match(username, /^\d+:guest$/);
  assert.equal(ttl, 300);
  const guest = await link(turn, { username, password });
  await guest.allocate();

  const shown = await ieum(turn, 'turn', 'sessions', '--json');
  const sessions: { user: string; transport: string; toPeersBytes: number }[] = JSON.parse(shown.stdout);
  assert.deepEqual(
    sessions.map(({ user, transport }) => `${user} ${transport}`).sort(),
    [`${username} udp`, 'mina tcp', 'mina udp', 'mina udp'].sort(),
  );
  assert.ok(sessions.some(({ toPeersBytes }) => toPeersBytes === 5));
  const table = await ieum(turn, 'turn', 'sessions');
  assert.match(table.stdout, /^id +since \(UTC\) +user/);
  assert.equal(table.stdout.trimEnd().split('\n').length, 5);

  const kicked = await ieum(turn, 'turn', 'kick', 'guest');
  assert.match(kicked.stdout, /^Ended 1 session\./);
  const nobody = await ieum(turn, 'turn', 'kick', 'nobody');
  assert.deepEqual([nobody.code, nobody.stdout], [1, 'No session has the id, user or address "nobody".\n']);
  await call.talk('still here');
  const rest = await ieum(turn, 'turn', 'kick', HOST);
  assert.match(rest.stdout, /^Ended 3 sessions\./);
  assert.equal((await ieum(turn, 'turn', 'sessions')).stdout, 'Nobody is on the relay.\n');

  const { text } = await health(turn, '/metrics');
  assert.match(text, /^ieum_turn_allocations 0$/m);
  assert.match(text, /^ieum_turn_relay_workers \d$/m);
  assert.match(text, /^ieum_turn_allocations_ended_total\{reason="kicked"\} 4$/m);
  assert.doesNotMatch(text, /mina|guest|127\.0\.0\.1/, 'no names and no addresses');
  await Promise.all([...call.clients, overTcp, guest].map((client) => client.close()));
  assert.equal(await turn.stop(), 0);
});

test('a stopping relay takes nobody new, keeps its calls until they end, and then ends itself', async () => {
  write({ user: ['mina:first-password'] });
  const turn = await start('--drain-seconds', '60');
  const call = await pair(turn);
  assert.deepEqual(await health(turn, '/readyz'), { status: 200, text: 'ready\n' });
  turn.signal('SIGTERM');
  await logged(turn, /waiting for sessions to end/);
  assert.deepEqual(await health(turn, '/readyz'), { status: 503, text: 'not ready\n' });
  assert.deepEqual(await health(turn, '/healthz'), { status: 200, text: 'ok\n' });
  const late = await link(turn);
  await assert.rejects(late.allocate(), fails('TURN_NO_CAPACITY'));
  await call.talk('to the end');
  await Promise.all([...call.clients, late].map((client) => client.close()));
  assert.equal(await turn.ended, 0);
  assert.ok(!readdirSync(turn.stateDir).includes('control.sock'));
  await turn.stop();
});

test('who cannot wait signals twice; who drains to another server names it', async () => {
  write({ user: ['mina:first-password'], drainSeconds: 60, drainMinAllocations: 0 });
  const other = await start();
  const turn = await start('--alternate-server', `${HOST}:${other.port}`);
  const call = await pair(turn);
  turn.signal('SIGTERM');
  await logged(turn, /waiting for sessions to end/);
  const late = await link(turn);
  await late.allocate(); // RFC 8489 §10: 300 Try Alternate, and the client goes there
  const there = await ieum(other, 'turn', 'sessions', '--json');
  assert.equal(JSON.parse(there.stdout).length, 1, there.stderr);
  turn.signal('SIGTERM');
  assert.equal(await turn.ended, 128 + 15);
  await Promise.all([...call.clients, late].map((client) => client.close()));
  await Promise.all([turn.stop(), other.stop()]);
});

test('a relay that is allowed to leave some behind ends at that many', async () => {
  write({ user: ['mina:first-password'] });
  const turn = await start('--drain-seconds', '60', '--drain-min-allocations', '2');
  const call = await pair(turn);
  turn.signal('SIGTERM');
  assert.equal(await turn.ended, 0);
  await Promise.all(call.clients.map((client) => client.close()));
  await turn.stop();
});

test('a network that floods is kept out by a reload, on every thread, and let in again', async () => {
  write({ user: ['mina:first-password'] });
  const turn = await start();
  const call = await pair(turn);
  await call.talk('inside');
  write({ user: ['mina:first-password'], clientDeny: ['127.0.0.0/8'] });
  await ieum(turn, 'reload');
  await logged(turn, /"changed":\["--client-deny"\]/);
  // From many ports, so that every thread is asked.
  for (let i = 0; i < 6; i++) {
    const outside = await openTurnLink(env, {
      ...{ server: { ip: HOST, port: turn.port }, transport: 'udp', credentials: MINA, patienceMs: 400 },
    } as const);
    await assert.rejects(outside.bind());
    await outside.close();
  }
  const { text } = await health(turn, '/metrics');
  assert.match(text, /^ieum_turn_unwelcome_total [1-9]/m);
  write({ user: ['mina:first-password'] });
  await ieum(turn, 'reload');
  await logged(turn, /"changed":\["--client-deny"\][\s\S]*"changed":\["--client-deny"\]/);
  for (let i = 0; i < 6; i++) {
    const inside = await link(turn);
    await inside.bind();
    await inside.close();
  }
  await Promise.all(call.clients.map((client) => client.close()));
  assert.equal(await turn.stop(), 0);
});

test('users that only a webhook knows get in, over UDP and TCP', async () => {
  const asked: string[] = [];
  const webhook = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { username } = JSON.parse(body) as { username: string };
      asked.push(username);
      response.writeHead(username === 'mina' ? 200 : 404);
      response.end(username === 'mina' ? JSON.stringify({ password: MINA.password }) : '');
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, HOST, resolve));
  const bound = webhook.address();
  assert.ok(typeof bound === 'object' && bound);
  write({ credentialsUrl: `http://${HOST}:${bound.port}/turn` });
  const turn = await start();
  for (const transport of ['udp', 'udp', 'tcp'] as const) {
    const mina = await link(turn, MINA, transport);
    await mina.allocate();
    await mina.close();
  }
  const jun = await link(turn, JUN);
  await assert.rejects(jun.allocate(), fails('TURN_UNAUTHENTICATED'));
  await jun.close();
  assert.ok(asked.length <= 6, 'each thread asks once for each name');
  assert.equal(await turn.stop(), 0);
  webhook.closeAllConnections();
  webhook.close();
});

test('without a server, commands say so', async () => {
  write({});
  const { code, stderr } = await ieum({ stateDir: folder }, 'turn', 'sessions');
  assert.equal(code, 2);
  assert.match(stderr, /^ieum: No server runs here/);
});
