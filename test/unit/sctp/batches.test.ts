/** What is handed in together leaves together: bundles, one acknowledgement for a batch, buffers that tell what has left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SctpEvent } from '../../../src/sctp/index.ts';
import { hideOurs } from '../../support/sctp/foreign.ts';
import { messagesOf, pattern, SctpPair, type Side } from '../../support/sctp/pair.ts';

function drainPackets({ machine }: Side): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let out = machine.pollTransmit(); out; out = machine.pollTransmit()) packets.push(out);
  return packets;
}

function drainEvents({ machine }: Side): SctpEvent[] {
  const events: SctpEvent[] = [];
  for (let event = machine.pollEvent(); event; event = machine.pollEvent()) events.push(event);
  return events;
}

test('small messages of one turn share packets', () => {
  const { a, b, now } = new SctpPair().connect();
  for (let i = 0; i < 100; i++) a.machine.send(now, { stream: 0, ppid: i, payload: pattern(80, i) });
  const packets = drainPackets(a);
  assert.equal(packets.length, 10); // eleven chunks of 100 bytes each
  for (const packet of packets) b.machine.handlePacket(now, packet);
  const messages = drainEvents(b).filter((event) => event.type === 'message');
  assert.deepEqual(
    messages.map(({ ppid }) => ppid),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('a batch of packets is acknowledged once, and with the answer to it', () => {
  const { a, b, now } = new SctpPair().connect();
  a.machine.send(now, { stream: 0, ppid: 1, payload: pattern(8_000, 1) });
  const batch = drainPackets(a);
  assert.equal(batch.length, 7);
  for (const packet of batch) b.machine.handlePacket(now, packet);
  b.machine.send(now, { stream: 0, ppid: 2, payload: pattern(10, 2) });
  const answers = drainPackets(b);
  assert.equal(answers.length, 1);
  assert.equal(answers[0]?.[12], 3); // SACK, then DATA
});

test('a peer of another make hears of every second packet, and of each while one is missing', () => {
  const pair = new SctpPair({
    drop: (_n, bytes) => {
      hideOurs(bytes);
      return false;
    },
  });
  pair.a.machine.connect(0);
  pair.run(1_000);
  const { a, b, now } = pair;
  a.machine.send(now, { stream: 0, ppid: 1, payload: pattern(8_000, 1) });
  const batch = drainPackets(a);
  assert.equal(batch.length, 7);
  for (const packet of batch.slice(0, 4)) b.machine.handlePacket(now, packet);
  assert.equal(drainPackets(b).length, 2);
  for (const packet of batch.slice(5)) b.machine.handlePacket(now, packet);
  assert.equal(drainPackets(b).length, 2);
});

test('what waits counts as buffered until it is in a packet, and then no longer, acknowledged or not', () => {
  const { a, now } = new SctpPair().connect();
  a.machine.send(now, { stream: 3, ppid: 1, payload: pattern(1_000, 1) });
  a.machine.send(now, { stream: 3, ppid: 1, payload: pattern(100_000, 1) });
  assert.equal(a.machine.bufferedBytes(3), 101_000);
  const carried = drainPackets(a).reduce((sum, { length }) => sum + length, 0);
  const left = a.machine.bufferedBytes(3);
  assert.ok(left > 0 && left < 101_000 && 101_000 - left <= carried, `${left}`);
  assert.deepEqual(drainEvents(a), [{ type: 'buffer-drained', stream: 3 }]);
  assert.equal(a.machine.bufferedBytes(4), 0);
});

test('a message that is given up before it left is no longer buffered', () => {
  const pair = new SctpPair().connect();
  const { a, now } = pair;
  a.machine.send(now, { stream: 0, ppid: 1, payload: pattern(100_000, 1) });
  a.machine.send(now, { stream: 1, ppid: 1, payload: pattern(500, 1), lifetimeMs: 5 });
  assert.equal(a.machine.bufferedBytes(1), 500);
  drainPackets(a);
  const stuck = a.machine.bufferedBytes(1);
  a.machine.handleTimeout(now + 6);
  assert.equal(a.machine.bufferedBytes(1), 0);
  assert.ok(stuck === 0 || drainEvents(a).some((e) => e.type === 'buffer-drained' && e.stream === 1));
});

test('a message comes in an ArrayBuffer of its own, as long as it is', () => {
  for (const interleaving of [true, false]) {
    const pair = new SctpPair({ a: { interleaving }, lossFraction: 0.05 }).connect();
    const sizes = [5_000, 5_000, 4_000, 6_000, 1, 100, 70_000, 70_000, 5_000];
    for (const [i, size] of sizes.entries()) {
      pair.a.machine.send(pair.now, { stream: i % 2, ppid: i, payload: pattern(size, i) });
    }
    pair.run(pair.now + 60_000, () => messagesOf(pair.b).length === sizes.length);
    for (const { payload, ppid } of messagesOf(pair.b)) {
      assert.deepEqual(payload, pattern(sizes[ppid] ?? 0, ppid));
      assert.equal(payload.buffer.byteLength, payload.length);
    }
  }
});

test('packets leave room around them, and do not reach into that of their neighbours', () => {
  const packetRoom = { beforeBytes: 21, afterBytes: 16 };
  const { a, now } = new SctpPair({ a: { packetRoom } }).connect();
  a.machine.send(now, { stream: 0, ppid: 1, payload: pattern(20_000, 1) });
  const packets = drainPackets(a);
  const before = packets.map((packet) => packet.slice());
  for (const packet of packets) {
    const start = packet.byteOffset - packetRoom.beforeBytes;
    new Uint8Array(packet.buffer, start, packetRoom.beforeBytes).fill(0xee);
    new Uint8Array(packet.buffer, packet.byteOffset + packet.length, packetRoom.afterBytes).fill(0xee);
  }
  assert.deepEqual(
    packets.map((packet) => packet.slice()),
    before,
  );
});
