/** Names of the local network: messages, asking, answering. RFC 1035 §4, RFC 6762. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeHex, encodeUtf8, type Millis, SeededRandom } from '../../../src/base/index.ts';
import { decodeDns, encodeAnswer, encodeQuery, RecordType } from '../../../src/ice/mdns/dns-message.ts';
import { readName } from '../../../src/ice/mdns/dns-name.ts';
import { type MdnsEvent, MdnsNode } from '../../../src/ice/mdns/index.ts';

const NAME = '9b36eaac-bb2e-49bb-bb78-21c41c499900.local';
const PEER = { ip: '192.0.2.7', port: 5353 };

function transmits(node: MdnsNode): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let bytes = node.pollTransmit(); bytes; bytes = node.pollTransmit()) out.push(bytes);
  return out;
}

function events(node: MdnsNode): MdnsEvent[] {
  const out: MdnsEvent[] = [];
  for (let event = node.pollEvent(); event; event = node.pollEvent()) out.push(event);
  return out;
}

/** Plays a node until `end`; when it said something. */
function play(node: MdnsNode, end: Millis): Millis[] {
  const at: Millis[] = [];
  for (let now = 0; now <= end; now = node.nextTimeout()) {
    node.handleTimeout(now);
    for (const _ of transmits(node)) at.push(now);
  }
  return at;
}

test('a query asks for the addresses of both families, in the bytes of RFC 1035 §4', () => {
  const bytes = encodeQuery('pc.local');
  assert.deepEqual(
    bytes,
    decodeHex(
      '0000000000020000000000000270630' + '56c6f63616c0000010001' + '0270630' + '56c6f63616c00001c0001',
    ),
  );
  assert.deepEqual(decodeDns(bytes), {
    isResponse: false,
    questions: [
      { name: 'pc.local', type: RecordType.A },
      { name: 'pc.local', type: RecordType.AAAA },
    ],
    addresses: [],
  });
});

test('an answer names the addresses, and by NSEC that there are no others', () => {
  const bytes = encodeAnswer('pc.local', ['192.0.2.1', '2001:db8::1'], 120);
  assert.deepEqual(decodeDns(bytes)?.addresses, [
    { name: 'pc.local', ip: '192.0.2.1', ttlSeconds: 120 },
    { name: 'pc.local', ip: '2001:db8::1', ttlSeconds: 120 },
  ]);
  // RFC 4034 §4.1.2: window 0, four bytes, types 1 and 28.
  assert.deepEqual(bytes.subarray(-6), decodeHex('000440000008'));
});

test('names that point back are read; those that point forward, at themselves or in circles are not', () => {
  // 0: "local", 7: "pc" and a pointer to 0, 12: a pointer to itself, 14: a pointer forward.
  const bytes = Uint8Array.of(
    5,
    ...encodeUtf8('LOCAL'),
    0,
    2,
    ...encodeUtf8('pc'),
    0xc0,
    0,
    0xc0,
    12,
    0xc0,
    20,
  );
  assert.deepEqual(readName(bytes, 7), { name: 'pc.local', end: 12 });
  assert.equal(readName(bytes, 12), undefined);
  assert.equal(readName(bytes, 14), undefined);
  assert.equal(readName(Uint8Array.of(0xc0), 0), undefined);
  assert.equal(readName(Uint8Array.of(3, 1), 0), undefined);
  const long = new Uint8Array(300).fill(1);
  assert.equal(readName(long, 0), undefined, 'more than 255 bytes');
});

test('asks at 0, 1 and 3 seconds, and gives up', () => {
  const node = new MdnsNode();
  node.resolve(0, NAME);
  assert.deepEqual(play(node, 10_000), [0, 1000, 3000]);
  assert.deepEqual(events(node), [{ type: 'unresolved', name: NAME }]);
  assert.equal(node.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('one finds what the other announces, whatever the case; the second time without asking', () => {
  const [here, there] = [new MdnsNode(), new MdnsNode()];
  there.announce(0, NAME, ['192.168.1.7']);
  assert.deepEqual(play(there, 5000), [0, 1000]);
  here.resolve(10_000, NAME.toUpperCase());
  for (const query of transmits(here)) there.handleDatagram(10_000, PEER, query);
  for (const answer of transmits(there)) here.handleDatagram(10_010, PEER, answer);
  assert.deepEqual(events(here), [{ type: 'resolved', name: NAME, ips: ['192.168.1.7'] }]);
  here.resolve(60_000, NAME);
  assert.deepEqual(events(here), [{ type: 'resolved', name: NAME, ips: ['192.168.1.7'] }]);
  assert.deepEqual(transmits(here), []);
  here.resolve(131_000, NAME);
  assert.equal(transmits(here).length, 1, 'two minutes later it has to ask again');
});

test('a name that is withdrawn is forgotten by those who knew it', () => {
  const [here, there] = [new MdnsNode(), new MdnsNode()];
  here.resolve(0, NAME);
  transmits(here);
  there.announce(0, NAME, ['192.168.1.7']);
  for (const answer of transmits(there)) here.handleDatagram(0, PEER, answer);
  assert.equal(events(here).length, 1);
  there.withdraw(500, NAME);
  for (const answer of transmits(there)) here.handleDatagram(500, PEER, answer);
  here.resolve(1000, NAME);
  assert.equal(transmits(here).length, 1);
  there.handleDatagram(2000, PEER, encodeQuery(NAME));
  assert.deepEqual(transmits(there), []);
});

test('answers once a second, and not to who says that it knows (RFC 6762 §6, §7.1)', () => {
  const node = new MdnsNode();
  node.announce(0, NAME, ['192.168.1.7']);
  play(node, 5000);
  node.handleDatagram(10_000, PEER, encodeQuery(NAME));
  node.handleDatagram(10_500, PEER, encodeQuery(NAME));
  assert.equal(transmits(node).length, 1);
  node.handleDatagram(11_500, PEER, encodeQuery(NAME));
  assert.equal(transmits(node).length, 1);
  node.handleDatagram(20_000, PEER, encodeQuery('someone-else.local'));
  assert.deepEqual(transmits(node), []);
});

test('answers from another port than 5353 are none', () => {
  const node = new MdnsNode();
  node.resolve(0, NAME);
  node.handleDatagram(0, { ip: '192.0.2.7', port: 40_000 }, encodeAnswer(NAME, ['192.0.2.66'], 120));
  assert.deepEqual(events(node), []);
});

test('what nobody asked for is not remembered', () => {
  const node = new MdnsNode();
  for (let i = 0; i < 1000; i++) {
    node.handleDatagram(0, PEER, encodeAnswer(`host-${i}.local`, ['192.0.2.1'], 120));
  }
  node.resolve(1, 'host-1.local');
  assert.equal(transmits(node).length, 1);
});

test('finds its own names without asking, and says goodbye for all of them at the end', () => {
  const node = new MdnsNode();
  node.announce(0, NAME, ['192.168.1.7']);
  node.announce(0, 'b.local', ['192.168.1.7']);
  transmits(node);
  node.resolve(1, NAME);
  assert.deepEqual(events(node), [{ type: 'resolved', name: NAME, ips: ['192.168.1.7'] }]);
  node.close(2);
  const goodbyes = transmits(node).map((bytes) => decodeDns(bytes)?.addresses[0]?.ttlSeconds);
  assert.deepEqual(goodbyes, [0, 0]);
  assert.equal(node.nextTimeout(), Number.POSITIVE_INFINITY);
  node.resolve(3, NAME);
  assert.deepEqual(events(node), []);
});

test('is bounded: names of its own, questions at one time', () => {
  const node = new MdnsNode();
  for (let i = 0; i < 4096; i++) assert.ok(node.announce(0, `${i}.local`, ['192.0.2.1']));
  assert.equal(node.announce(0, 'more.local', ['192.0.2.1']), false);
  transmits(node);
  for (let i = 0; i < 300; i++) node.resolve(0, `other-${i}.local`);
  assert.equal(events(node).filter(({ type }) => type === 'unresolved').length, 44);
});

test('round trip of any names and addresses', () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  const ip = fc.constantFrom('192.0.2.1', '10.1.2.3', '2001:db8::7', 'fe80::1');
  fc.assert(
    fc.property(
      fc.array(label, { minLength: 1, maxLength: 6 }),
      fc.array(ip, { minLength: 1, maxLength: 4 }),
      (labels, ips) => {
        const name = labels.join('.');
        assert.deepEqual(
          decodeDns(encodeAnswer(name, ips, 60))?.addresses,
          ips.map((it) => ({ name, ip: it, ttlSeconds: 60 })),
        );
      },
    ),
  );
});

test('no bytes make it throw, and none make it talk for ever', () => {
  const random = new SeededRandom(6762);
  const node = new MdnsNode();
  node.announce(0, NAME, ['192.168.1.7', '2001:db8::7']);
  const seeds = [encodeQuery(NAME), encodeAnswer(NAME, ['192.0.2.1', '2001:db8::1'], 120)];
  let now = 0;
  for (let i = 0; i < 50_000; i++) {
    const seed = seeds[i % 2] ?? new Uint8Array(0);
    const bytes = seed.slice(0, random.uint32() % (seed.length + 1));
    for (let n = random.uint32() % 4; n > 0 && bytes.length > 0; n--) {
      bytes[random.uint32() % bytes.length] = random.uint32() & 0xff;
    }
    if (i % 100 === 0) node.resolve(now, NAME.replace('9', 'a'));
    node.handleDatagram(now, PEER, bytes);
    node.handleTimeout(now);
    assert.ok(transmits(node).length < 4);
    events(node);
    now += 7;
  }
});
