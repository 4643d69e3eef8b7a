/**
 * What has gone wrong in TURN servers before, second part: what comes out of a server, and what stays in it. The name in
 * front of each test is the number, or the release, under which it was fixed in coturn. First part: incidents.test.ts.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SeededRandom } from '../../../src/base/index.ts';
import { nodeRandom } from '../../../src/node/index.ts';
import { MessageClass, MessageWriter, StunAttribute, StunMethod } from '../../../src/stun/index.ts';
import {
  DEFAULT_LIMITS,
  LocalQuotaLedger,
  legId,
  TOTAL_QUOTA,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import { DtlsCrowd } from '../../support/dtls/crowd.ts';
import {
  all,
  codeOf,
  DEFAULT_OPTIONS,
  type Fill,
  RawClient,
  relayedOf,
  SERVER,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9000 };

// ── What comes out ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Every byte of padding in a message. */
function paddingOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const padding: number[] = [];
  for (let at = 20; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getUint16(at + 2);
    at = end + (-(end - at) & 3);
    padding.push(...bytes.subarray(end, at));
  }
  return padding;
}

test('CVE-2020-4067, padding with other users’ bytes: zero in whatever is sent, and answers share no memory', () => {
  const lab = new TurnLab({ realm: 'x.test', software: 'seven b' });
  const secret = new RawClient(lab, CLIENT);
  const outs: Uint8Array[] = [];
  const note = (): void => {
    for (const { bytes } of lab.toClients) outs.push(bytes);
    lab.toClients.length = 0;
  };
  for (const [i, username] of ['alice', 'bob'].entries()) {
    const client = new RawClient(
      lab,
      { ...CLIENT, port: 41_000 + i },
      username,
      username === 'alice' ? 'wonder' : 'builder',
    );
    client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested));
    note();
    secret.send(PEER, new Uint8Array(33).fill(0xaa));
    const realm: Fill = (writer) => writer.text(StunAttribute.REALM, 'x.test');
    client.exchange(
      client.bare(
        TurnMethod.REFRESH,
        all(realm, (writer) => writer.attribute(0x7777, new Uint8Array(3).fill(0xbb))),
      ),
    );
    note();
  }
  for (const transport of ['udp', 'tcp'] as const) {
    const own = new TurnLab();
    const client = new RawClient(own, CLIENT, 'alice', 'wonder', transport);
    const relay = own.relayAt(client.allocate().port);
    client.permit(PEER.ip);
    client.bind(0x4000, PEER);
    for (let length = 0; length < 9; length++) {
      own.fromPeer(relay, { ...PEER, port: 1 }, new Uint8Array(length).fill(0xcc));
      own.fromPeer(relay, PEER, new Uint8Array(length).fill(0xcc));
    }
    for (const { bytes } of own.toClients) {
      if (((bytes[0] ?? 0) & 0xc0) !== 0x40) outs.push(bytes);
      else {
        const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(2);
        assert.equal(bytes.length, 4 + (transport === 'tcp' ? (length + 3) & ~3 : length));
        assert.ok(
          bytes.subarray(4 + length).every((byte) => byte === 0),
          'ChannelData is padded with zeros',
        );
      }
    }
  }
  const padding = outs.flatMap(paddingOf);
  assert.ok(padding.length > 30);
  assert.ok(padding.every((byte) => byte === 0));
  assert.equal(new Set(outs.map(({ buffer }) => buffer)).size, outs.length, 'each has bytes of its own');
});

test('CVE-2025-69217, ports and nonces from a weak generator: every draw is the strong generator’s', () => {
  // Nothing of what was seen tells what comes: two servers alike but for their random bytes agree in nothing.
  const ports = (seed: number): number[] => {
    const lab = new TurnLab({}, seed);
    return Array.from(
      { length: 50 },
      (_, i) => new RawClient(lab, { ...CLIENT, port: 1000 + i }).allocate().port,
    );
  };
  const [first, second] = [ports(1), ports(2)];
  assert.ok(first.filter((port, i) => port === second[i]).length < 5);
  const steps = new Set(first.slice(1).map((port, i) => port - (first[i] ?? 0)));
  assert.ok(steps.size > 40, 'no fixed step');
  assert.deepEqual(first, ports(1), 'and no other chance is in it');
  // What that generator is in production: as many different values as were drawn.
  const drawn = new Set(Array.from({ length: 20_000 }, () => nodeRandom.uint32()));
  assert.ok(drawn.size > 19_990);
  const ones = [...nodeRandom.bytes(20_000)].reduce(
    (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
    0,
  );
  assert.ok(Math.abs(ones - 80_000) < 1500, `${ones} of 160,000 bits are set`);
});

test('coturn #1588 and others, an amplifier for whoever forges a source: what strangers hear is short', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const binding = client.bare(StunMethod.BINDING);
  client.exchange(binding);
  assert.ok((lab.toClients[0]?.bytes.length ?? 0) <= 32, 'Binding: 32 bytes for 20');
  const allocate = client.bare(TurnMethod.ALLOCATE, udpRequested);
  client.exchange(allocate);
  const factor = (lab.toClients[0]?.bytes.length ?? 0) / allocate.length;
  assert.ok(factor < 5, `401: ${factor} times the bytes of the request`);
});

// ── What stays ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Everything that the machine holds for anybody. */
function held(lab: TurnLab): Record<string, number> {
  const { allocations, relays, rememberedAnswers, connections } = lab.server.statistics;
  return { allocations, relays, rememberedAnswers, connections, sockets: lab.sockets.size };
}

test('coturn #1999 and #780, state for every spoofed packet: a flood of Allocate and Binding leaves nothing', () => {
  const lab = new TurnLab({ mobility: true, tcpRelay: true, wantCredentials: true });
  const sample = new RawClient(lab, CLIENT, 'alice', 'not the password').challenge();
  const flood = [
    sample.bare(StunMethod.BINDING),
    sample.bare(TurnMethod.ALLOCATE, udpRequested),
    sample.signed(TurnMethod.ALLOCATE, udpRequested),
    sample.signed(TurnMethod.REFRESH),
    new MessageWriter(TurnMethod.SEND, MessageClass.INDICATION, sample.nextId())
      .xorAddress(0x12, PEER)
      .finish(),
  ];
  const before = held(lab);
  let answers = 0;
  for (let i = 0; i < 50_000; i++) {
    const client = { ip: `198.${18 + (i & 1)}.${(i >> 8) & 255}.${i & 255}`, port: 1024 + (i % 60_000) };
    lab.fromClient(
      { id: legId(i + 10), transport: 'udp', client, server: SERVER },
      flood[i % flood.length] ?? flood[0] ?? new Uint8Array(0),
    );
    answers += lab.toClients.length;
    for (const list of [lab.toClients, lab.toPeers, lab.events]) list.length = 0;
  }
  assert.deepEqual(held(lab), before);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY, 'not even a timer');
  assert.ok(answers > 0);
  // One source at a time is answered at its rate, and then no more.
  const { burst } = DEFAULT_LIMITS.unauthenticatedAnswers;
  let heard = 0;
  for (let i = 0; i < 5000; i++) {
    const client = { ip: '198.51.100.200', port: 1024 + i };
    lab.fromClient(
      { id: legId(i + 100_000), transport: 'udp', client, server: SERVER },
      flood[0] ?? new Uint8Array(0),
    );
    heard += lab.toClients.length;
    lab.toClients.length = 0;
  }
  assert.equal(heard, burst);
});

test('4.17, EVEN-PORT without R leaked a port each time: a thousand times, and all ports are there', () => {
  const ledger = new LocalQuotaLedger();
  const ports = { min: 50_000, max: 50_019 };
  const lab = new TurnLab({ relayPorts: ports, quotaLedger: ledger });
  const evenPort =
    (flags: number): Fill =>
    (writer) =>
      writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(flags));
  for (let i = 0; i < 1000; i++) {
    const client = new RawClient(lab, { ...CLIENT, port: 1000 + i });
    const relayed = client.allocate(evenPort(0));
    assert.equal(relayed.port % 2, 0);
    assert.equal(client.refresh(0), 0);
    lab.wait(1000);
  }
  // With R the next port is held for its 30 s, and goes then.
  const reserver = new RawClient(lab, CLIENT);
  reserver.allocate(evenPort(0x80));
  assert.equal(reserver.refresh(0), 0);
  lab.wait(31_000);
  for (let i = 0; i < 20; i++) new RawClient(lab, { ...CLIENT, port: 5000 + i }).allocate();
  assert.equal(lab.server.statistics.relays, 20, 'every port of the range');
  lab.wait(4_000_000);
  assert.ok(ledger.mayHold(TOTAL_QUOTA, 1000, 1000), 'and no quota is held for anybody');
});

const wantsTicket: Fill = (writer) => writer.flag(TurnAttribute.MOBILITY_TICKET);

test('4.16, a flood of mobility resumes orphaned sessions: one allocation, and it can still be ended', () => {
  const ledger = new LocalQuotaLedger();
  const lab = new TurnLab({ mobility: true, quotaLedger: ledger });
  const home = new RawClient(lab, CLIENT);
  const answer = home.request(TurnMethod.ALLOCATE, all(udpRequested, wantsTicket));
  const relayed = relayedOf(answer);
  let ticket = answer.get(TurnAttribute.MOBILITY_TICKET)?.slice() ?? new Uint8Array(0);
  const first = ticket;
  let last = home;
  for (let i = 0; i < 2000; i++) {
    const elsewhere = new RawClient(lab, { ...CLIENT, port: 1000 + i });
    const worn = i % 3 === 0 ? first : ticket;
    const resumed = elsewhere.request(TurnMethod.REFRESH, (writer) =>
      writer.attribute(TurnAttribute.MOBILITY_TICKET, worn),
    );
    const fresh = resumed.get(TurnAttribute.MOBILITY_TICKET)?.slice();
    if (codeOf(resumed) === 0 && fresh) {
      [ticket, last] = [fresh, elsewhere];
    }
    assert.equal(lab.server.statistics.allocations, 1);
    assert.equal(lab.server.statistics.relays, 1);
    lab.events.length = 0;
    lab.wait(11); // each of them was challenged first, and there are 100 answers a second for one address
  }
  assert.deepEqual(
    [...lab.sockets.values()].map(({ port }) => port),
    [relayed.port],
  );
  assert.equal(last.refresh(0), 0);
  assert.deepEqual(
    { ...held(lab), rememberedAnswers: 0 },
    { allocations: 0, relays: 0, rememberedAnswers: 0, connections: 0, sockets: 0 },
  );
  assert.ok(ledger.mayHold(TOTAL_QUOTA, 1000, 1000));
});

test('4.17, mobility over TCP gave the quota back while the allocation lived on: it counts until the end', () => {
  const quotas = { perUser: 3, total: 3 };
  const ledger = new LocalQuotaLedger();
  const lab = new TurnLab({ mobility: true, quotas, quotaLedger: ledger });
  // Whoever could begin anew each time would hold as many ports as there are.
  const codes: number[] = [];
  for (let i = 0; i < 20; i++) {
    const client = new RawClient(lab, { ...CLIENT, port: 1000 + i }, 'alice', 'wonder', 'tcp');
    codes.push(codeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, wantsTicket))));
    lab.server.handleLegClosed(lab.now, client.leg);
    lab.drain();
  }
  assert.deepEqual(codes, [0, 0, 0, ...new Array<number>(17).fill(486)]);
  assert.equal(lab.sockets.size, 3);
  lab.wait(700_000);
  assert.equal(lab.sockets.size, 0);
  assert.ok(ledger.mayHold(TOTAL_QUOTA, 3, 3));
});

test('coturn #1932, permissions without end in one allocation: bounded, and the allocation goes on', () => {
  const lab = new TurnLab({ limits: { peersPerAllocation: 50 } });
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  const random = new SeededRandom(1);
  const codes = new Set<number>();
  for (let i = 0; i < 500; i++) codes.add(client.permit(`192.0.${random.uint32() % 2 ? 2 : 1}.${i % 256}`));
  assert.deepEqual([...codes].sort(), [0, 508]);
  assert.equal(client.refresh(), 0);
});

test('GHSA-5x2p-4vqj-f6m4, DTLS state before the cookie: a flood of hellos leaves no handshake behind', () => {
  const crowd = new DtlsCrowd();
  crowd.join({ ip: '192.0.2.1', port: 1000 });
  const hello = crowd.sent[0]?.bytes;
  assert.ok(hello);
  for (let i = 0; i < 5000; i++) {
    crowd.server.handleDatagram(0, { ip: `198.51.100.${i % 250}`, port: 1 + i }, hello.slice());
    while (crowd.server.pollTransmit());
  }
  const { connections, handshakes } = crowd.server.statistics;
  assert.deepEqual({ connections, handshakes }, { connections: 0, handshakes: 0 });
});

test('CVE-2018-4056 and -4059, an admin with SQL and with an empty password: no password is empty, no name gets in by itself', () => {
  assert.throws(() => new TurnLab({ users: [{ username: 'admin', password: '' }] }), {
    code: 'TURN_USER_INVALID',
  });
  assert.throws(() => new TurnLab({ users: [{ username: '', password: 'x' }] }), {
    code: 'TURN_USER_INVALID',
  });
  const open = new TurnLab({ ...DEFAULT_OPTIONS, users: [], restSecrets: [] });
  for (const [name, password] of [
    ['', ''],
    ['admin', ''],
    ['admin', 'admin'],
    ['alice', 'wonder'],
  ] as const) {
    const client = new RawClient(open, CLIENT, name, password).challenge();
    assert.notEqual(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 0, name);
  }
  assert.equal(open.server.statistics.allocations, 0);
});
