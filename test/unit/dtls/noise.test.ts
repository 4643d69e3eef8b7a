/** Damaged datagrams at every stage of a handshake and after it: nothing is thrown, nothing grows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, SeededRandom, sameBytes } from '../../../src/base/index.ts';
import { DtlsCrowd } from '../../support/dtls/crowd.ts';
import { DtlsLab, type Fate, LATENCY_MS, type LabOptions } from '../../support/dtls/lab.ts';

const ADDRESS = { ip: '192.0.2.1', port: 5000 };

/** Flips, cuts, repeats and lengthens. */
function damage(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const kind = random.uint32() % 6;
  if (kind === 0) return bytes.subarray(0, random.uint32() % (bytes.length + 1));
  if (kind === 1) return Buffer.concat([bytes, random.bytes(random.uint32() % 40)]);
  if (kind === 2) {
    const from = random.uint32() % bytes.length;
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from >> 1)]);
  }
  const damaged = bytes.slice();
  const flips = kind === 3 ? 1 : 1 + (random.uint32() % 8);
  // Headers decide most: every second flip goes there.
  const reach = kind === 5 ? Math.min(40, damaged.length) : damaged.length;
  for (let i = 0; i < flips; i += 1) damaged[random.uint32() % reach] = random.uint32() & 0xff;
  return damaged;
}

function options(seed: number): LabOptions {
  return {
    seed,
    client: { maxDatagramBytes: seed % 2 === 0 ? 300 : 1200 },
    server: { maxDatagramBytes: 700 },
  };
}

test('20,000 damaged datagrams in the middle of handshakes: no throw, and every handshake ends', () => {
  let damaged = 0;
  let connected = 0;
  let rounds = 0;
  for (let seed = 1; damaged < 20_000; seed += 1) {
    const random = new SeededRandom(seed);
    const fate: Fate = ({ bytes }) => {
      const deliveries = [{ afterMs: LATENCY_MS }];
      const extra = Array.from({ length: 12 }, () => ({
        afterMs: 1 + (random.uint32() % 10),
        bytes: damage(random, bytes),
      }));
      damaged += extra.length;
      return [...extra, ...deliveries];
    };
    const lab = new DtlsLab({ ...options(seed), fate }).start().runUntilConnected(40_000);
    const ended = [...lab.events.client, ...lab.events.server].some(({ type }) => type === 'failed');
    assert.ok(ended || (lab.client.connected && lab.server.connected), `seed ${seed}`);
    if (!ended) connected += 1;
    rounds += 1;
  }
  // Whoever can write into a handshake can end it; that it is not the rule shows that damage is dropped first.
  assert.ok(connected > 0, `${connected} of ${rounds} connected`);
});

test('20,000 damaged records after the handshake change nothing', () => {
  const lab = new DtlsLab().start().runUntilConnected();
  lab.run(lab.now + 10);
  lab.fate = () => [];
  lab.client.send(lab.now, encodeUtf8('what the client says'));
  lab.drain();
  const pieces = lab.sent.map(({ bytes }) => bytes);
  const random = new SeededRandom(6347);
  for (let i = 0; i < 20_000; i += 1) {
    const piece = pieces[random.uint32() % pieces.length];
    assert.ok(piece);
    let noise = damage(random, piece);
    if (sameBytes(noise.subarray(0, piece.length), piece)) noise = noise.subarray(1);
    lab.server.handleDatagram(lab.now, noise);
    while (lab.server.pollTransmit());
    assert.equal(lab.server.pollEvent(), undefined);
  }
  assert.equal(lab.server.connected, true);
  const last = lab.sent.at(-1);
  assert.ok(last);
  lab.deliver('server', last.bytes);
  assert.equal(lab.data('server').length, 1);
});

test('20,000 damaged datagrams at a server of many clients: no throw, and no more than one connection', () => {
  const crowd = new DtlsCrowd();
  crowd.join(ADDRESS);
  crowd.run(1000);
  const pieces = crowd.sent.map(({ bytes }) => bytes);
  const random = new SeededRandom(5764);
  const fresh = new DtlsCrowd();
  for (let i = 0; i < 20_000; i += 1) {
    const piece = pieces[random.uint32() % pieces.length];
    assert.ok(piece);
    fresh.server.handleDatagram(i / 100, ADDRESS, damage(random, piece));
    while (fresh.server.pollTransmit());
    while (fresh.server.pollEvent());
    assert.ok(fresh.server.statistics.connections <= 1);
  }
  fresh.server.handleTimeout(1_000_000);
  fresh.server.handleTimeout(2_000_000);
  assert.equal(fresh.server.statistics.connections, 0);
});

test('noise before anything else is dropped', () => {
  const lab = new DtlsLab();
  lab.server.accept(0);
  const random = new SeededRandom(1);
  for (let i = 0; i < 2_000; i += 1) lab.deliver('server', random.bytes(random.uint32() % 200));
  lab.deliver('server', new Uint8Array(0));
  assert.deepEqual(lab.events.server, []);
  assert.equal(lab.sent.length, 0);
  lab.client.connect(0);
  lab.runUntilConnected();
  assert.equal(lab.server.connected, true);
});
