/**
 * What has gone wrong in TURN servers before: each publicly known incident of coturn as a test that would have caught
 * its cause. The name in front of each test is the number, or the release, under which it was fixed there. Here: peers,
 * and bytes that lie. What comes out of a server and what stays in it: incidents-state.test.ts.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  concatBytes,
  encodeUtf8,
  inRange,
  parseIp,
  parseIpRange,
  type SocketAddress,
} from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  encodeXorAddress,
  StreamFramer,
  StunAttribute,
  verifyIntegrity,
} from '../../../src/stun/index.ts';
import {
  encodeChannelData,
  openAccessToken,
  sealAccessToken,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import { append } from '../../support/turn/append.ts';
import {
  all,
  channel,
  codeOf,
  type Fill,
  lifetime,
  peers,
  RawClient,
  REALM,
  SERVER,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9000 };

// ── Peers that a relay must not reach ──────────────────────────────────────────────────────────────────────────────────

/** Address → why nobody may relay there. Every IPv6 form that carries an IPv4 address counts as that address. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'CVE-2020-26262, unspecified and loopback past a test for 127/8': [
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '::1',
    '127.0.0.1',
    '127.9.9.9',
  ],
  'CVE-2026-27624, IPv4-mapped before the list was asked': [
    '::ffff:127.0.0.1',
    '::ffff:0.0.0.0',
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
  ],
  '4.13, the same again by the order of tests': ['::127.0.0.1', '::ffff:0:127.0.0.1', '::ffff:7f00:1'],
  'other dresses of an IPv4 address: NAT64, 6to4, Teredo, ISATAP': [
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::1',
    '2002:c0a8:101::1',
    '2001:0:0:0:0:0:80ff:fffe', // Teredo holds it inverted
    '2001:0:4136:e378:8000:63bf:3f57:fefe', // 192.168.1.1
    '2a00:1450::5efe:127.0.0.1',
    '2a00:1450::200:5efe:10.0.0.1',
  ],
  'CVE-2018-4058, loopback relays by default; Slack 2020, the network behind the relay': [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.3.1',
    '100.64.0.1',
    '169.254.169.254',
    'fe80::1',
    'fd00::1',
    'fec0::1',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
  ],
};

function to(peer: SocketAddress): Fill {
  return (writer) => writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
}

for (const [incident, ips] of Object.entries(FORBIDDEN)) {
  test(`${incident}: refused in CreatePermission, ChannelBind, Connect, and unheard in Send`, () => {
    for (const ip of ips) {
      const lab = new TurnLab({ tcpRelay: true });
      const client = new RawClient(lab, CLIENT);
      const stream = new RawClient(lab, CLIENT, 'bob', 'builder', 'tcp');
      const family = ip.includes(':') ? 2 : 1;
      const wanted: Fill = (writer) =>
        writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, Uint8Array.of(family, 0, 0, 0));
      const overTcp: Fill = (writer) =>
        writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(6, 0, 0, 0));
      const relayed = client.allocate(wanted);
      assert.equal(codeOf(stream.request(TurnMethod.ALLOCATE, all(overTcp, wanted))), 0);

      assert.equal(client.permit(ip), 403, ip);
      assert.equal(
        client.permit(family === 1 ? PEER.ip : '2a00:1450::9', ip),
        403,
        `${ip} behind a good one`,
      );
      assert.equal(client.bind(0x4000, { ip, port: 80 }), 403, ip);
      assert.equal(codeOf(stream.request(TurnMethod.CONNECT, to({ ip, port: 80 }))), 403, ip);
      client.send({ ip, port: 80 }, Uint8Array.of(1));
      assert.deepEqual(lab.toPeers, [], ip);
      assert.deepEqual(
        lab.events.filter(({ type }) => type === 'connect-peer'),
        [],
        ip,
      );
      // And nothing of it comes in: a refused request leaves no permission behind.
      lab.toClients.length = 0;
      lab.fromPeer(lab.relayAt(relayed.port, family === 1 ? 4 : 6), { ip, port: 80 }, Uint8Array.of(1));
      assert.deepEqual(lab.toClients, [], ip);
    }
  });
}

test('coturn #1946, relaying to the server’s own services: refused at every address and port that it listens on', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  assert.equal(client.bind(0x4000, SERVER), 403);
  client.permit(SERVER.ip);
  client.send(SERVER, Uint8Array.of(1));
  assert.deepEqual(lab.toPeers, []);
});

test('4.16, denied IPv6 ranges that denied too little: a range is a prefix, whatever its length', () => {
  // By whole numbers, as the definition has it: both without their last bits are equal.
  const asNumber = (ip: Uint8Array): bigint => ip.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const ip = (bytes: Uint8Array): string =>
    Array.from({ length: 8 }, (_, i) =>
      (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
    ).join(':');
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(address, address, fc.nat(128), fc.nat(128), (base, other, bits, shared) => {
      // Half of the time they are made to agree in their first bits, or nothing would ever lie inside.
      const near = other.map((byte, i) => {
        const keep = Math.min(8, Math.max(0, shared - 8 * i));
        const mask = (0xff << (8 - keep)) & 0xff;
        return ((base[i] ?? 0) & mask) | (byte & ~mask & 0xff);
      });
      const range = parseIpRange(`${ip(base)}/${bits}`);
      assert.ok(range);
      const shift = BigInt(128 - bits);
      assert.equal(inRange(range, near), asNumber(base) >> shift === asNumber(near) >> shift);
    }),
    { numRuns: 2000 },
  );
  // The byte-wise box would let this one out: its second group is larger, its third smaller than the range's.
  const range = parseIpRange('2001:db8:0:8000::/49');
  assert.ok(range);
  assert.equal(inRange(range, parseIp('2001:db8:0:ffff::1') ?? new Uint8Array(0)), true);
  assert.equal(inRange(range, parseIp('2001:db8:1::1') ?? new Uint8Array(0)), false);
});

// ── Bytes that lie ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('CVE-2026-40613, an unaligned read that killed the server: every message reads the same at every offset', () => {
  const client = new RawClient(new TurnLab(), CLIENT).challenge();
  const messages = [
    client.signed(TurnMethod.ALLOCATE, all(udpRequested, lifetime(900))),
    client.signed(TurnMethod.CHANNEL_BIND, channel(0x4001, PEER)),
    client.signed(TurnMethod.CREATE_PERMISSION, peers('2001:db8::9', '192.0.2.9')),
    encodeChannelData(0x4001, Uint8Array.of(1, 2, 3), false),
  ];
  for (const message of messages) {
    const expected = decodeMessage(message)?.attributes();
    for (let offset = 0; offset < 16; offset++) {
      const view = concatBytes(new Uint8Array(offset).fill(0xff), message).subarray(offset);
      const decoded = decodeMessage(view);
      assert.deepEqual(decoded?.attributes(), expected, `offset ${offset}`);
      if (decoded) assert.ok(verifyIntegrity(nodeCrypto, decoded, client.key));
    }
  }
});

test('4.15, attributes behind MESSAGE-INTEGRITY were honoured: somebody on the way cannot add a peer', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  const victim = { ip: '198.51.100.77', port: 80 };
  const request = client.signed(TurnMethod.CREATE_PERMISSION, peers(PEER.ip));
  const id = request.slice(8, 20);
  const longer = append(request, TurnAttribute.XOR_PEER_ADDRESS, encodeXorAddress(victim, id));
  assert.equal(codeOf(client.exchange(longer)), 0, 'the request itself is good');
  client.send(victim, Uint8Array.of(1));
  client.send(PEER, Uint8Array.of(2));
  assert.deepEqual(
    lab.toPeers.map((out) => out.to),
    [PEER],
  );
});

test('CVE-2026-43994, the nonce length of an OAuth token used before it was checked: lies are refused, at every length', () => {
  const key = new Uint8Array(32).fill(1);
  const lab = new TurnLab({ oauthKeys: [{ kid: 'north', key }] });
  const aead = nodeCrypto.createAead('aes-256-gcm', key);
  const good = sealAccessToken(aead, new Uint8Array(12), REALM, {
    macKey: new Uint8Array(20).fill(2),
    issuedAt: 1_750_000_000_000,
    lifetimeSeconds: 3600,
  });
  assert.ok(openAccessToken(aead, REALM, good));
  const client = new RawClient(lab, CLIENT, 'north', 'x').challenge();
  for (const claimed of [0, 1, 11, 13, 16, 255, 256, 700, 735, 0x7fff, 0xffff]) {
    for (const length of [2, 14, good.length, 735, 1200]) {
      const token = concatBytes(good, new Uint8Array(1200)).slice(0, length);
      new DataView(token.buffer).setUint16(0, claimed);
      assert.equal(openAccessToken(aead, REALM, token), undefined);
      const bring: Fill = (writer) => writer.attribute(StunAttribute.ACCESS_TOKEN, token);
      assert.equal(
        codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, all(udpRequested, bring)))),
        401,
      );
    }
  }
  assert.equal(lab.server.statistics.allocations, 0);
});

test('CVE-2020-6061 and -6062, a parser of HTTP on the TURN port: there is none; requests are data of no channel, or an end', () => {
  const body = 'x'.repeat(100_000);
  for (const head of [
    'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    'GET /\r\n',
    'CONNECT x:1 HTTP/1.1\r\n\r\n',
    '\r\n',
  ]) {
    const lab = new TurnLab();
    const client = new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp');
    const framer = new StreamFramer();
    for (let at = 0; at < body.length; at += 1000) {
      framer.push(encodeUtf8(at === 0 ? head + body.slice(0, 1000) : body.slice(0, 1000)));
      for (let frame = framer.next(); frame; frame = framer.next()) lab.fromClient(client.leg, frame);
      assert.ok(framer.bufferedBytes <= 65_540);
    }
    assert.deepEqual(lab.toClients, [], head);
    assert.equal(lab.server.statistics.relayedPackets, 0, head);
  }
});

test('GHSA-4g7c-p5wg-j4hp and GHSA-v8hj-2xx7-xmp5, names as printf formats and as SQL: a name is nothing but a name', () => {
  const names = [
    '%n%n%s%p%x',
    "' OR 1=1; DROP TABLE users; --",
    '"; rm -rf / #',
    '../../etc/passwd',
    '{{constructor}}',
    '__proto__',
    'constructor',
  ];
  for (const name of names) {
    const stranger = new RawClient(new TurnLab(), CLIENT, name, 'x').challenge();
    assert.equal(codeOf(stranger.exchange(stranger.signed(TurnMethod.ALLOCATE, udpRequested))), 401, name);

    const lab = new TurnLab({ users: [{ username: name, password: '%s' }] });
    const user = new RawClient(lab, CLIENT, name, '%s');
    user.allocate();
    const created = lab.events.find((event) => event.type === 'allocation-created');
    assert.equal(created?.username, name, 'it is told as it came');
    assert.equal(lab.server.kick(lab.now, { username: name }), 1);
  }
  for (const realm of ['%s%n', "'; --"]) {
    const lab = new TurnLab({ realm });
    const client = new RawClient(lab, CLIENT);
    const answer = client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested));
    assert.deepEqual(answer?.get(StunAttribute.REALM), encodeUtf8(realm));
  }
});
