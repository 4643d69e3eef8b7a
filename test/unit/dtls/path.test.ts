/** Handshakes over paths that lose, reorder, repeat and shorten. RFC 6347 §4.2.4, §4.2.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, SeededRandom } from '../../../src/base/index.ts';
import { fingerprintOf } from '../../../src/dtls/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { IDENTITIES } from '../../support/dtls/identities.ts';
import { arrives, DtlsLab, type Fate, LATENCY_MS, type LabOptions } from '../../support/dtls/lab.ts';

/** Both sides show certificates: the longest handshake there is. */
function mutual(maxDatagramBytes: number): LabOptions {
  const announced = (side: 'ecdsa' | 'rsa') => ({
    kind: 'fingerprints' as const,
    fingerprints: IDENTITIES[side].chain.slice(0, 1).map((it) => fingerprintOf(nodeCrypto, 'sha-256', it)),
  });
  return {
    client: { identities: [IDENTITIES.rsa], peer: announced('ecdsa'), maxDatagramBytes },
    server: { identities: [IDENTITIES.ecdsa], peer: announced('rsa'), maxDatagramBytes },
  };
}

function bothConnected(lab: DtlsLab): boolean {
  return lab.client.connected && lab.server.connected;
}

test('a clean path needs four flights and two round trips', () => {
  const lab = new DtlsLab().start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.deepEqual(
    lab.sent.map(({ from }) => from),
    ['client', 'server', 'client', 'server'],
  );
  assert.equal(lab.now, 4 * LATENCY_MS);
});

test('a flight is repeated after 100 ms, then after twice as long each time, and given up after 30 s', () => {
  const lab = new DtlsLab({ fate: () => [] }).start().run();
  const hellos = lab.sent.slice(0, -1).map(({ at }) => at);
  assert.deepEqual(hellos, [0, 100, 300, 700, 1500, 3100, 6300, 12_700, 25_500]);
  assert.equal(lab.event('client', 'failed')?.code, 'DTLS_TIMED_OUT');
  assert.equal(lab.client.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('the first wait can be the one of RFC 6347', () => {
  const lab = new DtlsLab({ client: { retransmitMs: 1000 }, fate: () => [] }).start().run();
  assert.deepEqual(
    lab.sent.slice(0, 3).map(({ at }) => at),
    [0, 1000, 3000],
  );
});

for (const maxDatagramBytes of [256, 548, 1200, 1500]) {
  test(`survives the loss of any one datagram, in datagrams of ${maxDatagramBytes} bytes`, () => {
    const options = mutual(maxDatagramBytes);
    const clean = new DtlsLab(options).start().runUntilConnected();
    assert.equal(bothConnected(clean), true);
    for (const { bytes } of clean.sent) assert.ok(bytes.length <= maxDatagramBytes);
    for (let lost = 0; lost < clean.sent.length; lost += 1) {
      const fate: Fate = ({ number }) => (number === lost ? [] : [{ afterMs: LATENCY_MS }]);
      const lab = new DtlsLab({ ...options, fate }).start().runUntilConnected();
      assert.equal(bothConnected(lab), true, `datagram ${lost} was lost`);
      // One wait of 100 ms, and what a clean path takes.
      assert.ok(lab.now <= 100 + 6 * LATENCY_MS, `datagram ${lost} was lost: ${lab.now} ms`);
    }
  });
}

test('survives the loss of any two datagrams', () => {
  const options = mutual(548);
  const count = new DtlsLab(options).start().runUntilConnected().sent.length;
  for (let first = 0; first < count; first += 1) {
    for (let second = first + 1; second < count + 4; second += 3) {
      const fate: Fate = ({ number }) =>
        number === first || number === second ? [] : [{ afterMs: LATENCY_MS }];
      const lab = new DtlsLab({ ...options, fate }).start().runUntilConnected();
      assert.equal(bothConnected(lab), true, `datagrams ${first} and ${second} were lost`);
      assert.ok(lab.now <= 300 + 6 * LATENCY_MS, `datagrams ${first} and ${second} were lost: ${lab.now} ms`);
    }
  }
});

test('gets through where three datagrams in ten are lost, repeated or late', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = new SeededRandom(seed);
    const fate: Fate = () => {
      if (random.fraction() < 0.3) return [];
      const copies = random.fraction() < 0.3 ? 2 : 1;
      return Array.from({ length: copies }, () => ({ afterMs: 1 + Math.floor(80 * random.fraction()) }));
    };
    const lab = new DtlsLab({ ...mutual(400), seed, fate }).start().runUntilConnected();
    assert.equal(bothConnected(lab), true, `seed ${seed}`);
  }
});

test('does not mind that all datagrams of a flight arrive in reverse', () => {
  const fate: Fate = ({ number }) => [{ afterMs: LATENCY_MS + 40 - (number % 40) }];
  const lab = new DtlsLab({ ...mutual(256), fate }).start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.ok(lab.now < 4 * (LATENCY_MS + 40));
});

test('does not mind that every datagram arrives three times', () => {
  const fate: Fate = () => [5, 6, 40].map((afterMs) => ({ afterMs }));
  const lab = new DtlsLab({ ...mutual(548), fate }).start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  lab.server.send(lab.now, encodeUtf8('once'));
  lab.run(1000);
  assert.equal(lab.data('client').length, 1);
});

test('two sides that hear each other twice do not set each other off', () => {
  const fate: Fate = () => [{ afterMs: 5 }, { afterMs: 7 }];
  const lab = new DtlsLab({ fate }).start().run(60_000);
  assert.equal(lab.sent.length, 4);
});

test('a path that takes long is not flooded: 300 ms each way', () => {
  const lab = new DtlsLab({ fate: () => [{ afterMs: 300 }] }).start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.ok(lab.sent.length <= 10, `${lab.sent.length} datagrams`);
});

test('answers the repeated Finished of a client that did not hear ours, and only for four minutes', () => {
  // CH -> SHD -> F -> (lost) … F' -> CCS, Finished
  const fate: Fate = ({ number, from }) => (from === 'server' && number === 3 ? [] : [{ afterMs: 5 }]);
  const lab = new DtlsLab({ fate }).start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.ok(lab.server.nextTimeout() > 200_000);
  lab.run(300_000);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('keeps a ClientHello that comes before it may answer', () => {
  const lab = new DtlsLab();
  lab.client.connect(0);
  lab.drain();
  lab.run(50);
  assert.deepEqual(lab.events.server, []);
  lab.server.accept(lab.now);
  lab.runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.ok(lab.now < 100, 'without waiting for the repetition');
});

test('data that overtakes Finished is kept, not lost and not shown early', () => {
  let finished: Uint8Array | undefined;
  const fate: Fate = (datagram) => {
    if (datagram.number === 3) {
      finished = datagram.bytes;
      return [{ afterMs: 50 }];
    }
    return arrives(datagram);
  };
  const lab = new DtlsLab({ fate }).start();
  lab.run(16); // the server is connected, its last flight is under way
  assert.ok(finished);
  assert.equal(lab.server.connected, true);
  lab.server.send(lab.now, encodeUtf8('early'));
  lab.run(40);
  assert.deepEqual(lab.events.client, []);
  lab.run(90);
  assert.deepEqual(
    lab.events.client.map(({ type }) => type),
    ['connected', 'data'],
  );
});

test('goes to smaller datagrams when long ones never arrive', () => {
  const fate: Fate = ({ bytes }) => (bytes.length > 600 ? [] : [{ afterMs: LATENCY_MS }]);
  const lab = new DtlsLab({ ...mutual(1200), fate }).start().runUntilConnected();
  assert.equal(bothConnected(lab), true);
  assert.ok(lab.now < 10_000);
});

test('the same seed gives the same ClientHello', () => {
  const hello = (seed: number) => new DtlsLab({ seed }).start().sent[0]?.bytes;
  assert.deepEqual(hello(7), hello(7));
  assert.notDeepEqual(hello(7), hello(8));
});
