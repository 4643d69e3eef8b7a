import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { ownAddresses, scopeOf } from '../../../src/node/index.ts';

const info = (address: string): NetworkInterfaceInfo =>
  address.includes(':')
    ? { address, netmask: 'ffff::', family: 'IPv6', mac: '', internal: false, cidr: null, scopeid: 0 }
    : { address, netmask: '255.0.0.0', family: 'IPv4', mac: '', internal: false, cidr: null };

test('tells who can reach an address', () => {
  const expected = {
    '127.0.0.53': 'loopback',
    '::1': 'loopback',
    '169.254.1.1': 'link-local',
    'fe80::1': 'link-local',
    '10.1.2.3': 'private',
    '172.31.0.1': 'private',
    '172.32.0.1': 'public',
    '192.168.0.9': 'private',
    'fd12::1': 'private',
    '100.64.0.1': 'shared',
    '100.128.0.1': 'public',
    '8.8.8.8': 'public',
    '2a00:1450::1': 'public',
    '0.0.0.0': 'special',
    '::': 'special',
    '203.0.113.5': 'special',
    '239.1.1.1': 'special',
    'ff02::1': 'special',
    '::ffff:192.168.1.1': 'private',
    '64:ff9b::8.8.8.8': 'public',
    'no address': 'special',
  };
  for (const [ip, scope] of Object.entries(expected)) assert.equal(scopeOf(ip), scope, ip);
});

test('lists each address once, the most useful for a guest first', () => {
  const addresses = ownAddresses({
    lo: [info('127.0.0.1'), info('::1')],
    docker0: [info('172.17.0.1')],
    eth0: [info('fe80::1'), info('2001:db8:0:0::5'), info('192.168.1.20')],
    wlan0: [info('192.168.1.20')],
  });
  assert.deepEqual(
    addresses.map(({ ip, scope, interfaceName, virtual }) => [ip, scope, interfaceName, virtual]),
    [
      ['192.168.1.20', 'private', 'eth0', false],
      ['127.0.0.1', 'loopback', 'lo', false],
      ['fe80::1', 'link-local', 'eth0', false],
      ['2001:db8::5', 'special', 'eth0', false],
      ['::1', 'loopback', 'lo', false],
      ['172.17.0.1', 'private', 'docker0', true],
    ],
  );
});

test('this machine has a loopback address', () => {
  assert.ok(ownAddresses().some(({ scope }) => scope === 'loopback'));
});
