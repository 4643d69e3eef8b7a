/** Which of several ranges decides. RFC 4632. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AccessList, type IpRange, inRange, parseIp, parseIpRange } from '../../../src/base/index.ts';

function ranges(...texts: readonly string[]): IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text);
    assert.ok(range, text);
    return range;
  });
}

function bytesOf(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert.ok(bytes, text);
  return bytes;
}

test('the narrowest range decides, and of two equal ones the one that keeps out', () => {
  const list = new AccessList({
    allow: ranges('10.0.0.0/8', '10.1.2.3', '2001:db8::/32', '192.0.2.0/24'),
    deny: ranges('10.1.0.0/16', '2001:db8:1::/48', '192.0.2.0/24'),
  });
  for (const [ip, verdict] of [
    ['10.2.0.1', 'allow'],
    ['10.1.2.4', 'deny'],
    ['10.1.2.3', 'allow'],
    ['192.0.2.9', 'deny'],
    ['2001:db8:2::1', 'allow'],
    ['2001:db8:1::1', 'deny'],
    ['11.0.0.1', undefined],
    ['::ffff:10.1.2.4', undefined], // families never match each other
  ] as const) {
    assert.equal(list.verdictOf(bytesOf(ip)), verdict, ip);
  }
  assert.ok(list.names(bytesOf('10.1.2.3')));
  assert.ok(!list.names(bytesOf('10.2.0.1')), 'one of many');
});

test('ranges are compared bit by bit, not byte by byte, at every length', () => {
  const ip = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(ip, ip, fc.nat(128), (base, probe, bits) => {
      const range = parseIpRange(`${base}/${Math.min(bits, base.includes(':') ? 128 : 32)}`);
      assert.ok(range);
      const list = new AccessList({ allow: [], deny: [range] });
      for (const address of [bytesOf(base), bytesOf(probe)]) {
        assert.equal(list.verdictOf(address) === 'deny', inRange(range, address));
      }
    }),
    { seed: 4632 },
  );
});

test('without ranges nothing is decided', () => {
  const list = new AccessList({ allow: [], deny: [] });
  assert.deepEqual(
    [list.isEmpty, list.hasAllowed, list.verdictOf(bytesOf('10.0.0.1'))],
    [true, false, undefined],
  );
});
