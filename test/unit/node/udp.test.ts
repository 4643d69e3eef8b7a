import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SocketAddress, StackError } from '../../../src/base/index.ts';
import { bindUdp, type UdpSocket } from '../../../src/node/index.ts';

async function withSockets(ips: readonly string[], story: (sockets: UdpSocket[]) => Promise<void>) {
  const sockets = await Promise.all(ips.map((ip) => bindUdp({ ip, port: 0 })));
  try {
    await story(sockets);
  } finally {
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}

function nextDatagram(socket: UdpSocket): Promise<{ from: SocketAddress; bytes: Uint8Array }> {
  return new Promise((resolve) => socket.onDatagram((from, bytes) => resolve({ from, bytes })));
}

for (const ip of ['127.0.0.1', '::1']) {
  test(`carries a datagram both ways over ${ip}`, () =>
    withSockets([ip, ip], async ([a, b]) => {
      assert.ok(a && b);
      const arrived = nextDatagram(b);
      a.send(Uint8Array.of(1, 2, 3), b.local);
      const { from, bytes } = await arrived;
      assert.deepEqual(from, a.local);
      assert.equal(bytes.constructor, Uint8Array, 'a machine that slices must get a copy');
      assert.deepEqual([...bytes], [1, 2, 3]);
      const answered = nextDatagram(a);
      b.send(bytes, from);
      assert.deepEqual((await answered).from, b.local);
    }));
}

test('an IPv6 wildcard socket leaves the IPv4 port free', async () => {
  const v6 = await bindUdp({ ip: '::', port: 0 });
  const v4 = await bindUdp({ ip: '0.0.0.0', port: v6.local.port });
  assert.equal(v4.local.port, v6.local.port);
  await Promise.all([v4.close(), v6.close()]);
});

test('names what is wrong with an address', async () => {
  const taken = await bindUdp({ ip: '127.0.0.1', port: 0 });
  const codeFor = (ip: string, port: number) =>
    bindUdp({ ip, port }).then(
      async (socket) => {
        await socket.close();
        return 'bound';
      },
      (error: unknown) => (error instanceof StackError ? error.code : error),
    );
  assert.equal(await codeFor('127.0.0.1', taken.local.port), 'ADDRESS_IN_USE');
  assert.equal(await codeFor('203.0.113.7', 0), 'ADDRESS_NOT_LOCAL');
  await taken.close();
});

test('sends that cannot work are counted, never thrown', () =>
  withSockets(['127.0.0.1'], async ([socket]) => {
    assert.ok(socket);
    socket.send(Uint8Array.of(1), { ip: '127.0.0.1', port: 0 });
    assert.equal(socket.counts.sendFailed, 1);
    // A datagram longer than UDP allows: the kernel says no a moment later.
    socket.send(new Uint8Array(70_000), { ip: '127.0.0.1', port: 9 });
    const arrived = nextDatagram(socket);
    socket.send(Uint8Array.of(7), socket.local);
    assert.deepEqual([...(await arrived).bytes], [7]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(socket.counts.sendFailed, 2);
  }));

test('closing twice is one close, and sending afterwards does nothing', async () => {
  const socket = await bindUdp({ ip: '127.0.0.1', port: 0 });
  await Promise.all([socket.close(), socket.close()]);
  socket.send(Uint8Array.of(1), { ip: '127.0.0.1', port: 9 });
  assert.equal(socket.counts.sent, 0);
});
