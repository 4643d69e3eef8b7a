/** The package as its users have it: built, imported by name, types read by a compiler without lib.dom. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

test('the example talks, and its process ends by itself', async () => {
  const { stdout, stderr } = await run(process.execPath, [path.join(ROOT, 'examples/two-peers.js')]);
  assert.equal(stdout, 'hello to you too\n');
  assert.equal(stderr, '');
});

test('a program for Node compiles against the types, strictly and without lib.dom', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ieum-types-'));
  try {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    symlinkSync(path.join(ROOT, 'dist'), path.join(folder, 'dist'));
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: 'user', type: 'module', imports: { '#webrtc': './dist/node/webrtc/index.js' } }),
    );
    writeFileSync(
      path.join(folder, 'user.ts'),
      `import { RTCPeerConnection, type RTCDataChannel } from '#webrtc';
       const connection = new RTCPeerConnection({ iceServers: [{ urls: 'stun:stun.example.org' }] });
       const channel: RTCDataChannel = connection.createDataChannel('x', { ordered: false });
       channel.onmessage = ({ data }) => console.log(data);
       connection.addEventListener('icecandidate', ({ candidate }) => console.log(candidate?.address));
       const size: number | undefined = connection.sctp?.maxMessageSize;
       // The compiler knows what is wrong.
       const wrong = connection.signalingState === 'stable' ? size : 0;
       console.log(wrong);`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023'];
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, ...options, '--types', 'node', 'user.ts'], {
      cwd: folder,
    });
    assert.equal(stdout, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
