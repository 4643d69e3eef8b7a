/** 300: a client that finds no room is told where else to ask. RFC 8489 §10, §14.15, §14.16. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8, formatAddress, type SocketAddress } from '../../../src/base/index.ts';
import { decodePlainAddress, StunAttribute } from '../../../src/stun/index.ts';
import { type AlternateServer, type Leg, TurnMethod } from '../../../src/turn/index.ts';
import { codeOf, RawClient, TurnLab, udpRequested } from '../../support/turn/lab.ts';
import { keyOf, modern, type Seal, sealedRequest, sealOf } from '../../support/turn/sealed-request.ts';

const FOUR: SocketAddress = { ip: '203.0.113.5', port: 40_000 };
const SIX: SocketAddress = { ip: '2001:db8::5', port: 40_000 };
const PLAIN: readonly AlternateServer[] = [
  { ip: '198.51.100.9', port: 3478 },
  { ip: '198.51.100.10', port: 3478 },
  { ip: '2001:db8:9::1', port: 3478 },
];
const SECURE: readonly AlternateServer[] = [
  { ip: '198.51.100.9', port: 5349, secure: true, domain: 'two.example.test' },
  { ip: '2001:db8:a::1', port: 5349, secure: true, domain: 'three.example.test' },
  { ip: '2001:db8:9::1', port: 5349, secure: true, domain: 'two.example.test' },
];

/** What a client hears from a server that is about to leave: 508, or the addresses and the name in the 300. */
function told(
  alternateServers: readonly AlternateServer[],
  from: SocketAddress,
  transport: Leg['transport'] = 'udp',
  seal: Seal = {},
): readonly string[] {
  const lab = new TurnLab({ alternateServers });
  lab.server.setDraining(true);
  const client = new RawClient(lab, from, 'alice', 'wonder', transport).challenge();
  const answer = client.exchange(sealedRequest(client, TurnMethod.ALLOCATE, { fill: udpRequested, ...seal }));
  assert.ok(answer);
  assert.equal(sealOf(answer, keyOf(client, seal.keyOf ?? 'md5')), seal.offer ? 'sha256' : 'sha1');
  if (codeOf(answer) !== 300) return [String(codeOf(answer))];
  const servers = answer.getAll(StunAttribute.ALTERNATE_SERVER).map((value) => {
    const address = decodePlainAddress(value);
    assert.ok(address);
    return formatAddress(address);
  });
  const domain = answer.get(StunAttribute.ALTERNATE_DOMAIN);
  return domain ? [...servers, decodeUtf8(domain)] : servers;
}

test('the first one is of the client’s family, the second of the other', () => {
  assert.deepEqual(told(PLAIN, FOUR), ['198.51.100.9:3478', '[2001:db8:9::1]:3478']);
  assert.deepEqual(told(PLAIN, SIX), ['[2001:db8:9::1]:3478', '198.51.100.9:3478']);
  assert.deepEqual(told(PLAIN.slice(0, 2), FOUR), ['198.51.100.9:3478']);
  assert.deepEqual(told(PLAIN.slice(0, 2), SIX), ['508'], 'nobody of its family');
});

test('clients over TLS and DTLS are sent to where that is spoken, and others to where it is not', () => {
  for (const transport of ['tls', 'dtls'] as const) {
    assert.deepEqual(told([...PLAIN, ...SECURE], FOUR, transport), [
      '198.51.100.9:5349',
      '[2001:db8:9::1]:5349',
    ]);
    assert.deepEqual(told(PLAIN, FOUR, transport), ['508']);
  }
  for (const transport of ['udp', 'tcp'] as const) assert.deepEqual(told(SECURE, FOUR, transport), ['508']);
});

test('the name in the certificate is told to who can understand it, and of servers that share it', () => {
  const seal = modern('sha256', udpRequested);
  assert.deepEqual(told(SECURE, FOUR, 'tls', seal), [
    '198.51.100.9:5349',
    '[2001:db8:9::1]:5349',
    'two.example.test',
  ]);
  assert.deepEqual(told(SECURE, SIX, 'tls', seal), ['[2001:db8:a::1]:5349', 'three.example.test']);
  assert.deepEqual(told(PLAIN, FOUR, 'udp', seal), ['198.51.100.9:3478', '[2001:db8:9::1]:3478']);
});

test('only who is let in is told: a stranger hears 401 and nothing else', () => {
  const lab = new TurnLab({ alternateServers: PLAIN });
  lab.server.setDraining(true);
  const client = new RawClient(lab, FOUR);
  const answer = client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested));
  assert.equal(codeOf(answer), 401);
  assert.equal(answer?.has(StunAttribute.ALTERNATE_SERVER), false);
  client.password = 'wrong';
  assert.equal(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
});

test('who has an allocation keeps it, and is sent nowhere', () => {
  const lab = new TurnLab({ alternateServers: PLAIN });
  const client = new RawClient(lab, FOUR);
  client.allocate();
  lab.server.setDraining(true);
  assert.equal(client.refresh(), 0);
  assert.equal(client.permit('192.0.2.9'), 0);
});
