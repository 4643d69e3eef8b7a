/** Connections that a program lets go of without closing them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RTCPeerConnection } from '../../../src/node/webrtc/index.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function makeAndForget(count: number): WeakRef<RTCPeerConnection>[] {
  return Array.from({ length: count }, () => {
    const pc = new RTCPeerConnection();
    pc.createDataChannel('never');
    return new WeakRef(pc);
  });
}

test('a connection that never gathered is collected without close', async () => {
  const made = makeAndForget(20);
  for (let i = 0; i < 20 && made.some((ref) => ref.deref()); i++) {
    await turn();
    collect();
  }
  assert.equal(made.filter((ref) => ref.deref()).length, 0);
});
