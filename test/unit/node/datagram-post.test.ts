/** Sockets of the event loop in batches: any mixture of lengths and receivers arrives as it was sent. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import {
  bindUdp,
  checkBatches,
  DatagramPost,
  isKernel,
  type Kernel,
  openKernel,
  type PostedSocket,
  type UdpSocket,
} from '../../../src/node/index.ts';
import { until } from '../../support/until.ts';

const BINDING = { bufferBytes: 2 ** 22 };
let kernel: Kernel | undefined;
let segments = false;

before(async () => {
  const found = await openKernel();
  if (!isKernel(found)) return;
  const check = checkBatches(found);
  if (!check.works) return;
  kernel = found;
  segments = check.segments;
});

interface Heard {
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

function listen(socket: UdpSocket | PostedSocket): Heard[] {
  const heard: Heard[] = [];
  socket.onDatagram((from, bytes) => heard.push({ from, bytes: bytes.slice() }));
  return heard;
}

const opened: { close(): Promise<void> }[] = [];
after(() => Promise.all(opened.map((socket) => socket.close())));

async function pair(ip: string): Promise<[PostedSocket, PostedSocket, UdpSocket] | undefined> {
  if (!kernel) return undefined;
  const post = new DatagramPost(kernel, segments);
  const sockets = [
    await post.bind({ ip, port: 0 }, BINDING),
    await post.bind({ ip, port: 0 }, BINDING),
    await bindUdp({ ip, port: 0 }),
  ] as const;
  opened.push(...sockets);
  return [...sockets];
}

for (const ip of ['127.0.0.1', '::1']) {
  for (const withSegments of [true, false]) {
    test(`bursts of any lengths arrive in order over ${ip}, ${withSegments ? 'as the kernel can' : 'one by one'}`, async () => {
      const batched = kernel;
      if (!batched) {
        // Without batches nothing here may be used, and the self-check says so.
        assert.ok(process.platform !== 'linux' || !isKernel(await openKernel()));
        return;
      }
      const post = new DatagramPost(batched, withSegments && segments);
      const a = await post.bind({ ip, port: 0 }, BINDING);
      const b = await post.bind({ ip, port: 0 }, BINDING);
      const plain = await bindUdp({ ip, port: 0 });
      opened.push(a, b, plain);
      const atB = listen(b);
      const atPlain = listen(plain);
      const lengths = [1000, 1000, 1000, 400, 1000, 1000, 0, 1000, 1, 0, 1, 1200, 1200, 9000, 9000, 3];
      for (const [i, length] of lengths.entries()) {
        a.send(new Uint8Array(length).fill(i), b.local);
        a.send(new Uint8Array(length).fill(100 + i), plain.local);
      }
      await until(() => atB.length === lengths.length && atPlain.length === lengths.length);
      for (const [heard, salt] of [
        [atB, 0],
        [atPlain, 100],
      ] as const) {
        assert.deepEqual(
          heard.map(({ bytes }) => bytes.length),
          lengths,
        );
        assert.ok(
          heard.every(
            ({ from, bytes }, i) => from.port === a.local.port && bytes.every((x) => x === salt + i),
          ),
        );
      }
    });
  }
}

test('more than the outbox holds leaves in parts', async () => {
  const sockets = await pair('127.0.0.1');
  if (!sockets) return;
  const [a, b] = sockets;
  const heard = listen(b);
  for (let i = 0; i < 300; i++) a.send(new Uint8Array(8000).fill(i), b.local);
  await until(() => heard.length === 300);
  assert.ok(heard.length > 200, `${heard.length} of 300 arrived`); // the receiver's buffer may be smaller
  assert.ok(heard.every(({ bytes }) => bytes.every((x) => x === bytes[0])));
});

test('what cannot be sent is counted, never thrown, and a closed socket says nothing more', async () => {
  const sockets = await pair('127.0.0.1');
  if (!sockets || !kernel) return;
  const post = new DatagramPost(kernel, segments);
  const socket = await post.bind({ ip: '127.0.0.1', port: 0 }, BINDING);
  const [, b] = sockets;
  socket.send(Uint8Array.of(1), { ip: '127.0.0.1', port: 0 });
  socket.send(Uint8Array.of(1), { ip: '::1', port: 9 });
  assert.equal(post.counts.sendFailed, 2);
  socket.send(new Uint8Array(65_508), b.local);
  await until(() => post.counts.sendFailed === 3);
  assert.equal(post.counts.sendFailed, 3);
  const heard = listen(socket);
  await socket.close();
  await socket.close();
  socket.send(Uint8Array.of(1), b.local);
  b.send(Uint8Array.of(1), socket.local);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(heard.length, 0);
});

test('an address that is taken is named', async () => {
  const sockets = await pair('127.0.0.1');
  if (!sockets || !kernel) return;
  const post = new DatagramPost(kernel, segments);
  await assert.rejects(post.bind(sockets[2].local, BINDING), { code: 'ADDRESS_IN_USE' });
});
