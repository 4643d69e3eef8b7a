/** What a link does to packets: each property alone, by its own law. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  burstyLoss,
  type LinkOptions,
  LOOPBACK_MTU_BYTES,
  nthPacket,
  packetBytes,
} from '../../../src/vnet/index.ts';
import { bindUdp, collect, type Pair, pair, type Received } from '../../support/vnet/pair.ts';

interface Run extends Pair {
  readonly received: readonly Received[];
  readonly numbers: readonly number[];
}

/** Sends numbered datagrams of `bytes` bytes, one each `everyMs`, and lets them arrive. */
function stream(link: Partial<LinkOptions>, count: number, everyMs = 1, bytes = 100, seed = 1): Run {
  const made = pair(seed, link);
  const { world, a, b } = made;
  const [from, to] = [bindUdp(a, '192.0.2.1'), bindUdp(b, '192.0.2.2', 9)];
  const received = collect(b, to);
  for (let i = 0; i < count; i++) {
    world.after(i * everyMs, () => {
      const payload = new Uint8Array(bytes);
      new DataView(payload.buffer).setUint32(0, i);
      from.send(payload, to.local);
    });
  }
  world.run(count * everyMs + 10_000);
  const numbers = received.map((each) => new DataView(each.bytes.buffer).getUint32(0));
  return { ...made, received, numbers };
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const fates = (run: Run, fate: string): number => run.world.log.records.filter((r) => r.fate === fate).length;

test('latency: each arrives so much later', () => {
  const { received } = stream({ latencyMs: 30 }, 5, 10);
  assert.deepEqual(
    received.map(({ at }) => at),
    [30, 40, 50, 60, 70],
  );
});

test('jitter delays, within its bound, and keeps the order', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 200 }), (seed, jitterMs) => {
      const { received, numbers } = stream({ latencyMs: 10, jitterMs }, 50, 3, 40, seed);
      assert.deepEqual(numbers, upTo(50));
      for (const [i, { at }] of received.entries()) {
        assert.ok(at >= i * 3 + 10 && at <= i * 3 + 10 + jitterMs);
      }
    }),
    { numRuns: 30 },
  );
});

test('reordering lets some come late, and others overtake them', () => {
  const { numbers } = stream({ reorderFraction: 0.1, reorderMs: 20 }, 1000);
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    upTo(1000),
    'none is lost',
  );
  const overtaken = numbers.filter((n, i) => numbers.slice(i + 1).some((later) => later < n)).length;
  assert.ok(overtaken > 50, `${overtaken} overtook another`);
});

test('loss: the wished fraction, each for itself', () => {
  const run = stream({ loss: 0.3 }, 10_000);
  const lost = fates(run, 'lost');
  assert.ok(Math.abs(lost / 10_000 - 0.3) < 0.02, `${lost} of 10,000 lost`);
  assert.equal(run.numbers.length, 10_000 - lost);
});

test('Gilbert–Elliott: the same fraction, in bursts of the wished length', () => {
  const { numbers } = stream({ loss: burstyLoss(0.2, 8) }, 20_000);
  const arrived = new Set(numbers);
  const bursts: number[] = [];
  let length = 0;
  for (const i of upTo(20_000)) {
    if (!arrived.has(i)) length += 1;
    else if (length > 0) {
      bursts.push(length);
      length = 0;
    }
  }
  const mean = bursts.reduce((sum, n) => sum + n, 0) / bursts.length;
  assert.ok(Math.abs(1 - numbers.length / 20_000 - 0.2) < 0.03, `${numbers.length} arrived`);
  assert.ok(mean > 6 && mean < 10, `bursts of ${mean} on average`);
});

test('rate: packets leave one after another, a full queue drops', () => {
  // 1,000 bytes with headers at 80 kbit/s: 100 ms each. Three fit the queue at once.
  const run = stream({ bitsPerSecond: 80_000, queueBytes: 3000, latencyMs: 5 }, 10, 1, 1000 - 28);
  assert.deepEqual(
    run.received.map(({ at }) => Math.round(at)),
    [105, 205, 305],
  );
  assert.equal(fates(run, 'queue-full'), 7);
});

test('MTU: what is longer, headers included, does not pass', () => {
  const fits = stream({ mtuBytes: 1280 }, 1, 1, 1280 - 28);
  assert.equal(fits.numbers.length, 1);
  const tooLong = stream({ mtuBytes: 1280 }, 1, 1, 1280 - 27);
  assert.deepEqual([tooLong.numbers.length, fates(tooLong, 'too-long')], [0, 1]);
  assert.equal(stream({ mtuBytes: LOOPBACK_MTU_BYTES }, 1, 1, 65_507).numbers.length, 1);
});

test('duplication: twice, with bytes of its own', () => {
  const { received, numbers } = stream({ duplicateFraction: 1 }, 3);
  assert.deepEqual(numbers, [0, 0, 1, 1, 2, 2]);
  assert.notEqual(received[0]?.bytes.buffer, received[1]?.bytes.buffer);
});

test('corruption: exactly one bit of a datagram', () => {
  const { received } = stream({ corruptFraction: 1 }, 50);
  for (const [i, { bytes }] of received.entries()) {
    const sent = new Uint8Array(100);
    new DataView(sent.buffer).setUint32(0, i);
    let flipped = 0;
    for (const [at, byte] of bytes.entries()) {
      for (let x = byte ^ (sent[at] ?? 0); x > 0; x &= x - 1) flipped += 1;
    }
    assert.equal(flipped, 1);
  }
});

test('the n-th packet that matches falls into the trap, and only that', () => {
  const big = nthPacket(2, (packet) => packetBytes(packet) > 50);
  const run = stream({ trap: big.trap }, 6);
  assert.deepEqual(run.numbers, [0, 1, 3, 4, 5]);
  assert.equal(big.seen, 6);
  assert.equal(big.taken?.payload[3], 2);
  assert.equal(fates(run, 'trapped'), 1);
});

test('an outage, and its end', () => {
  const { world, a, b } = pair(1);
  const [from, to] = [bindUdp(a, '192.0.2.1'), bindUdp(b, '192.0.2.2')];
  const received = collect(b, to);
  for (let i = 0; i < 10; i++) world.after(i * 100, () => from.send(Uint8Array.of(i), to.local));
  world.after(250, () => a.accesses[0]?.change({ loss: 1 }));
  world.after(650, () => a.accesses[0]?.change({ loss: 0 }));
  world.run(2000);
  assert.deepEqual(
    received.map(({ bytes }) => bytes[0]),
    [0, 1, 2, 7, 8, 9],
  );
});

test('equal seeds tell equal stories, other seeds other ones', () => {
  const story = (seed: number): number =>
    stream(
      {
        loss: burstyLoss(0.1, 3),
        jitterMs: 20,
        duplicateFraction: 0.1,
        reorderFraction: 0.1,
        corruptFraction: 0.1,
      },
      300,
      1,
      100,
      seed,
    ).world.log.digest;
  assert.equal(story(5), story(5));
  assert.notEqual(story(5), story(6));
});
