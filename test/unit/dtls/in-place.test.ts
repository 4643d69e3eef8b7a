/** Records that are sealed where their plaintext lies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CipherSuiteName, DTLS_RECORD_ROOM, type DtlsEvent } from '../../../src/dtls/index.ts';
import { DtlsLab } from '../../support/dtls/lab.ts';

const { beforeBytes, afterBytes } = DTLS_RECORD_ROOM;

function dataOf(events: readonly DtlsEvent[]): Uint8Array[] {
  return events.flatMap((event) => (event.type === 'data' ? [event.bytes] : []));
}

const SUITES: readonly CipherSuiteName[] = [
  'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
];

for (const suite of SUITES) {
  test(`${suite}: neighbours in one buffer are sealed where they lie, and arrive`, () => {
    const lab = new DtlsLab({ client: { suites: [suite] } }).start().run(1_000);
    const packets = [1, 16_384, 20, 1200].map((length, i) => new Uint8Array(length).fill(i + 1));
    const room = beforeBytes + afterBytes;
    const slab = new Uint8Array(packets.reduce((sum, { length }) => sum + length + room, 0));
    let at = 0;
    const views = packets.map((packet) => {
      const view = slab.subarray(at + beforeBytes, at + beforeBytes + packet.length);
      view.set(packet);
      at += room + packet.length;
      return view;
    });
    const before = lab.sent.length;
    for (const view of views) assert.equal(lab.client.sendInPlace(lab.now, view), true);
    lab.run(lab.now + 1_000);
    for (const { bytes } of lab.sent.slice(before)) assert.equal(bytes.buffer, slab.buffer);
    assert.deepEqual(dataOf(lab.events.server), packets);
  });
}

test('a packet without room around it is refused, and the next one goes', () => {
  const lab = new DtlsLab().start().run(1_000);
  assert.throws(() => lab.client.sendInPlace(lab.now, new Uint8Array(100)), RangeError);
  const roomy = new Uint8Array(beforeBytes + 3 + afterBytes).fill(9);
  lab.client.sendInPlace(lab.now, roomy.subarray(beforeBytes, beforeBytes + 3));
  lab.run(lab.now + 1_000);
  assert.deepEqual(dataOf(lab.events.server), [new Uint8Array(3).fill(9)]);
});

test('bytes that arrive are borrowed: the datagram may be overwritten', () => {
  const lab = new DtlsLab().start().run(1_000);
  lab.client.send(lab.now, new Uint8Array(50).fill(5));
  const datagram = lab.client.pollTransmit()?.slice() ?? new Uint8Array(0);
  const before = datagram.slice();
  lab.server.handleDatagram(lab.now, datagram);
  assert.deepEqual(datagram, before);
  datagram.fill(0);
  lab.run(lab.now + 1_000);
  assert.deepEqual(dataOf(lab.events.server), [new Uint8Array(50).fill(5)]);
});
