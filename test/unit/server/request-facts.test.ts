/** Who asks, by which name, from which page; and whom of those in between to believe. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIpRange } from '../../../src/base/index.ts';
import { RequestFacts } from '../../../src/server/http/request-facts.ts';

interface Asked {
  readonly from: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: boolean;
}

function request({ from, headers = {}, tls = false }: Asked): IncomingMessage {
  const socket = { remoteAddress: from, ...(tls ? { encrypted: true } : {}) };
  return { headers, socket } as unknown as IncomingMessage;
}

const range = parseIpRange('10.0.0.0/8');
const facts = new RequestFacts({
  trustedProxies: range ? [range] : [],
  allowedOrigins: ['https://friend.example'],
});

const ADDRESSES: readonly (readonly [from: string, forwarded: string | undefined, client: string])[] = [
  ['192.0.2.1', undefined, '192.0.2.1'],
  ['::ffff:192.0.2.1', undefined, '192.0.2.1'],
  ['2001:DB8::1', undefined, '2001:db8::1'],
  ['192.0.2.1', '198.51.100.9', '192.0.2.1'], // no proxy of ours: it may write what it likes
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '198.51.100.9', '198.51.100.9'],
  ['10.0.0.1', '203.0.113.5, 198.51.100.9', '198.51.100.9'], // the first one was written by the client
  ['10.0.0.1', '198.51.100.9, 10.0.0.2', '198.51.100.9'],
  ['::ffff:10.0.0.1', '198.51.100.9:4444, 10.0.0.2', '10.0.0.2'], // no address: the last known one counts
  ['10.0.0.1', '[2001:db8::9]:4444', '2001:db8::9'],
  ['10.0.0.1', 'unknown', '10.0.0.1'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
];
for (const [from, forwarded, client] of ADDRESSES) {
  test(`a connection from ${from} for "${forwarded ?? ''}" counts as ${client}`, () => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    assert.equal(facts.clientAddress(request({ from, headers })), client);
  });
}

test('TLS is what the connection is, or what a trusted proxy says', () => {
  const headers = { 'x-forwarded-proto': 'https' };
  assert.equal(facts.isSecure(request({ from: '192.0.2.1', tls: true })), true);
  assert.equal(facts.isSecure(request({ from: '192.0.2.1', headers })), false);
  assert.equal(facts.isSecure(request({ from: '10.0.0.1', headers })), true);
  assert.equal(
    facts.isSecure(request({ from: '10.0.0.1', headers: { 'x-forwarded-proto': 'https,http' } })),
    false,
  );
  assert.equal(facts.isSecure(request({ from: '10.0.0.1' })), false);
});

test('a host is a name or an address, with or without a port; anything else is none', () => {
  const host = (text: string) => facts.host(request({ from: '192.0.2.1', headers: { host: text } }));
  assert.deepEqual(host('call.example.com'), { name: 'call.example.com', port: undefined });
  assert.deepEqual(host('192.0.2.7:8080'), { name: '192.0.2.7', port: 8080 });
  assert.deepEqual(host('[2001:db8::1]:443'), { name: '[2001:db8::1]', port: 443 });
  for (const odd of [
    '',
    'a b',
    'a/b',
    'a:70000',
    '1.2.3.999',
    'a:',
    '::1',
    'a\r\nb',
    'a"b',
    "a';b",
    'user@a',
  ]) {
    assert.equal(host(odd), undefined, odd);
  }
  assert.equal(facts.host(request({ from: '192.0.2.1' })), undefined);
  const proxied = { host: 'inside:8080', 'x-forwarded-host': 'call.example.com' };
  assert.equal(facts.host(request({ from: '10.0.0.1', headers: proxied }))?.name, 'call.example.com');
  assert.equal(facts.host(request({ from: '192.0.2.1', headers: proxied }))?.name, 'inside');
});

test('only our own page and allowed origins may speak', () => {
  const allowed = (origin: string | undefined, host = 'a.example:8080', tls = true) =>
    facts.isOriginAllowed(
      request({ from: '192.0.2.1', tls, headers: { host, ...(origin === undefined ? {} : { origin }) } }),
    );
  assert.equal(allowed('https://a.example:8080'), true);
  assert.equal(allowed('https://a.example'), false);
  assert.equal(allowed('https://a.example', 'a.example:443'), true);
  assert.equal(allowed('http://a.example:8080'), false);
  assert.equal(allowed('https://evil.example'), false);
  assert.equal(allowed('https://friend.example'), true);
  assert.equal(allowed('null'), false);
  assert.equal(allowed(undefined), true);
});

test('no header makes it throw', () => {
  const hosts = fc.oneof(fc.string(), fc.stringMatching(/^[a-z\d.:[\]-]{1,12}$/));
  fc.assert(
    fc.property(hosts, fc.string(), fc.string(), fc.string(), (host, forwarded, proto, origin) => {
      const asked = request({
        from: '10.0.0.1',
        headers: {
          host,
          origin,
          'x-forwarded-for': forwarded,
          'x-forwarded-proto': proto,
          'x-forwarded-host': host,
        },
      });
      facts.clientAddress(asked);
      facts.isSecure(asked);
      facts.isOriginAllowed(asked);
      const found = facts.host(asked);
      if (found) assert.ok(URL.canParse(`https://${found.name}/`), found.name);
    }),
  );
});
