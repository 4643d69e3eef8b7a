/** Sockets that were bound `batched`: the same promises on every system, kept in batches where the system can. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { DatagramSocket, SocketAddress, UdpBinding } from '../../../src/base/index.ts';
import { bindUdp, datagramFacts, nodePlatform } from '../../../src/node/index.ts';
import { until } from '../../support/until.ts';

const opened: DatagramSocket[] = [];
after(() => {
  for (const socket of opened) socket.close();
});

/** `portable`: the socket that stands in where there are no batches. */
async function bind(kind: 'platform' | 'portable', ip: string): Promise<DatagramSocket> {
  const binding: UdpBinding = { ip, port: 0, batched: true };
  const socket =
    kind === 'portable'
      ? await bindUdp(binding)
      : await new Promise<DatagramSocket>((resolve, reject) => {
          nodePlatform.bindUdp(binding, ({ value, error }) => (value ? resolve(value) : reject(error)));
        });
  opened.push(socket);
  return socket;
}

interface Heard {
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
  readonly batch: number;
}

function listen(socket: DatagramSocket): { heard: Heard[]; batches(): number } {
  const heard: Heard[] = [];
  let batch = 0;
  socket.onDatagram(
    (from, bytes) => heard.push({ from, bytes: bytes.slice(), batch }),
    () => {
      batch += 1;
    },
  );
  return { heard, batches: () => batch };
}

for (const kind of ['platform', 'portable'] as const) {
  for (const ip of ['127.0.0.1', '::1']) {
    const where = `${kind}, ${ip}`;

    test(`${where}: datagrams up to 16 KiB arrive as they were, though the sender uses one buffer for all`, async () => {
      const [a, b] = [await bind(kind, ip), await bind(kind, ip)];
      const { heard, batches } = listen(b);
      const lengths = [1, 1200, 1200, 1200, 700, 16_413, 16_413, 16_413, 16_413, 16_413, 0, 5];
      const buffer = new Uint8Array(20_000);
      for (const [i, length] of lengths.entries()) {
        buffer.fill(i);
        a.send(buffer.subarray(0, length), b.local);
      }
      buffer.fill(99);
      await until(() => heard.length === lengths.length);
      assert.deepEqual(
        heard.map(({ bytes }) => bytes.length),
        lengths,
      );
      for (const [i, { from, bytes }] of heard.entries()) {
        assert.deepEqual(from, a.local);
        assert.ok(bytes.every((byte) => byte === i));
      }
      assert.ok(batches() >= 1 && batches() <= lengths.length);
      // Batches are in order and each had its end told.
      await until(() => batches() > (heard.at(-1)?.batch ?? 0));
    });

    test(`${where}: an answer from inside the handler, and a goodbye just before the end, arrive`, async () => {
      const [a, b] = [await bind(kind, ip), await bind(kind, ip)];
      const atA = listen(a);
      b.onDatagram((from, bytes) => {
        b.send(bytes, from);
        b.send(Uint8Array.of(0xff), from);
        b.close();
      });
      a.send(Uint8Array.of(1, 2), b.local);
      await until(() => atA.heard.length === 2);
      assert.deepEqual(
        atA.heard.map(({ bytes }) => [...bytes]),
        [[1, 2], [0xff]],
      );
      a.send(Uint8Array.of(3), b.local);
      b.send(Uint8Array.of(4), a.local);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(atA.heard.length, 2);
    });

    test(`${where}: what cannot leave is lost, and nothing else is`, async () => {
      const [a, b] = [await bind(kind, ip), await bind(kind, ip)];
      const { heard } = listen(b);
      a.send(Uint8Array.of(1), { ip, port: 0 });
      a.send(Uint8Array.of(1), { ip, port: 9 });
      a.send(Uint8Array.of(1), { ip: ip === '::1' ? '127.0.0.1' : '::1', port: 9 });
      a.send(Uint8Array.of(1), { ip: ip === '::1' ? '2001:db8:dead::1' : '203.0.113.77', port: 9 });
      a.send(new Uint8Array(65_536), b.local);
      a.send(new Uint8Array(65_530), b.local);
      a.send(new Uint8Array(2 ** 21), b.local);
      a.send(Uint8Array.of(7), b.local);
      await until(() => heard.length === 1);
      assert.deepEqual(heard[0]?.bytes, Uint8Array.of(7));
    });
  }
}

test('the machine says whether it has batches, and what is then never cut', async () => {
  const facts = await datagramFacts();
  const socket = await bind('platform', '127.0.0.1');
  assert.equal(socket.neverFragments, facts.batched);
  if (!facts.batched) assert.ok(facts.reason.length > 0);
  assert.equal((await bind('portable', '127.0.0.1')).neverFragments, false);
});

test('a thousand sockets share one post, and leave nothing behind', async () => {
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => bind('platform', '127.0.0.1')));
  const ports = new Set(sockets.map(({ local }) => local.port));
  assert.equal(ports.size, 1000);
  let heard = 0;
  for (const [i, socket] of sockets.entries()) {
    socket.onDatagram((from, bytes) => {
      if (bytes[0] === i % 256 && ports.has(from.port)) heard += 1;
    });
  }
  for (const [i, socket] of sockets.entries()) {
    const next = sockets[(i + 1) % 1000];
    if (next) socket.send(Uint8Array.of(((i + 1) % 1000) % 256), next.local);
  }
  await until(() => heard === 1000);
  for (const socket of sockets) socket.close();
  const again = await bind('platform', '127.0.0.1');
  assert.ok(again.local.port > 0);
});
