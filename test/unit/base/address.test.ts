/** Addresses as text and bytes. RFC 4291 §2.2, RFC 5952. */
import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import {
  canonicalIp,
  familyOf,
  formatAddress,
  formatIp,
  parseIp,
  sameAddress,
} from '../../../src/base/index.ts';

test('IPv4: every address of four bytes has one text, and comes back from it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      const text = formatIp(bytes);
      assert.ok(isIPv4(text));
      assert.deepEqual(parseIp(text), bytes);
      assert.equal(familyOf(text), 4);
    }),
  );
});

test('IPv6: every address of sixteen bytes has one text, and comes back from it', () => {
  // Bytes that are mostly zero, so that "::" is met often.
  const byte = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { minLength: 16, maxLength: 16 }), (numbers) => {
      const bytes = Uint8Array.from(numbers);
      const text = formatIp(bytes);
      assert.ok(isIPv6(text), text);
      assert.deepEqual(parseIp(text), bytes);
      assert.equal(familyOf(text), 6);
    }),
    { numRuns: 1000 },
  );
});

test('what is an address here is one for Node too, and the other way round', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV6(), fc.ipV4(), fc.string({ unit: fc.constantFrom(...'0123456789abf:.') })),
      (text) => {
        assert.equal(parseIp(text) !== undefined, isIPv4(text) || isIPv6(text), text);
      },
    ),
    { numRuns: 3000 },
  );
});

test('RFC 5952 §4: the canonical spelling', () => {
  for (const [spelling, canonical] of [
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // §4.2.3: the first of two equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: no "::" for one group
    ['2001:DB8::AbCd', '2001:db8::abcd'], // §4.3
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // the longest run
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['fe80::1%eth0', 'fe80::1'], // a zone means something to one machine only
    ['::ffff:c000:0201', '::ffff:192.0.2.1'], // §5
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['192.0.2.1', '192.0.2.1'],
  ] as const) {
    assert.equal(canonicalIp(spelling), canonical);
  }
});

test('what only looks like an address is none', () => {
  for (const text of [
    '',
    ':',
    ':::',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x7f.0.0.1',
    '1.2.3.4 ',
    '127.1',
    '2130706433',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'g::',
    '12345::',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.4:5',
    'example.org',
    '[::1]',
  ]) {
    assert.equal(canonicalIp(text), undefined, text);
  }
});

test('a transport address as text is unique, so it can be a key', () => {
  assert.equal(formatAddress({ ip: '192.0.2.1', port: 3478 }), '192.0.2.1:3478');
  assert.equal(formatAddress({ ip: '2001:db8::1', port: 3478 }), '[2001:db8::1]:3478');
  assert.equal(sameAddress({ ip: '::1', port: 1 }, { ip: '::1', port: 1 }), true);
  assert.equal(sameAddress({ ip: '::1', port: 1 }, { ip: '::1', port: 2 }), false);
  assert.equal(sameAddress({ ip: '::1', port: 1 }, { ip: '::2', port: 1 }), false);
});
