import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp, type SocketAddress } from '../../../src/base/index.ts';
import { Errno, findKernel } from '../../../src/node/batch/kernel.ts';
import {
  Bell,
  checkBatches,
  isKernel,
  isName,
  type Kernel,
  KernelMemory,
  NameCache,
  openKernel,
  Poller,
  ReceiveSlots,
  readName,
  Segmentation,
  SendList,
  UdpDescriptors,
  wordsOf,
  writeName,
  writeWords,
} from '../../../src/node/index.ts';

const found = await openKernel();

/** Where the kernel is out of reach the server says why and uses the portable sockets: then that is what is tested. */
function withKernel(name: string, run: (kernel: Kernel) => void): void {
  test(name, () => {
    if (isKernel(found)) run(found);
    else assert.match(found.reason, /batches need|koffi is not here/);
  });
}

test('says in a sentence why there are no batches', async () => {
  const never = (): Promise<never> => Promise.reject(new Error('no such package'));
  const linux = { platform: 'linux', arch: 'x64' } as const;
  assert.deepEqual(await findKernel(linux, never), { reason: 'koffi is not here (no such package)' });
  assert.match(reasonOf(await findKernel({ platform: 'darwin', arch: 'arm64' }, never)), /need Linux/);
  assert.match(reasonOf(await findKernel({ platform: 'linux', arch: 'mips' }, never)), /this is mips/);
});

function reasonOf(result: Awaited<ReturnType<typeof findKernel>>): string {
  return isKernel(result) ? '' : result.reason;
}

const address = fc
  .tuple(
    fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    fc.integer({ min: 0, max: 65_535 }),
  )
  .map(([bytes, port]): SocketAddress => ({ ip: formatIp(bytes), port }));

withKernel('writes and reads any transport address as the kernel does, as bytes and as words', (kernel) => {
  const memory = new KernelMemory(kernel, 64);
  fc.assert(
    fc.property(address, address, (a, b) => {
      const length = writeName(memory, 0, a);
      assert.deepEqual(readName(memory, 0), a);
      const words = wordsOf(memory, 0);
      assert.ok(isName(words, memory, 0));
      assert.equal(writeWords(memory, 32, words), length);
      assert.deepEqual(readName(memory, 32), a);
      writeName(memory, 32, b);
      assert.equal(isName(words, memory, 32), a.ip === b.ip && a.port === b.port);
    }),
  );
});

withKernel('a cache of names never confuses two, and never grows', (kernel) => {
  const memory = new KernelMemory(kernel, 32);
  const cache = new NameCache<string>(16);
  fc.assert(
    fc.property(fc.array(address, { maxLength: 100 }), (addresses) => {
      for (const one of addresses) {
        writeName(memory, 0, one);
        cache.set(memory, 0, `${one.ip} ${one.port}`);
        assert.equal(cache.get(memory, 0), `${one.ip} ${one.port}`);
      }
      for (const one of addresses) {
        writeName(memory, 0, one);
        assert.ok([undefined, `${one.ip} ${one.port}`].includes(cache.get(memory, 0)));
      }
    }),
  );
});

/** Two sockets over loopback, and datagrams of these lengths from one to the other. */
function exchange(kernel: Kernel, ip: string, lengths: readonly number[], segments = true) {
  const sockets = new UdpDescriptors(kernel);
  const from = sockets.open({ ip, port: 0 });
  const to = sockets.open({ ip, port: 0 }, { bufferBytes: 2 ** 22 });
  const poller = new Poller(kernel);
  poller.add(to, 1, 7);
  const counts = { sent: 0, sendFailed: 0 };
  const list = new SendList(kernel, new Segmentation(segments), counts, 256);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const data = new KernelMemory(kernel, total + 8);
  const name = new KernelMemory(kernel, 32);
  writeName(name, 0, sockets.localOf(to));
  const words = wordsOf(name, 0);
  for (let i = 0; i < total; i++) data.u8[i] = (i * 31) & 0xff;
  let at = 0;
  for (const length of lengths) {
    list.add(words, data.address + at, length);
    at += length;
  }
  list.flush(from);
  const slots = new ReceiveSlots(kernel, 64);
  const got: Uint8Array[] = [];
  const senders = new Set<string>();
  while (got.length < lengths.length && poller.wait(1000) > 0) {
    assert.equal(poller.tagOf(0), 7);
    const count = slots.receive(to, 0, 64);
    for (let slot = 0; slot < count; slot++) {
      got.push(slots.bytesOf(slot).slice());
      senders.add(JSON.stringify(readName(slots.memory, slots.nameAt(slot))));
    }
  }
  const local = sockets.localOf(from);
  poller.close();
  sockets.close(from);
  sockets.close(to);
  return { got, counts, senders: [...senders], local, sent: data.u8.slice(0, total) };
}

for (const ip of ['127.0.0.1', '::1']) {
  withKernel(`datagrams of any lengths arrive as they were sent, in order, over ${ip}`, (kernel) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 1400 }), fc.integer({ min: 1, max: 80 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        (runs, segments) => {
          // Runs of equal datagrams, as video comes, with shorter and longer ones after them.
          const lengths = runs.flatMap(([length, times]) => Array<number>(times).fill(length)).slice(0, 200);
          const { got, counts, senders, local, sent } = exchange(kernel, ip, lengths, segments);
          assert.deepEqual(
            got.map(({ length }) => length),
            lengths,
          );
          assert.deepEqual(Buffer.concat(got), Buffer.from(sent));
          assert.deepEqual(senders, [JSON.stringify(local)]);
          assert.deepEqual(counts, { sent: lengths.length, sendFailed: 0 });
        },
      ),
      { numRuns: 25 },
    );
  });
}

withKernel('a run that the kernel refuses goes piece by piece, and no such run is tried again', (kernel) => {
  let refused = 0;
  let calls = 0;
  let errno = 0;
  // A device without checksums in hardware: EIO for every message with UDP_SEGMENT (here: the first of a list).
  const poor: Kernel = {
    ...kernel,
    sendmmsg: (fd, headers, count, flags) => {
      calls += 1;
      if (count === 1 && refused === 0) {
        refused += 1;
        errno = Errno.EIO;
        return -1;
      }
      errno = 0;
      return kernel.sendmmsg(fd ?? -1, headers ?? 0, count ?? 0, flags ?? 0);
    },
    errno: () => errno || kernel.errno(),
  };
  const { got, counts } = exchange(poor, '127.0.0.1', [500, 500, 500, 20]);
  assert.deepEqual(
    got.map(({ length }) => length),
    [500, 500, 500, 20],
  );
  assert.deepEqual(counts, { sent: 4, sendFailed: 0 });
  assert.deepEqual([refused, calls], [1, 5]);
});

test('learns how long a segment may be', () => {
  const segmentation = new Segmentation(true);
  assert.ok(segmentation.refused(Errno.EINVAL, 1400), 'the route is narrower');
  assert.equal(segmentation.largestBytes, 1399);
  assert.equal(segmentation.refused(Errno.ECONNREFUSED, 1000), false, 'that has nothing to do with runs');
  assert.ok(segmentation.refused(Errno.EIO, 100));
  assert.equal(segmentation.largestBytes, 0);
});

withKernel('counts what nobody can send, and sends the rest', (kernel) => {
  const sockets = new UdpDescriptors(kernel);
  const from = sockets.open({ ip: '127.0.0.1', port: 0 });
  const to = sockets.open({ ip: '127.0.0.1', port: 0 });
  const counts = { sent: 0, sendFailed: 0 };
  const list = new SendList(kernel, new Segmentation(true), counts, 8);
  const memory = new KernelMemory(kernel, 128);
  const [nowhere, somewhere] = [{ ip: '0.0.0.1', port: 9 }, sockets.localOf(to)].map((address, i) => {
    writeName(memory, i * 32, address);
    return wordsOf(memory, i * 32);
  });
  assert.ok(nowhere && somewhere);
  list.add(nowhere, memory.address, 10);
  list.add(somewhere, memory.address, 10);
  list.flush(from);
  assert.deepEqual(counts, { sent: 1, sendFailed: 1 });
  sockets.close(from);
  sockets.close(to);
});

withKernel('one address is shared by those who want to, and by nobody else', (kernel) => {
  const sockets = new UdpDescriptors(kernel);
  const first = sockets.open({ ip: '127.0.0.1', port: 0 }, { share: 'first' });
  const local = sockets.localOf(first);
  const second = sockets.open(local, { share: 'further' });
  assert.deepEqual(sockets.localOf(second), local);
  assert.throws(() => sockets.open(local), { code: 'ADDRESS_IN_USE' });
  // Another server on the same port would take half of our clients.
  assert.throws(() => sockets.open(local, { share: 'first' }), { code: 'ADDRESS_IN_USE' });
  assert.throws(() => sockets.open({ ip: '192.0.2.1', port: 0 }), { code: 'ADDRESS_NOT_LOCAL' });
  sockets.close(first);
  sockets.close(second);
});

withKernel('a bell wakes whoever waits, once', (kernel) => {
  const poller = new Poller(kernel);
  const bell = new Bell(kernel);
  const otherEnd = new Bell(kernel, bell.fd);
  poller.add(bell.fd, 1, 3);
  assert.equal(poller.wait(0), 0);
  otherEnd.ring();
  otherEnd.ring();
  assert.equal(poller.wait(1000), 1);
  assert.equal(poller.tagOf(0), 3);
  bell.silence();
  assert.equal(poller.wait(0), 0);
  bell.close();
  poller.close();
});

withKernel(
  'the self-check finds that batches work, and does not mind a kernel that sends nothing',
  (kernel) => {
    const check = checkBatches(kernel);
    assert.ok(check.works);
    const mute: Kernel = { ...kernel, sendmmsg: () => -1 };
    assert.deepEqual(checkBatches(mute), {
      works: false,
      reason: 'datagrams sent in a batch over loopback did not come back',
    });
  },
);
