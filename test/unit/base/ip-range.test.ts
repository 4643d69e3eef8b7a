/** Ranges, and IPv4 inside IPv6. RFC 4632, RFC 4291 §2.3. */
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import {
  embeddedIpv4,
  formatIp,
  inAnyRange,
  inRange,
  parseIp,
  parseIpRange,
} from '../../../src/base/index.ts';

function bytesOf(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert.ok(bytes, text);
  return bytes;
}

function isIn(range: string, ip: string): boolean {
  const parsed = parseIpRange(range);
  assert.ok(parsed, range);
  return inRange(parsed, bytesOf(ip));
}

test('a range begins and ends where its prefix says', () => {
  assert.equal(isIn('10.0.0.0/8', '10.0.0.0'), true);
  assert.equal(isIn('10.0.0.0/8', '10.255.255.255'), true);
  assert.equal(isIn('10.0.0.0/8', '11.0.0.0'), false);
  assert.equal(isIn('10.0.0.0/8', '9.255.255.255'), false);
  assert.equal(isIn('172.16.0.0/12', '172.31.255.255'), true);
  assert.equal(isIn('172.16.0.0/12', '172.32.0.0'), false);
  assert.equal(isIn('fc00::/7', 'fdff:ffff::1'), true);
  assert.equal(isIn('fc00::/7', 'fe00::'), false);
  assert.equal(isIn('fe80::/10', 'febf::1'), true);
  assert.equal(isIn('fe80::/10', 'fec0::'), false);
  assert.equal(isIn('192.0.2.1', '192.0.2.1'), true);
  assert.equal(isIn('192.0.2.1', '192.0.2.2'), false);
  assert.equal(isIn('0.0.0.0/0', '255.255.255.255'), true);
});

test('families never match, not even the range of everything', () => {
  assert.equal(isIn('::/0', '1.2.3.4'), false);
  assert.equal(isIn('0.0.0.0/0', '::1'), false);
});

test('every range agrees with Node about every address', () => {
  const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.record({ base: ipv4, ip: ipv4, bits: fc.nat(32), keep: fc.nat(32) }),
        fc.record({ base: ipv6, ip: ipv6, bits: fc.nat(128), keep: fc.nat(128) }),
      ),
      ({ base, ip, bits, keep }) => {
        // An address that shares `keep` bits with the range, so that inside and outside are both common.
        const near = ip.map((byte, i) => {
          const shared = Math.max(0, Math.min(8, keep - 8 * i));
          const mask = (0xff << (8 - shared)) & 0xff;
          return ((base[i] ?? 0) & mask) | (byte & ~mask);
        });
        const family = base.length === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(formatIp(base), bits, family);
        const range = parseIpRange(`${formatIp(base)}/${bits}`);
        assert.ok(range);
        assert.equal(inRange(range, near), list.check(formatIp(near), family));
      },
    ),
    { numRuns: 1000 },
  );
});

test('any of several ranges', () => {
  const ranges = ['10.0.0.0/8', 'fc00::/7'].map((text) => {
    const range = parseIpRange(text);
    assert.ok(range);
    return range;
  });
  assert.equal(inAnyRange(ranges, bytesOf('10.1.2.3')), true);
  assert.equal(inAnyRange(ranges, bytesOf('fd00::1')), true);
  assert.equal(inAnyRange(ranges, bytesOf('11.1.2.3')), false);
  assert.equal(inAnyRange([], bytesOf('11.1.2.3')), false);
});

test('what is no range is refused', () => {
  for (const text of [
    '',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10/8',
    '::/129',
    'x/8',
    '10.0.0.0/08x',
  ]) {
    assert.equal(parseIpRange(text), undefined, text);
  }
});

test('every form that carries an IPv4 address is found', () => {
  for (const [ip, inner] of [
    ['::ffff:127.0.0.1', '127.0.0.1'], // mapped
    ['::ffff:0:0', '0.0.0.0'],
    ['::ffff:0:127.0.0.1', '127.0.0.1'], // translated
    ['::127.0.0.1', '127.0.0.1'], // compatible
    ['::2', '0.0.0.2'],
    ['64:ff9b::7f00:1', '127.0.0.1'], // NAT64
    ['64:ff9b:1::a00:1', '10.0.0.1'], // NAT64, local
    ['2002:a9fe:a9fe::1', '169.254.169.254'], // 6to4
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45'], // Teredo, RFC 4380's bits inverted
    ['fe80::5efe:c0a8:1', '192.168.0.1'], // ISATAP
    ['2001:db8::200:5efe:c000:201', '192.0.2.1'],
  ] as const) {
    const found = embeddedIpv4(bytesOf(ip));
    assert.equal(found && formatIp(found), inner, ip);
  }
});

test('and nothing is seen where there is none', () => {
  for (const ip of ['::', '::1', '2001:db8::1', 'fe80::1', '64:ff9c::1', '2003::1', '192.0.2.1']) {
    assert.equal(embeddedIpv4(bytesOf(ip)), undefined, ip);
  }
});
