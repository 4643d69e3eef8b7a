/** Records after the handshake: replay, forgery, order, alerts, the end. RFC 6347 §4.1, RFC 5246 §7.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeUtf8, encodeUtf8 } from '../../../src/base/index.ts';
import { Reassembly } from '../../../src/dtls/reassembly.ts';
import { readRecord } from '../../../src/dtls/record.ts';
import { ReplayWindow } from '../../../src/dtls/replay-window.ts';
import { DtlsLab } from '../../support/dtls/lab.ts';

/** Connected, and holding back what is sent from now on. */
function connectedLab(): DtlsLab {
  const lab = new DtlsLab().start().runUntilConnected();
  lab.run(lab.now + 10);
  lab.fate = () => [];
  return lab;
}

/** The datagrams that carry these messages from the client, in order. */
function sealed(lab: DtlsLab, ...messages: readonly string[]): readonly Uint8Array[] {
  return messages.map((text) => {
    lab.client.send(lab.now, encodeUtf8(text));
    lab.drain();
    const last = lab.sent.at(-1);
    assert.ok(last);
    return last.bytes;
  });
}

function received(lab: DtlsLab): readonly (string | undefined)[] {
  return lab.data('server').map((bytes) => decodeUtf8(bytes));
}

test('a record is taken once', () => {
  const lab = connectedLab();
  const [one] = sealed(lab, 'once');
  assert.ok(one);
  for (let i = 0; i < 3; i += 1) lab.deliver('server', one);
  assert.deepEqual(received(lab), ['once']);
  assert.equal(lab.server.statistics.dropped, 2);
});

test('records may arrive in any order, but not hundreds late', () => {
  const lab = connectedLab();
  const texts = Array.from({ length: 300 }, (_, index) => String(index));
  const datagrams = sealed(lab, ...texts);
  const [first, ...rest] = datagrams;
  assert.ok(first);
  for (const bytes of rest.toReversed()) lab.deliver('server', bytes);
  lab.deliver('server', first);
  // 299 came first, so what is 256 and more behind it cannot be told from a repetition.
  assert.deepEqual(received(lab), texts.slice(44).toReversed());
});

test('a record that was changed anywhere is dropped, and the right one is taken after it', () => {
  const lab = connectedLab();
  const [right] = sealed(lab, 'right');
  assert.ok(right);
  for (let at = 0; at < right.length; at += 1) {
    const wrong = right.slice();
    wrong[at] = (wrong[at] ?? 0) ^ 0x80;
    lab.deliver('server', wrong);
  }
  assert.deepEqual(lab.data('server'), []);
  assert.equal(lab.server.connected, true);
  lab.deliver('server', right);
  assert.deepEqual(received(lab), ['right']);
});

test('several records in one datagram are all taken', () => {
  const lab = connectedLab();
  const datagrams = sealed(lab, 'one', 'two', 'three');
  lab.deliver('server', Buffer.concat(datagrams));
  assert.deepEqual(received(lab), ['one', 'two', 'three']);
});

test('a plain alert or hello from somebody else changes nothing once keys are there', () => {
  const lab = connectedLab();
  // Alert, epoch 0, fatal handshake_failure.
  lab.deliver('server', Uint8Array.of(21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40));
  const hello = lab.sent[0]?.bytes;
  assert.ok(hello);
  lab.deliver('server', hello);
  assert.equal(lab.server.connected, true);
  assert.equal(lab.sent.length, 4);
});

test('close_notify is answered, and both sides are told', () => {
  const lab = new DtlsLab().start().runUntilConnected();
  lab.run(lab.now + 10);
  lab.client.close(lab.now);
  lab.run();
  assert.deepEqual(lab.events.client.at(-1), { type: 'closed', by: 'us' });
  assert.deepEqual(lab.events.server.at(-1), { type: 'closed', by: 'peer' });
  const alerts = lab.sent.slice(4).map(({ bytes }) => readRecord(bytes));
  assert.deepEqual(
    alerts.map((record) => [record?.type, record?.epoch]),
    [
      [21, 1],
      [21, 1],
    ],
  );
  for (const side of ['client', 'server'] as const) {
    assert.equal(lab[side].nextTimeout(), Number.POSITIVE_INFINITY);
    assert.equal(lab[side].send(lab.now, encodeUtf8('late')), false);
    assert.equal(lab[side].pollTransmit(), undefined);
  }
});

test('what is too long for a record is the mistake of the caller', () => {
  const lab = connectedLab();
  assert.throws(() => lab.client.send(lab.now, new Uint8Array(2 ** 14 + 1)), RangeError);
  assert.equal(lab.client.send(lab.now, new Uint8Array(2 ** 14)), true);
});

test('both sides export the same keying material, and none before they are connected', () => {
  const lab = new DtlsLab();
  assert.throws(() => lab.client.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60));
  lab.start().runUntilConnected();
  assert.deepEqual(
    lab.client.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60),
    lab.server.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60),
  );
});

test('the replay window agrees with a set of numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 400 }), (sequences) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      for (const sequence of sequences) {
        const highest = Math.max(-1, ...seen);
        const expected = !seen.has(sequence) && sequence > highest - 256;
        assert.equal(window.accepts(sequence), expected);
        if (!expected) continue;
        window.mark(sequence);
        seen.add(sequence);
      }
    }),
    { seed: 6347, numRuns: 100 },
  );
});

test('a message is put together from any overlapping fragments in any order', () => {
  const body = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
  const piece = fc.tuple(fc.nat(300), fc.nat(120));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const reassembly = new Reassembly();
      const had = new Set<number>();
      for (const [offset, length] of [...pieces, [0, 150], [150, 150]] as const) {
        assert.equal(reassembly.take()?.body.length ?? had.size, had.size);
        const bytes = body.subarray(offset, offset + length);
        reassembly.add({ type: 11, sequence: 0, length: 300, offset, bytes });
        for (let at = offset; at < offset + bytes.length; at += 1) had.add(at);
        if (had.size === 300) break;
      }
      assert.deepEqual(reassembly.take()?.body, body);
      assert.equal(reassembly.waitingBytes, 0);
    }),
    { seed: 6347, numRuns: 200 },
  );
});

test('fragments that claim too much, or contradict each other, are refused and take no memory', () => {
  const reassembly = new Reassembly();
  const bytes = new Uint8Array(10);
  const fragment = { type: 11, sequence: 0, length: 100, offset: 0, bytes };
  assert.equal(reassembly.add({ ...fragment, length: 2 ** 24 - 1 }), 'refused');
  assert.equal(reassembly.add({ ...fragment, sequence: 8 }), 'refused');
  assert.equal(reassembly.add(fragment), 'kept');
  assert.equal(reassembly.add({ ...fragment, type: 12 }), 'refused');
  assert.equal(reassembly.add({ ...fragment, length: 99 }), 'refused');
  for (let sequence = 0; sequence < 8; sequence += 1) {
    reassembly.add({ ...fragment, sequence, length: 2 ** 15 });
  }
  assert.ok(reassembly.waitingBytes <= 2 ** 16);
});
