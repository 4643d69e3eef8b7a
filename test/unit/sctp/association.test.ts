/** Two ends of one association: set-up, messages, losses, resets, ends. RFC 9260, 3758, 6525, 8260. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SctpEvent } from '../../../src/sctp/index.ts';
import { messagesOf, pattern, SctpPair, type Side } from '../../support/sctp/pair.ts';

function typesOf({ events }: Side): SctpEvent['type'][] {
  return events.map(({ type }) => type);
}

for (const who of ['a', 'both'] as const) {
  test(`sets up when ${who} begins`, () => {
    // a -> INIT, b -> INIT ACK, a -> COOKIE ECHO, b -> COOKIE ACK
    const pair = new SctpPair({ delayMs: 10 }).connect(who);
    assert.deepEqual(typesOf(pair.a), ['connected']);
    assert.deepEqual(typesOf(pair.b), ['connected']);
    assert.ok(pair.now <= 40, `${pair.now} ms are more than two round trips`);
  });

  test(`sets up although any one packet is lost, when ${who} begins`, () => {
    for (let lost = 0; lost < 8; lost++) {
      const pair = new SctpPair({ drop: (n) => n === lost }).connect(who);
      assert.equal(pair.a.machine.state, 'established', `a, packet ${lost}`);
      assert.equal(pair.b.machine.state, 'established', `b, packet ${lost}`);
      assert.ok(pair.now < 2_000, `packet ${lost}: ${pair.now} ms`);
      pair.a.machine.send(pair.now, { stream: 0, ppid: 51, payload: pattern(100, 1) });
      pair.b.machine.send(pair.now, { stream: 0, ppid: 51, payload: pattern(100, 2) });
      pair.run(pair.now + 5_000);
      assert.equal(messagesOf(pair.a).length, 1);
      assert.equal(messagesOf(pair.b).length, 1);
    }
  });
}

test('who waits for the peer to begin answers it, and begins when it does not', () => {
  for (const peerBegins of [true, false]) {
    const pair = new SctpPair({ delayMs: 10 });
    pair.a.machine.connect(0, 30);
    if (peerBegins) pair.b.machine.connect(0);
    pair.run(200);
    assert.equal(pair.a.machine.state, 'established');
    assert.equal(pair.b.machine.state, 'established');
    // INIT, INIT ACK, COOKIE ECHO, COOKIE ACK: once.
    assert.equal(pair.packets, 4);
  }
});

test('gives up a peer that never answers', () => {
  const pair = new SctpPair({ drop: () => true });
  pair.a.machine.connect(0);
  pair.run(300_000);
  const [last] = pair.a.events;
  assert.equal(last?.type === 'closed' && last.error?.code, 'SCTP_CONNECT_TIMEOUT');
  assert.equal(pair.a.machine.nextTimeout(), Number.POSITIVE_INFINITY);
});

for (const interleaving of [true, false]) {
  const kind = interleaving ? 'I-DATA' : 'DATA';
  const both = { a: { interleaving }, b: { interleaving } };

  test(`${kind}: messages of every size arrive whole and in order`, () => {
    const pair = new SctpPair(both).connect();
    const sizes = [1, 2, 3, 4, 1000, 1147, 1148, 1163, 1164, 1191, 5000, 65_536, 262_144];
    for (const [i, size] of sizes.entries()) {
      pair.a.machine.send(pair.now, { stream: 3, ppid: 53, payload: pattern(size, i) });
    }
    pair.run(pair.now + 60_000);
    const got = messagesOf(pair.b);
    assert.deepEqual(
      got.map(({ payload }) => payload.length),
      sizes,
    );
    for (const [i, { payload, stream, ppid, unordered }] of got.entries()) {
      assert.deepEqual(payload, pattern(sizes[i] ?? 0, i));
      assert.deepEqual({ stream, ppid, unordered }, { stream: 3, ppid: 53, unordered: false });
    }
    assert.equal(pair.a.machine.bufferedBytes(3), 0);
    assert.ok(typesOf(pair.a).includes('buffer-drained'));
  });

  for (const lossFraction of [0.05, 0.3]) {
    test(`${kind}: exact bytes through ${lossFraction * 100} % loss and reordering, both ways`, () => {
      const pair = new SctpPair({ ...both, lossFraction, jitterMs: 15, seed: 7 }).connect();
      const count = 150;
      for (let i = 0; i < count; i++) {
        const payload = pattern(1 + ((i * 977) % 9000), i);
        pair.a.machine.send(pair.now, { stream: i % 5, ppid: i, payload, unordered: i % 3 === 0 });
        pair.b.machine.send(pair.now, { stream: i % 5, ppid: i, payload });
      }
      pair.run(pair.now + 900_000, () => messagesOf(pair.b).length + messagesOf(pair.a).length === 2 * count);
      for (const side of [pair.a, pair.b]) {
        const got = messagesOf(side);
        assert.equal(got.length, count);
        for (const { ppid, payload } of got)
          assert.deepEqual(payload, pattern(1 + ((ppid * 977) % 9000), ppid));
        for (let stream = 0; stream < 5; stream++) {
          const ordered = got
            .filter((one) => one.stream === stream && !one.unordered)
            .map(({ ppid }) => ppid);
          assert.deepEqual(
            ordered,
            ordered.toSorted((x, y) => x - y),
          );
        }
      }
    });
  }

  test(`${kind}: a message with a lifetime is given up, and the next one does not wait for it`, () => {
    let deaf = false;
    const pair = new SctpPair({ ...both, drop: (_n, _bytes, from) => deaf && from === 'a' }).connect();
    deaf = true;
    pair.a.machine.send(pair.now, { stream: 1, ppid: 1, payload: pattern(3000, 1), lifetimeMs: 200 });
    pair.run(pair.now + 250);
    deaf = false;
    pair.a.machine.send(pair.now, { stream: 1, ppid: 2, payload: pattern(10, 2) });
    pair.run(pair.now + 10_000);
    assert.deepEqual(
      messagesOf(pair.b).map(({ ppid }) => ppid),
      [2],
    );
    assert.equal(pair.a.machine.bufferedBytes(1), 0);
  });

  test(`${kind}: a message that may not be repeated is sent once`, () => {
    let deaf = false;
    const pair = new SctpPair({ ...both, drop: (_n, _bytes, from) => deaf && from === 'a' }).connect();
    for (const unordered of [false, true]) {
      deaf = true;
      pair.a.machine.send(pair.now, {
        stream: 2,
        ppid: 1,
        payload: pattern(50, 1),
        maxRetransmits: 0,
        unordered,
      });
      pair.run(pair.now + 5);
      deaf = false;
      pair.a.machine.send(pair.now, {
        stream: 2,
        ppid: 2,
        payload: pattern(50, 2),
        maxRetransmits: 0,
        unordered,
      });
      pair.run(pair.now + 20_000);
    }
    assert.deepEqual(
      messagesOf(pair.b).map(({ ppid }) => ppid),
      [2, 2],
    );
  });

  test(`${kind}: streams are reset once their data has left, and begin anew`, () => {
    const pair = new SctpPair({ ...both, lossFraction: 0.1, seed: 3 }).connect();
    for (let i = 0; i < 20; i++) {
      pair.a.machine.send(pair.now, { stream: 4, ppid: i, payload: pattern(4000, i) });
    }
    pair.a.machine.resetStreams(pair.now, [4]);
    pair.run(pair.now + 120_000);
    assert.equal(messagesOf(pair.b).length, 20);
    const reset = pair.b.events.findIndex(({ type }) => type === 'streams-reset-by-peer');
    assert.equal(reset, pair.b.events.findLastIndex(({ type }) => type === 'message') + 1);
    assert.ok(pair.a.events.some((event) => event.type === 'streams-reset' && !event.refused));
    pair.a.machine.send(pair.now, { stream: 4, ppid: 99, payload: pattern(10, 99) });
    pair.run(pair.now + 10_000);
    assert.equal(messagesOf(pair.b).at(-1)?.ppid, 99);
  });
}

test('ends agree on what both can: one without interleaving and zero checksum', () => {
  const pair = new SctpPair({
    b: { interleaving: false, zeroChecksum: false, inboundStreams: 10 },
  }).connect();
  const connected = pair.a.events[0];
  assert.equal(connected?.type === 'connected' && connected.outboundStreams, 10);
  assert.throws(
    () => pair.a.machine.send(pair.now, { stream: 10, ppid: 0, payload: pattern(1, 1) }),
    RangeError,
  );
  pair.a.machine.send(pair.now, { stream: 9, ppid: 0, payload: pattern(3000, 1) });
  pair.run(pair.now + 1_000);
  assert.equal(messagesOf(pair.b).length, 1);
});

test('shuts down after everything has arrived', () => {
  const pair = new SctpPair({ lossFraction: 0.2, seed: 11 }).connect();
  for (let i = 0; i < 30; i++)
    pair.a.machine.send(pair.now, { stream: 0, ppid: i, payload: pattern(2000, i) });
  pair.a.machine.shutdown(pair.now);
  pair.run(pair.now + 300_000);
  assert.equal(messagesOf(pair.b).length, 30);
  for (const side of [pair.a, pair.b]) {
    const last = side.events.at(-1);
    assert.ok(last?.type === 'closed' && last.error === undefined, JSON.stringify(last));
    assert.equal(side.machine.nextTimeout(), Number.POSITIVE_INFINITY);
  }
});

test('an abort ends both ends with its reason', () => {
  const pair = new SctpPair().connect();
  pair.a.machine.abort(pair.now, 'the page was closed');
  pair.run(pair.now + 100);
  const last = pair.b.events.at(-1);
  assert.match(
    (last?.type === 'closed' && last.error?.reason) || '',
    /user-initiated abort: the page was closed/,
  );
});

test('a peer that began anew is a restart, not a second association', () => {
  const pair = new SctpPair().connect();
  const fresh = new SctpPair({ seed: 9 }).a.machine;
  fresh.connect(0);
  // fresh -> INIT -> b -> INIT ACK -> fresh -> COOKIE ECHO -> b
  for (let round = 0; round < 2; round++) {
    for (let out = fresh.pollTransmit(); out; out = fresh.pollTransmit())
      pair.b.machine.handlePacket(pair.now, out);
    for (let out = pair.b.machine.pollTransmit(); out; out = pair.b.machine.pollTransmit())
      fresh.handlePacket(0, out);
  }
  assert.equal(fresh.state, 'established');
  assert.equal(pair.b.machine.pollEvent()?.type, 'restarted');
});

test('a silent peer is noticed by heartbeats', () => {
  let cut = false;
  const pair = new SctpPair({ drop: () => cut }).connect();
  pair.run(pair.now + 24 * 3_600_000);
  assert.equal(pair.a.machine.state, 'established');
  cut = true;
  pair.run(pair.now + 3_600_000);
  const last = pair.a.events.at(-1);
  assert.equal(last?.type === 'closed' && last.error?.code, 'SCTP_TOO_MANY_RETRIES');
});

test('equal seeds give equal packets', () => {
  const logs = [1, 2].map(() => {
    const log: string[] = [];
    const pair = new SctpPair({
      seed: 5,
      lossFraction: 0.2,
      jitterMs: 5,
      drop: (n, bytes, from) => log.push(`${n} ${from} ${bytes.join(',')}`) < 0,
    }).connect();
    for (let i = 0; i < 20; i++)
      pair.a.machine.send(pair.now, { stream: i, ppid: i, payload: pattern(3000, i) });
    pair.run(pair.now + 60_000);
    return log;
  });
  assert.ok((logs[0]?.length ?? 0) > 50);
  assert.deepEqual(logs[0], logs[1]);
});

test('a peer that drops every INIT with a parameter it does not know is met at the second attempt', () => {
  // a -> INIT (dropped), b -> INIT, a -> INIT ACK (dropped); T1; a -> INIT, and a plain one
  for (const who of ['a', 'both'] as const) {
    const pair = new SctpPair({ drop: (_n, bytes, from) => from === 'a' && hasNews(bytes) }).connect(who);
    assert.ok(pair.now < 1_000, `${pair.now} ms`);
    pair.a.machine.send(pair.now, { stream: 0, ppid: 51, payload: pattern(5_000, 1) });
    pair.run(pair.now + 1_000);
    assert.equal(messagesOf(pair.b).length, 1);
  }
});

/** Zero checksum, or a parameter of ours, in INIT or INIT ACK; not in a cookie. */
function hasNews(packet: Uint8Array): boolean {
  if (packet[12] !== 1 && packet[12] !== 2) return false;
  for (let at = 32; at + 4 <= packet.length; ) {
    const type = ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
    if (type === 0x8001 || type === 0xb1e0) return true;
    at += ((((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0)) + 3) & ~3;
  }
  return false;
}
