/** Opens and closes so many pairs of connections, and tells by JSON what is left. Run with --expose-gc. */
import { RTCPeerConnection } from '../../../src/node/webrtc/index.ts';
import { once, openChannel, wire } from './connect.ts';

export interface Leftovers {
  /** Of process.getActiveResourcesInfo, after a turn of the loop. */
  readonly resources: readonly string[];
  readonly heapBytes: number;
  readonly externalBytes: number;
}

async function openAndClose(): Promise<void> {
  const a = new RTCPeerConnection();
  const b = new RTCPeerConnection();
  wire(a, b);
  const { near, far } = await openChannel(a, b);
  near.send('x');
  await once(far, 'message');
  a.close();
  b.close();
}

async function leftovers(): Promise<Leftovers> {
  // Sockets close in the background; what was garbage in one round may hold what is garbage in the next.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  // The channel to who forked us is no matter of connections.
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
  return { resources, heapBytes: heapUsed, externalBytes: external };
}

const [warmUp = 0, pairs = 0] = process.argv.slice(2).map(Number);
for (let i = 0; i < warmUp; i++) await openAndClose();
const before = await leftovers();
for (let i = 0; i < pairs; i++) await openAndClose();
const after = await leftovers();
process.stdout.write(JSON.stringify({ before, after }));
