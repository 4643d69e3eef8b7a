/** Which peers may be reached. The cases are the incidents of other TURN servers, and what cloud machines hide. RFC 8656 §21.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatIp, parseIpRange } from '../../../src/base/index.ts';
import { PeerPolicy, type PeerPolicyOptions } from '../../../src/turn/index.ts';

function policy(options: Partial<PeerPolicyOptions> = {}): PeerPolicy {
  return new PeerPolicy({
    loopback: false,
    private: 'auto',
    serverHasPublicAddress: true,
    ownServices: [],
    ...options,
  });
}

/** All that a most permissive operator can allow. */
const WIDE = policy({ loopback: true, private: 'allow' });
const DEFAULT_PUBLIC = policy();

const ALWAYS_REFUSED = [
  ['0.0.0.0', 'unspecified', 'CVE-2020-26262: 0.0.0.0 reaches the machine itself'],
  ['0.1.2.3', 'unspecified', 'all of 0.0.0.0/8'],
  ['::', 'unspecified', 'CVE-2020-26262'],
  ['::ffff:0.0.0.0', 'unspecified', 'the mapped form of the same'],
  ['::2', 'unspecified', '::/96 carries 0.0.0.2'],
  ['169.254.1.1', 'link-local', ''],
  ['fe80::1', 'link-local', ''],
  ['febf::1', 'link-local', 'the end of fe80::/10'],
  ['::ffff:169.254.1.1', 'link-local', ''],
  ['169.254.169.254', 'metadata', 'cloud credentials'],
  ['::ffff:169.254.169.254', 'metadata', ''],
  ['64:ff9b::a9fe:a9fe', 'metadata', 'through NAT64'],
  ['2002:a9fe:a9fe::1', 'metadata', 'through 6to4'],
  ['fd00:ec2::254', 'metadata', 'AWS, although private ranges are allowed'],
  ['fd20:ce::254', 'metadata', 'Google'],
  ['168.63.129.16', 'metadata', 'Azure, on a public address'],
  ['100.100.100.200', 'metadata', 'Alibaba, in the CGNAT range'],
  ['192.0.0.192', 'metadata', 'Oracle'],
  ['224.0.0.1', 'multicast', ''],
  ['239.255.255.250', 'multicast', ''],
  ['ff02::1', 'multicast', ''],
  ['::ffff:224.0.0.1', 'multicast', ''],
  ['255.255.255.255', 'reserved', 'broadcast'],
  ['240.0.0.1', 'reserved', ''],
  ['100::1', 'reserved', ''],
  ['localhost', 'not-an-address', ''],
] as const;

for (const [ip, refusal, why] of ALWAYS_REFUSED) {
  test(`${ip} is refused whatever is allowed${why && ` (${why})`}`, () => {
    assert.equal(WIDE.refusalOfIp(ip), refusal);
    assert.equal(DEFAULT_PUBLIC.refusalOfIp(ip), refusal);
  });
}

const LOOPBACK = [
  ['127.0.0.1', ''],
  ['127.255.255.254', 'all of 127.0.0.0/8'],
  ['::1', 'CVE-2020-26262'],
  ['::ffff:127.0.0.1', 'CVE-2026-27624: mapped, not reduced before the check'],
  ['::ffff:7f00:1', 'the same in hexadecimal'],
  ['::127.0.0.1', 'compatible'],
  ['::ffff:0:127.0.0.1', 'translated'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b:1::7f00:1', 'NAT64, local prefix'],
  ['2002:7f00:1::', '6to4'],
  ['2001:0:4136:e378:8000:63bf:80ff:fffe', 'Teredo: the bits of 127.0.0.1 inverted'],
  ['2001:db8::5efe:7f00:1', 'ISATAP'],
  ['fe80::5efe:7f00:1', 'ISATAP, link-local'],
] as const;

for (const [ip, why] of LOOPBACK) {
  test(`${ip} is refused as this machine itself${why && ` (${why})`}`, () => {
    assert.ok(DEFAULT_PUBLIC.refusalOfIp(ip));
    assert.ok(policy({ private: 'allow' }).refusalOfIp(ip));
  });
}

test('loopback is reachable when the operator says so, in its plain and its mapped form', () => {
  for (const ip of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(policy({ loopback: true }).refusalOfIp(ip), undefined);
  }
});

const PRIVATE = [
  '10.0.0.0',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '198.18.0.1',
  '192.0.0.8',
  'fc00::1',
  'fdff:ffff::1',
  'fec0::1',
  '::ffff:10.0.0.1',
  '2002:c0a8:1::1',
  '64:ff9b::a00:1',
  '2001:0:4136:e378:8000:63bf:f5ff:fffe',
];

test('private ranges: auto refuses them with a public address and allows them without; allow and deny always', () => {
  for (const ip of PRIVATE) {
    assert.equal(DEFAULT_PUBLIC.refusalOfIp(ip), 'private', ip);
    assert.equal(policy({ serverHasPublicAddress: false }).refusalOfIp(ip), undefined, ip);
    assert.equal(policy({ private: 'allow' }).refusalOfIp(ip), undefined, ip);
    assert.equal(policy({ private: 'deny', serverHasPublicAddress: false }).refusalOfIp(ip), 'private', ip);
  }
});

test('the local translation prefix is refused whole by default, wherever in it the address stands', () => {
  assert.equal(DEFAULT_PUBLIC.refusalOfIp('64:ff9b:1:7f00:0:100::'), 'private');
  assert.equal(DEFAULT_PUBLIC.refusalOfIp('64:ff9b:1:0:7f:0:100:0'), 'private');
});

test('the open internet is reachable, right up to the borders of what is not', () => {
  const open = [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '223.255.255.255',
    '2001:4860:4860::8888',
    '2606:4700::1111',
    '2002:101:101::1',
    '64:ff9b::101:101',
    '::ffff:1.1.1.1',
    'fbff::1',
  ];
  for (const ip of open) assert.equal(DEFAULT_PUBLIC.refusalOfIp(ip), undefined, ip);
});

test('IPv6 ranges are compared as numbers, not byte by byte', () => {
  // Inside fe80::/10, with later bytes larger than those of the range's end when compared one by one.
  assert.equal(DEFAULT_PUBLIC.refusalOfIp('fe81:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), 'link-local');
  assert.equal(DEFAULT_PUBLIC.refusalOfIp('fc01:0:0:0:ffff::'), 'private');
});

test('whatever IPv4 address is refused is refused in every IPv6 form of it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (v4) => {
      const plain = DEFAULT_PUBLIC.refusalOfIp(formatIp(v4));
      if (!plain) return;
      const [a = 0, b = 0, c = 0, d = 0] = v4;
      const hex = (x: number, y: number) => ((x << 8) | y).toString(16);
      const tail = `${hex(a, b)}:${hex(c, d)}`;
      const inverted = `${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`;
      for (const form of [
        `::ffff:${tail}`,
        `::ffff:0:${tail}`,
        `64:ff9b::${tail}`,
        `64:ff9b:1::${tail}`,
        `2002:${tail}::1`,
        `2001:0:4136:e378:8000:63bf:${inverted}`,
        `2001:db8::5efe:${tail}`,
        `2001:db8::200:5efe:${tail}`,
      ]) {
        assert.ok(DEFAULT_PUBLIC.refusalOfIp(form), `${form} for ${formatIp(v4)}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('the server’s own services are no peers, in either notation, but other ports of that address are where private peers are allowed', () => {
  const own = policy({
    private: 'allow',
    ownServices: [
      { ip: '198.51.100.1', port: 3478 },
      { ip: '::ffff:198.51.100.1', port: 443 },
    ],
  });
  assert.equal(own.refusalOf({ ip: '198.51.100.1', port: 3478 }), 'own-service');
  assert.equal(own.refusalOf({ ip: '198.51.100.1', port: 443 }), 'own-service');
  assert.equal(own.refusalOf({ ip: '::ffff:198.51.100.1', port: 3478 }), 'own-service');
  assert.equal(own.refusalOf({ ip: '198.51.100.1', port: 3479 }), undefined);
  assert.equal(own.refusalOf({ ip: '198.51.100.2', port: 3478 }), undefined);
});

test('whatever else listens on a public server is no peer, because its firewall does not see what comes from inside', () => {
  const own = policy({ ownServices: [{ ip: '198.51.100.1', port: 3478 }] });
  assert.equal(own.refusalOf({ ip: '198.51.100.1', port: 53 }), 'own-address');
  assert.equal(own.refusalOfIp('198.51.100.1'), 'own-address');
  assert.equal(own.refusalOfIp('::ffff:198.51.100.1'), 'own-address');
  assert.equal(own.refusalOfIp('64:ff9b::c633:6401'), 'own-address');
  assert.equal(own.refusalOfIp('198.51.100.2'), undefined);
});

test('allowed loopback stays allowed although the server listens there', () => {
  const own = policy({ loopback: true, ownServices: [{ ip: '127.0.0.1', port: 3478 }] });
  assert.equal(own.refusalOf({ ip: '127.0.0.1', port: 5000 }), undefined);
  assert.equal(own.refusalOf({ ip: '127.0.0.1', port: 3478 }), 'own-service');
});

function rangesOf(...texts: readonly string[]) {
  return texts.map((text) => {
    const range = parseIpRange(text);
    assert.ok(range, text);
    return range;
  });
}

test('an operator opens one private network, closes parts of the world, and the narrower range decides', () => {
  const own = policy({
    allow: rangesOf('10.1.0.0/16', '203.0.113.7', 'fd12::/16'),
    deny: rangesOf('10.1.9.0/24', '203.0.113.0/24', '2001:db8:bad::/48'),
  });
  for (const [ip, refusal] of [
    ['10.1.2.3', undefined],
    ['10.1.9.1', 'denied'],
    ['10.2.0.1', 'private'],
    ['fd12::1', undefined],
    ['203.0.113.8', 'denied'],
    ['203.0.113.7', undefined],
    ['2001:db8:bad::1', 'denied'],
    // What hides inside is judged too.
    ['::ffff:203.0.113.8', 'denied'],
    ['64:ff9b::cb00:7108', 'denied'],
    ['2002:cb00:7108::1', 'denied'],
    ['::ffff:10.1.2.3', undefined],
    ['64:ff9b::a02:1', 'private'],
    ['198.51.100.1', undefined],
  ] as const) {
    assert.equal(own.refusalOfIp(ip), refusal, ip);
  }
});

test('only named ones: everything denied, and exceptions from it', () => {
  const own = policy({ allow: rangesOf('198.51.100.0/24'), deny: rangesOf('0.0.0.0/0', '::/0') });
  assert.equal(own.refusalOfIp('198.51.100.9'), undefined);
  assert.equal(own.refusalOfIp('198.51.101.9'), 'denied');
  assert.equal(own.refusalOfIp('2001:4860::1'), 'denied');
});

test('no list opens what no call needs', () => {
  const open = policy({
    allow: rangesOf('0.0.0.0/0', '::/0', '169.254.169.254', '127.0.0.1', '::1', '0.0.0.0', '224.0.0.1'),
  });
  for (const [ip, refusal] of [...ALWAYS_REFUSED, ['127.0.0.1', 'loopback', ''], ['::1', 'loopback', '']]) {
    assert.equal(open.refusalOfIp(ip ?? ''), refusal, ip);
  }
});

test('this machine’s own address is open only where it is named as itself', () => {
  const services = [{ ip: '203.0.113.7', port: 3478 }];
  const asMany = policy({ ownServices: services, allow: rangesOf('203.0.113.0/24') });
  assert.equal(asMany.refusalOfIp('203.0.113.7'), 'own-address');
  const asItself = policy({ ownServices: services, allow: rangesOf('203.0.113.7') });
  assert.equal(asItself.refusalOfIp('203.0.113.7'), undefined);
  assert.equal(asItself.refusalOfIp('::ffff:203.0.113.7'), undefined);
  assert.equal(asItself.refusalOf({ ip: '203.0.113.7', port: 3478 }), 'own-service');
});
