/** Larger packets where the path carries them, and back where it does not. RFC 8899, RFC 4820. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PathMtu } from '../../../src/sctp/path-mtu.ts';
import { hideOurs } from '../../support/sctp/foreign.ts';
import { messagesOf, pattern, SctpPair } from '../../support/sctp/pair.ts';

const BASE = 1188;

/** Both ends learn that the path may carry so much; what is larger than `carries()` vanishes. */
function pairOver(carries: () => number, ceilingBytes = 16_336) {
  const sizes: number[] = [];
  const pair = new SctpPair({
    drop: (_n, bytes) => {
      if (bytes.length > carries()) return true;
      sizes.push(bytes.length);
      return false;
    },
  }).connect();
  for (const { machine } of [pair.a, pair.b]) machine.handlePathChanged(pair.now, { ceilingBytes });
  return { pair, sizes };
}

function transfer(pair: SctpPair, count: number): void {
  const before = messagesOf(pair.b).length;
  for (let i = 0; i < count; i++) {
    pair.a.machine.send(pair.now, { stream: 0, ppid: i, payload: pattern(65_536, i) });
  }
  pair.run(pair.now + 300_000, () => messagesOf(pair.b).length === before + count);
  const got = messagesOf(pair.b).slice(before);
  assert.deepEqual(
    got.map(({ ppid }) => ppid),
    Array.from({ length: count }, (_, i) => i),
  );
  for (const { ppid, payload } of got) assert.deepEqual(payload, pattern(65_536, ppid));
}

for (const { path, carries, expected } of [
  { path: 'loopback', carries: 65_000, expected: 16_336 },
  { path: 'jumbo frames', carries: 8_950, expected: 8_908 },
  { path: 'Ethernet', carries: 1_450, expected: 1_408 },
  { path: 'the narrowest', carries: 1_191, expected: BASE },
]) {
  test(`${path}: packets become as large as ${expected} bytes`, () => {
    const { pair, sizes } = pairOver(() => carries);
    transfer(pair, 1);
    pair.run(pair.now + 10_000);
    sizes.length = 0;
    transfer(pair, 20);
    assert.equal(Math.max(...sizes), expected);
    assert.ok(sizes.filter((size) => size === expected).length > sizes.length / 4);
  });
}

test('the largest size is found in four round trips where everything passes', () => {
  const { pair, sizes } = pairOver(() => 65_000);
  pair.a.machine.send(pair.now, { stream: 0, ppid: 0, payload: pattern(1_000_000, 0) });
  pair.run(pair.now + 4 * 20);
  const probes = [1408, 4000, 8908, 16_336];
  assert.deepEqual([...new Set(sizes.filter((size) => probes.includes(size)))], probes);
});

test('who sends little at a time tries no larger packets', () => {
  const { pair, sizes } = pairOver(() => 65_000);
  for (let i = 0; i < 100; i++) {
    pair.a.machine.send(pair.now, { stream: 0, ppid: i, payload: pattern(1_000, i) });
    pair.run(pair.now + 100);
  }
  assert.equal(messagesOf(pair.b).length, 100);
  assert.ok(Math.max(...sizes) <= 1_191);
});

test('nothing is tried beyond the ceiling, and nothing at all on a path that fragments', () => {
  for (const ceilingBytes of [1191, 2000]) {
    const { pair, sizes } = pairOver(() => 65_000, ceilingBytes);
    pair.run(pair.now + 60_000);
    transfer(pair, 5);
    assert.ok(Math.max(...sizes) <= ceilingBytes);
  }
});

test('a path that narrows is a black hole for one timeout; what was under way leaves again in small packets', () => {
  let carries = 65_000;
  const { pair } = pairOver(() => carries);
  pair.run(pair.now + 1_000);
  transfer(pair, 5);
  carries = 1_191;
  const at = pair.now;
  transfer(pair, 5);
  assert.ok(pair.now - at < 3_000, `${pair.now - at} ms`);
  carries = 65_000;
  pair.run(pair.now + 10_000);
  const before = pair.packets;
  transfer(pair, 20);
  assert.ok(pair.packets - before < 500, 'packets are large again');
});

test('a size is tried three times, a second apart, and again after ten minutes', () => {
  const mtu = new PathMtu(BASE);
  mtu.handleDemand(65_536);
  mtu.begin(0, 2_000);
  const sent: [number, number][] = [];
  for (let now = 0; now < 603_100; now = mtu.nextTimeout()) {
    const bytes = mtu.takeProbe(now, 300);
    if (bytes !== undefined) sent.push([now, bytes]);
  }
  assert.deepEqual(sent, [
    [0, 1408],
    [1_000, 1408],
    [2_000, 1408],
    [603_000, 1408],
  ]);
});

test('an answer to another size changes nothing', () => {
  const mtu = new PathMtu(BASE);
  mtu.handleDemand(65_536);
  mtu.begin(0, 16_336);
  mtu.meetPeer(0, 16_336);
  assert.equal(mtu.takeProbe(0, 300), 1408);
  mtu.handleProbeAck(1, 16_336);
  assert.equal(mtu.packetBytes, BASE);
  mtu.handleProbeAck(2, 1408);
  assert.equal(mtu.packetBytes, 1408);
});

test('a peer that does not say how much it can read gets no packet over 1,408 bytes', () => {
  // Chromium's DTLS fails for good at a datagram over 2,048 bytes.
  const sizes: number[] = [];
  const pair: SctpPair = new SctpPair({
    drop: (_n, bytes, from) => {
      if (from === 'a') sizes.push(bytes.length);
      hideOurs(bytes);
      return false;
    },
  });
  pair.b.machine.connect(0);
  pair.run(1_000);
  pair.a.machine.handlePathChanged(pair.now, { ceilingBytes: 16_336 });
  pair.run(pair.now + 60_000);
  transfer(pair, 10);
  assert.equal(Math.max(...sizes), 1408);
});

test('a peer that can read little gets little', () => {
  const mtu = new PathMtu(BASE);
  mtu.handleDemand(65_536);
  mtu.begin(0, 16_336);
  mtu.meetPeer(0, 1300);
  assert.equal(mtu.takeProbe(0, 300), 1300);
  mtu.handleProbeAck(1, 1300);
  mtu.meetPeer(2, 0);
  assert.equal(mtu.packetBytes, BASE);
  assert.equal(mtu.takeProbe(3, 300), undefined);
});
