/** `ieum doctor` as a user runs it: before a server is started, beside a running one, and where something is wrong. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startServerProcess } from '../support/server-process.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const HOST = '127.0.0.1';

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-doctor-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function doctor(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [PROGRAM, 'doctor', '--host', HOST, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const OVER_ALL = ['UDP', 'TCP', 'TLS'].map(
  (transport) => new RegExp(`^ok    STUN and TURN over ${transport}: `, 'm'),
);

test('on a machine where nothing runs it starts a server for a moment and calls itself', async () => {
  const { code, output } = await doctor(
    '--port',
    '0',
    '--turn-port',
    '0',
    '--state-dir',
    path.join(folder, 'a'),
  );
  assert.equal(code, 0, output);
  for (const line of OVER_ALL) assert.match(output, line);
  assert.doesNotMatch(output, /^fail/m);
});

test('beside a running server it examines that one', async () => {
  const server = await startServerProcess();
  try {
    const ports = ['--port', String(server.ports.web), '--turn-port', String(server.ports.turn)];
    const { code, output } = await doctor(...ports, '--state-dir', server.stateDir);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`--port ${server.ports.web} \\(TCP\\): a running ieum has it`));
    for (const line of OVER_ALL) assert.match(output, line);

    const stranger = await doctor(...ports, '--state-dir', path.join(folder, 'b'));
    assert.equal(stranger.code, 1, stranger.output);
    assert.match(
      stranger.output,
      /fail {2}TURN over UDP: allocate failed[^\n]*\n {6}→ The running server has another secret/,
    );
  } finally {
    await server.stop();
  }
});

test('a port that another program holds, and a certificate that is not there, are said with what to do', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, HOST, resolve));
  const bound = holder.address();
  assert.ok(typeof bound === 'object' && bound);
  const { code, output } = await doctor(
    ...['--port', String(bound.port), '--turn-port', '0', '--state-dir', path.join(folder, 'c')],
    ...['--cert', path.join(folder, 'none.pem'), '--key', path.join(folder, 'none.key')],
  );
  holder.close();
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(`^fail {2}--port ${bound.port} \\(TCP\\): another program has it`, 'm'));
  assert.match(output, /^fail {2}A server cannot be started: .*none\.pem/m);
});
