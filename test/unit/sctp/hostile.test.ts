/** A hostile or broken peer: no throw, no endless work, no memory beyond the window. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/base/index.ts';
import { DataFragment } from '../../../src/sctp/data-chunk.ts';
import { Flights } from '../../../src/sctp/flights.ts';
import type { WholeMessage } from '../../../src/sctp/fragment-runs.ts';
import { OutgoingMessage } from '../../../src/sctp/outgoing-message.ts';
import { Reassembly } from '../../../src/sctp/reassembly.ts';
import { decodeReconfigurations } from '../../../src/sctp/reconfig-chunk.ts';
import { Sack } from '../../../src/sctp/sack-chunk.ts';
import { messagesOf, pattern, SctpPair } from '../../support/sctp/pair.ts';

const MUTATIONS = 20_000;

/** Bits flipped, lengths changed, tails cut or repeated. The checksum stays zero, so that what is inside is read. */
function mutate(random: SeededRandom, original: Uint8Array): Uint8Array {
  let bytes = original.slice();
  const changes = 1 + (random.uint32() % 4);
  for (let i = 0; i < changes; i++) {
    const at = 12 + (random.uint32() % Math.max(1, bytes.length - 12));
    switch (random.uint32() % 5) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random.uint32() % 8));
        break;
      case 1:
        bytes[at] = random.uint32() & 0xff;
        break;
      case 2:
        bytes = bytes.slice(0, at & ~3);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes, ...bytes.subarray(12)].slice(0, 4096));
        break;
      default:
        bytes.fill(0xff, at, at + 4);
    }
  }
  bytes.fill(0, 8, 12);
  return bytes;
}

test(`${MUTATIONS} damaged packets in the middle of a conversation harm nobody else`, () => {
  const random = new SeededRandom(9260);
  const recorded: Uint8Array[] = [];
  const record = (_n: number, bytes: Uint8Array, from: 'a' | 'b') => {
    if (from === 'a') recorded.push(bytes.slice());
    return false;
  };
  const talk = (pair: SctpPair) => {
    for (let i = 0; i < 10; i++) {
      pair.a.machine.send(pair.now, { stream: i, ppid: i, payload: pattern(3000, i), maxRetransmits: i % 2 });
    }
    pair.a.machine.resetStreams(pair.now, [1, 2]);
    pair.run(pair.now + 2_000);
  };
  let handled = 0;
  let ended = 0;
  while (handled < MUTATIONS) {
    const seed = 1 + ended;
    recorded.length = 0;
    const pair = new SctpPair({ seed, lossFraction: 0.1, drop: record }).connect();
    talk(pair);
    for (; handled < MUTATIONS && pair.b.machine.state !== 'closed'; handled++) {
      const original = recorded[random.uint32() % recorded.length] ?? new Uint8Array(16);
      pair.b.machine.handlePacket(pair.now, mutate(random, original));
      if (handled % 50 === 0) pair.run(pair.now + 20);
    }
    assert.ok(pair.b.machine.nextTimeout() > pair.now || pair.b.machine.state === 'closed');
    ended += 1;
  }
  assert.ok(ended < MUTATIONS / 10, `${ended} associations were ended by ${MUTATIONS} packets`);
});

test('packets with a wrong checksum, tag or port are not looked at', () => {
  const pair = new SctpPair().connect();
  pair.a.machine.send(pair.now, { stream: 0, ppid: 1, payload: pattern(10, 1) });
  const good = pair.a.machine.pollTransmit() ?? new Uint8Array(0);
  for (const at of [0, 3, 7, 11]) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    pair.b.machine.handlePacket(pair.now, bad);
  }
  assert.equal(pair.b.machine.discarded, 4);
  assert.equal(pair.b.machine.pollEvent(), undefined);
  pair.b.machine.handlePacket(pair.now, good);
  assert.equal(pair.b.machine.pollEvent()?.type, 'message');
});

test('a receiver holds no more than its window', () => {
  const window = 65_536;
  const small = { receiveWindowBytes: window };
  let firstTsn: number | undefined;
  let missing = true;
  // The first fragment does not arrive for a minute, so everything behind it waits.
  const pair = new SctpPair({
    b: small,
    drop: (_n, bytes, from) => {
      if (from !== 'a' || bytes.length < 200 || !missing) return false;
      const tsn = new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);
      firstTsn ??= tsn;
      return tsn === firstTsn;
    },
  });
  pair.connect();
  firstTsn = undefined;
  for (let i = 0; i < 300; i++)
    pair.a.machine.send(pair.now, { stream: 0, ppid: i, payload: pattern(1000, i) });
  let most = 0;
  for (let i = 0; i < 60; i++) {
    pair.run(pair.now + 100);
    most = Math.max(most, pair.b.machine.heldBytes);
  }
  assert.ok(most > window / 2, `${most} bytes were held`);
  missing = false;
  pair.run(pair.now + 120_000);
  assert.ok(most <= 2 * window, `${most} bytes were held`);
  assert.equal(messagesOf(pair.b).length, 300);
});

test('an INIT leaves nothing behind', () => {
  const server = new SctpPair().b.machine;
  for (let i = 0; i < 1000; i++) {
    const client = new SctpPair({ seed: i + 1 }).a.machine;
    client.connect(0);
    server.handlePacket(0, client.pollTransmit() ?? new Uint8Array(0));
    assert.ok(server.pollTransmit());
  }
  assert.equal(server.state, 'idle');
  assert.equal(server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('who skips the same stream a thousand times, with thousands of messages waiting in it, costs little', () => {
  const reassembly = new Reassembly(true);
  const fragment = new DataFragment();
  const ready: WholeMessage[] = [];
  const chunk = Uint8Array.of(64, 3, 0, 21, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53, 7, 0, 0, 0);
  const view = new DataView(chunk.buffer);
  // Message 0 is missing, so that those behind it wait.
  for (let id = 1; id <= 20_000; id++) {
    view.setUint32(12, id);
    assert.ok(fragment.read(chunk, 0));
    reassembly.add(fragment, ready);
  }
  assert.equal(ready.length, 0);
  const skipped = Array.from({ length: 4_000 }, () => ({
    stream: 1,
    unordered: false,
    messageId: 0xffff_ff00,
  }));
  const startedAt = process.cpuUsage();
  reassembly.skip(1, skipped, ready);
  const { user } = process.cpuUsage(startedAt);
  assert.equal(ready.length, 0);
  assert.ok(user < 1_000_000, `${user} µs`);
  reassembly.skip(2, [{ stream: 1, unordered: false, messageId: 0 }], ready);
  assert.deepEqual(
    ready.map(({ messageId }) => messageId),
    Array.from({ length: 20_000 }, (_, i) => i + 1),
  );
  assert.equal(reassembly.heldBytes, 0);
});

test('a request to reset streams that is cut short is no request, and does not read for ever', () => {
  for (let length = 0; length < 16; length++) {
    const parameter = Uint8Array.of(0, 13, 0, 4 + length, ...new Uint8Array(length));
    const padded = new Uint8Array((parameter.length + 3) & ~3);
    padded.set(parameter);
    const found = decodeReconfigurations(padded);
    assert.equal(found !== undefined, length >= 12, `${length} bytes`);
  }
});

test('a SACK for what never left is none, wherever on the circle it lies', () => {
  const flights = new Flights(1000);
  const message = new OutgoingMessage(0, { stream: 0, ppid: 0, payload: new Uint8Array(10) });
  flights.launch(0, message, { from: 0, length: 10, begin: true, end: true, fragment: 0 });
  const sack = new Sack();
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  for (const cumulative of [999 + 2 ** 31, 998 + 2 ** 31, 1000 + 2 ** 31, 998, 1001, 0, 2 ** 32 - 1]) {
    for (const gapEnd of [0, 1, 65_535]) {
      view.setUint32(0, cumulative);
      view.setUint16(8, gapEnd === 0 ? 0 : 1);
      view.setUint16(12, gapEnd);
      view.setUint16(14, gapEnd);
      assert.ok(sack.read(value, 0, value.length));
      assert.equal(flights.handleSack(1, sack), undefined, `${cumulative}, ${gapEnd}`);
    }
  }
  assert.equal(flights.count, 1);
  assert.ok(flights.handleSack(1, Sack.of(1000, 0))?.advanced);
  assert.equal(flights.count, 0);
});
