/** The control socket: who can open it, what is asked and answered, and what becomes of nonsense. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { StackError, silentLog } from '../../../src/base/index.ts';
import { sessionTable } from '../../../src/cli/control/sessions-command.ts';
import { askControl } from '../../../src/server/control/ask-control.ts';
import { LONGEST_QUESTION } from '../../../src/server/control/control-messages.ts';
import { controlPath } from '../../../src/server/control/control-path.ts';
import {
  type ControlServer,
  type ControlServerOptions,
  openControlServer,
} from '../../../src/server/control/control-server.ts';
import type { SessionFacts } from '../../../src/turn/index.ts';

let folder = '';
let socketPath = '';
const kicked: unknown[] = [];
let sessions: SessionFacts[] = [];
let outcome: Awaited<ReturnType<ControlServerOptions['reload']>> = { kind: 'read', changed: [], later: [] };
let server: ControlServer;

function session(id: string, username: string, ip: string): SessionFacts {
  return {
    id,
    username,
    transport: 'udp',
    client: { ip, port: 5000 },
    server: { ip: '203.0.113.7', port: 3478 },
    relayed: [{ ip: '203.0.113.7', port: 50_000 }],
    protocol: 'udp',
    ageMs: 60_000,
    remainingMs: 540_400,
    peers: 1,
    channels: 1,
    connections: 0,
    traffic: {
      toPeerPackets: 2,
      toPeerBytes: 2000,
      toClientPackets: 1,
      toClientBytes: 1_234_567,
      droppedPackets: 3,
    },
  };
}

const running: ControlServerOptions['running'] = {
  reconfigure: async () => undefined,
  sessions: async () => sessions,
  async kick(filter) {
    kicked.push(filter);
    return 1;
  },
};

function options(at: string): ControlServerOptions {
  return { path: at, running, reload: async () => outcome, log: silentLog };
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-control-'));
  socketPath = controlPath({ stateDir: folder, controlSocket: undefined });
  server = await openControlServer(options(socketPath));
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function fails(code: string, words?: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StackError, String(error));
    if (words) assert.match(error.message, words);
    return error.code === code;
  };
}

/** What comes back for raw bytes, until the server ends the connection. */
function say(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let heard = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
    socket.write(text);
  });
}

test('only its owner can open it', () => {
  if (process.platform === 'win32') return; // pipes have no modes
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
});

test('tells every session, and a table of them that no name can disturb', async () => {
  sessions = [session('0-1', '1763712345:mina', '192.0.2.1'), session('0-2', 'ju\u001b[2Jn', '2001:db8::2')];
  const { sessions: told } = await askControl(socketPath, { ask: 'sessions' });
  assert.deepEqual(
    told.map(({ id, user, client, toClientBytes }) => [id, user, client, toClientBytes]),
    [
      ['0-1', '1763712345:mina', '192.0.2.1:5000', 1_234_567],
      ['0-2', 'ju\u001b[2Jn', '[2001:db8::2]:5000', 1_234_567],
    ],
  );
  const [first] = told;
  assert.ok(first && Math.abs(Date.now() - 60_000 - first.since) < 5_000);
  assert.equal(first.remainingSeconds, 540);
  const table = sessionTable(told);
  assert.match(
    table,
    /^id +since \(UTC\) +user +client +over +relayed at +peers +sent +received +dropped\n0-1 /,
  );
  assert.match(table, / 2\.0 KB +1\.2 MB +3\n/);
  assert.ok(!table.includes('\u001b'));
  assert.equal(sessionTable([]), 'Nobody is on the relay.\n');
});

test('thousands of sessions come whole', async () => {
  sessions = Array.from({ length: 5000 }, (_, i) => session(`0-${i}`, 'mina', '192.0.2.1'));
  assert.equal((await askControl(socketPath, { ask: 'sessions' })).sessions.length, 5000);
});

test('ends sessions by id, by name, by the name behind a short-lived one, by address in any writing', async () => {
  sessions = [
    session('0-1', '1763712345:mina', '192.0.2.1'),
    session('0-2', '1763719999:mina', '2001:db8::2'),
    session('0-3', 'jun', '192.0.2.1'),
  ];
  for (const [who, ids] of [
    ['0-3', ['0-3']],
    ['jun', ['0-3']],
    ['mina', ['0-1', '0-2']],
    ['1763712345:mina', ['0-1']],
    ['192.0.2.1', ['0-1', '0-3']],
    ['2001:DB8:0::2', ['0-2']],
    ['nobody', []],
  ] as const) {
    kicked.length = 0;
    const { last } = await askControl(socketPath, { ask: 'kick', who });
    assert.deepEqual(last, { type: 'kicked', count: ids.length });
    assert.deepEqual(
      kicked,
      ids.map((id) => ({ id })),
      who,
    );
  }
});

test('reloads, and tells what came of it', async () => {
  outcome = { kind: 'read', changed: ['--user'], later: ['--realm'] };
  const { last } = await askControl(socketPath, { ask: 'reload' });
  assert.deepEqual(last, { type: 'reloaded', changed: ['--user'], later: ['--realm'] });
  outcome = { kind: 'refused', reason: 'It is wrong.' };
  assert.deepEqual((await askControl(socketPath, { ask: 'reload' })).last, {
    type: 'refused',
    reason: 'It is wrong.',
  });
});

test('nonsense is refused, too much of it ends the connection, and the next one is served', async () => {
  for (const text of [
    'hello\n',
    '{}\n',
    '{"ask":"shutdown"}\n',
    '{"ask":"kick"}\n',
    '{"ask":"kick","who":""}\n',
    '\n',
  ]) {
    assert.match(await say(text), /^\{"type":"refused","reason":"The question was not understood/, text);
  }
  assert.equal(await say('x'.repeat(LONGEST_QUESTION + 1)), '');
  kicked.length = 0;
  sessions = [session('0-1', 'mina', '192.0.2.1')];
  const answer = await say('{"ask":"sessions"}\n{"ask":"kick","who":"mina"}\n');
  assert.match(answer, /"sessions-end"\}\n$/, 'one question a connection');
  assert.deepEqual(kicked, []);
});

test('one server for each socket; what a killed one left behind is taken over; a file is left alone', async () => {
  await assert.rejects(
    openControlServer(options(socketPath)),
    fails('CONTROL_UNAVAILABLE', /another server that runs/),
  );
  if (process.platform === 'win32') return;
  const file = path.join(folder, 'a-file');
  writeFileSync(file, 'precious');
  await assert.rejects(openControlServer(options(file)), fails('CONTROL_UNAVAILABLE', /no socket/));
  assert.ok(statSync(file).isFile());
  const long = path.join(folder, 'x'.repeat(120));
  await assert.rejects(
    openControlServer(options(long)),
    fails('CONTROL_UNAVAILABLE', /longer than the 103 bytes/),
  );
});

test('without a server one sentence says so', async () => {
  const nowhere = controlPath({ stateDir: path.join(folder, 'elsewhere'), controlSocket: undefined });
  await assert.rejects(
    askControl(nowhere, { ask: 'sessions' }),
    fails('CONTROL_UNREACHABLE', /^No server runs here/),
  );
});
