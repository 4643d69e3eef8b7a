/** simple-peer, as it comes from npm, on our interfaces: given by hand, and found as globals. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import Peer from 'simple-peer';
import * as wrtc from '../../src/node/webrtc/index.ts';

interface Couple {
  readonly caller: Peer;
  readonly callee: Peer;
}

/** Two that signal to each other, once both are connected. */
async function couple(options: { readonly trickle?: boolean; readonly wrtc?: object }): Promise<Couple> {
  const caller = new Peer({ initiator: true, ...options });
  const callee = new Peer(options);
  const pass = (from: Peer, to: Peer): void => {
    from.on('signal', (signal: unknown) => to.signal(JSON.parse(JSON.stringify(signal))));
  };
  pass(caller, callee);
  pass(callee, caller);
  await Promise.all([once(caller, 'connect'), once(callee, 'connect')]);
  return { caller, callee };
}

async function end({ caller, callee }: Couple): Promise<void> {
  // Whoever is left hears of an abort, as in browsers.
  callee.on('error', () => {});
  const closed = new Promise((resolve) => callee.on('close', resolve));
  caller.destroy();
  await closed;
}

for (const trickle of [true, false]) {
  test(`messages both ways, ${trickle ? 'with' : 'without'} trickle`, async () => {
    const both = await couple({ trickle, wrtc });
    const { caller, callee } = both;
    caller.send('안녕');
    const [heard] = (await once(callee, 'data')) as [Buffer];
    assert.equal(heard.toString(), '안녕');
    callee.send(Uint8Array.of(1, 2, 3));
    const [bytes] = (await once(caller, 'data')) as [Buffer];
    assert.deepEqual([...bytes], [1, 2, 3]);
    await end(both);
  });
}

test('as a stream, with back pressure: 8 MiB arrive whole', async () => {
  const both = await couple({ wrtc });
  const { caller, callee } = both;
  const CHUNK = 64 * 1024;
  const COUNT = 128;
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  let length = 0;
  const all = new Promise<void>((resolve) => {
    callee.on('data', (chunk: Buffer) => {
      received.update(chunk);
      length += chunk.byteLength;
      if (length === CHUNK * COUNT) resolve();
    });
  });
  for (let i = 0; i < COUNT; i++) {
    const chunk = Buffer.alloc(CHUNK, i);
    sent.update(chunk);
    if (!caller.write(chunk)) await once(caller, 'drain');
  }
  await all;
  assert.equal(received.digest('hex'), sent.digest('hex'));
  await end(both);
});

test('it finds the interfaces where the polyfill puts them', async () => {
  await import('../../src/node/webrtc/polyfill.ts');
  assert.equal(globalThis.RTCPeerConnection as unknown, wrtc.RTCPeerConnection);
  assert.equal(Peer.WEBRTC_SUPPORT, false, 'judged when it was loaded, before the polyfill');
  const both = await couple({});
  both.caller.send('found');
  const [heard] = (await once(both.callee, 'data')) as [Buffer];
  assert.equal(heard.toString(), 'found');
  await end(both);
});
