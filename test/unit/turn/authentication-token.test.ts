/** Users that an authorization server vouches for. RFC 7635 §7, §9, appendix B. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeUnknownAttributes,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
} from '../../../src/stun/index.ts';
import {
  type AccessToken,
  sealAccessToken,
  TurnAttribute,
  TurnMethod,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  EPOCH,
  type Fill,
  lifetime,
  lifetimeOf,
  peers,
  RawClient,
  REALM,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';
import { modern, type Seal, sealedRequest, sealOf } from '../../support/turn/sealed-request.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const NORTH = { kid: 'north', key: new Uint8Array(32).fill(1) };
const UNION = { kid: 'union', key: new Uint8Array(16).fill(2) };
const MAC_KEY = new Uint8Array(20).fill(7);
let nonces = 0;

function trusting(options: Partial<TurnServerOptions> = {}): TurnLab {
  return new TurnLab({ oauthKeys: [NORTH, UNION], ...options });
}

/** What the authorization server gives out. */
function tokenOf(
  changes: Partial<AccessToken> = {},
  { kid, key }: { kid: string; key: Uint8Array } = NORTH,
  serverName = REALM,
): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(0, ++nonces);
  const aead = nodeCrypto.createAead(kid === 'union' ? 'aes-128-gcm' : 'aes-256-gcm', key);
  const token = { macKey: MAC_KEY, issuedAt: EPOCH, lifetimeSeconds: 3600, ...changes };
  return sealAccessToken(aead, nonce, serverName, token);
}

function bring(token: Uint8Array, fill: Fill = () => {}): Fill {
  return (writer) => {
    fill(writer);
    writer.attribute(StunAttribute.ACCESS_TOKEN, token);
  };
}

/** A request sealed with the MAC key, with or without the token. */
function request(client: RawClient, method: number, fill: Fill, seal: Seal = {}): StunMessage | undefined {
  return client.exchange(sealedRequest(client, method, { key: MAC_KEY, fill, ...seal }));
}

function comer(lab: TurnLab, kid = 'north', port = CLIENT.port): RawClient {
  return new RawClient(lab, { ...CLIENT, port }, kid, '').challenge();
}

function allocate(client: RawClient, token: Uint8Array, seal: Seal = {}): number {
  return codeOf(request(client, TurnMethod.ALLOCATE, bring(token, udpRequested), seal));
}

test('the 401 says which server tokens are for, and only where tokens are taken', () => {
  const heard = (options: Partial<TurnServerOptions>): string | undefined => {
    const client = new RawClient(new TurnLab(options), CLIENT);
    const name = client
      .exchange(client.bare(TurnMethod.ALLOCATE, udpRequested))
      ?.get(StunAttribute.THIRD_PARTY_AUTHORIZATION);
    return name && decodeUtf8(name);
  };
  assert.equal(heard({}), undefined);
  assert.equal(heard({ oauthKeys: [NORTH] }), REALM);
  assert.equal(heard({ oauthKeys: [NORTH], oauthServerName: 'turn1@example.test' }), 'turn1@example.test');
});

test('a token opens the door with either kind of key; the answers are sealed with its MAC key', () => {
  for (const key of [NORTH, UNION]) {
    const client = comer(trusting(), key.kid);
    const answer = request(client, TurnMethod.ALLOCATE, bring(tokenOf({}, key), udpRequested));
    assert.equal(codeOf(answer), 0);
    assert.equal(sealOf(answer, MAC_KEY), 'sha1');
  }
});

test('the token comes with Allocate and Refresh; the rest is sealed with its key', () => {
  const lab = trusting();
  const client = comer(lab);
  const token = tokenOf();
  assert.equal(allocate(client, token), 0);
  const permitted = request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'));
  assert.equal(codeOf(permitted), 0);
  assert.equal(sealOf(permitted, MAC_KEY), 'sha1');
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(token))), 0);
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(token, lifetime(0)))), 0);
  assert.equal(lab.server.statistics.allocations, 0);
});

test('what is no token, not for this server, under another key, or sealed with another MAC key is 401', () => {
  const lab = trusting();
  const good = tokenOf();
  for (const [what, kid, token, key] of [
    ['noise', 'north', new Uint8Array(64), MAC_KEY],
    ['empty', 'north', new Uint8Array(0), MAC_KEY],
    ['an unknown kid', 'south', good, MAC_KEY],
    ['another kid', 'union', good, MAC_KEY],
    ['another server', 'north', tokenOf({}, NORTH, 'elsewhere'), MAC_KEY],
    ['another key', 'north', tokenOf({}, { kid: 'north', key: new Uint8Array(32) }), MAC_KEY],
    ['another MAC key', 'north', good, new Uint8Array(20)],
    ['a damaged token', 'north', good.map((byte, i) => (i === 30 ? byte ^ 1 : byte)), MAC_KEY],
  ] as const) {
    assert.equal(allocate(comer(lab, kid), token, { key }), 401, what);
  }
  assert.equal(codeOf(request(comer(lab), TurnMethod.ALLOCATE, udpRequested)), 401, 'no token at all');
  assert.equal(lab.server.statistics.allocations, 0);
});

test('§7: lifetime + 5 s > |now − timestamp|, to the millisecond, in both directions', () => {
  const lab = trusting();
  lab.now = 10_000_000;
  let port = 1000;
  const attempt = (ageMs: number, lifetimeSeconds: number): number => {
    const token = tokenOf({ issuedAt: EPOCH + lab.now - ageMs, lifetimeSeconds });
    return allocate(comer(lab, 'north', ++port), token);
  };
  assert.equal(attempt(0, 60), 0);
  assert.equal(attempt(64_999, 60), 0);
  assert.equal(attempt(65_000, 60), 401);
  assert.equal(attempt(-64_999, 60), 0, 'their clock is ahead of ours');
  assert.equal(attempt(-65_000, 60), 401);
  assert.equal(attempt(4_999, 0), 0);
  assert.equal(attempt(5_000, 0), 401);
});

test('§9: no lifetime reaches beyond the token’s, and a fresh token carries the allocation on', () => {
  const lab = trusting();
  const client = comer(lab);
  const granted = (method: number, token: Uint8Array, key: Uint8Array, seconds: number): number => {
    const fill = all(method === TurnMethod.ALLOCATE ? udpRequested : () => {}, lifetime(seconds));
    const answer = request(client, method, bring(token, fill), { key });
    assert.equal(codeOf(answer), 0);
    assert.equal(sealOf(answer, key), 'sha1');
    assert.ok(answer);
    return lifetimeOf(answer);
  };
  const first = tokenOf({ lifetimeSeconds: 1000 });
  assert.equal(granted(TurnMethod.ALLOCATE, first, MAC_KEY, 3600), 1000);
  lab.now += 500_000;
  assert.equal(
    granted(TurnMethod.REFRESH, first, MAC_KEY, 3600),
    505,
    'what is left, and 5 s for the clocks',
  );
  lab.now += 400_000;
  const key = new Uint8Array(20).fill(8);
  const second = tokenOf({ macKey: key, issuedAt: EPOCH + lab.now });
  assert.equal(granted(TurnMethod.REFRESH, second, key, 3600), 3600);
  // From now on the key of the new token counts, and the old one no longer.
  assert.equal(codeOf(request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'), { key })), 0);
  assert.equal(codeOf(request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'))), 401);
  lab.now += 105_000;
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(first))), 401, 'the first has expired');
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(second), { key })), 0);
});

test('a Refresh without its token goes on no longer than the token; after that the allocation is gone', () => {
  const lab = trusting();
  const client = comer(lab);
  assert.equal(allocate(client, tokenOf({ lifetimeSeconds: 100 })), 0);
  lab.now += 60_000;
  const answer = request(client, TurnMethod.REFRESH, lifetime(3600));
  assert.equal(codeOf(answer), 0);
  assert.equal(answer && lifetimeOf(answer), 40);
  lab.wait(42_000);
  assert.equal(lab.server.statistics.allocations, 0);
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, lifetime(3600))), 401);
});

test('a fresh token under another key of the same authorization server is the same user', () => {
  const lab = trusting();
  const client = comer(lab);
  assert.equal(allocate(client, tokenOf()), 0);
  client.username = 'union';
  const key = new Uint8Array(20).fill(8);
  const token = tokenOf({ macKey: key }, UNION);
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(token), { key })), 0);
  assert.equal(codeOf(request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'), { key })), 0);
});

test('a static user is not the key of the same name', () => {
  const lab = trusting({ users: [{ username: 'north', password: 'pole' }] });
  const token = tokenOf();
  const byToken = comer(lab);
  assert.equal(allocate(byToken, token), 0);
  byToken.password = 'pole';
  assert.equal(codeOf(byToken.exchange(byToken.signed(TurnMethod.REFRESH))), 401);
  const byPassword = new RawClient(lab, { ...CLIENT, port: 1 }, 'north', 'pole');
  byPassword.allocate();
  assert.equal(codeOf(request(byPassword, TurnMethod.REFRESH, bring(token))), 441);
  assert.equal(byPassword.refresh(), 0);
});

test('a key whose name looks like a REST name opens no door for those who bring no token', () => {
  const kid = '9999999999:north';
  const lab = trusting({ oauthKeys: [{ kid, key: NORTH.key }] });
  assert.equal(allocate(comer(lab, kid, 1), tokenOf()), 0);
  assert.equal(codeOf(request(comer(lab, kid, 2), TurnMethod.ALLOCATE, udpRequested)), 401);
});

test('appendix B: a MAC key of 32 bytes is hashed down for HMAC-SHA-1, and taken as it is for SHA-256', () => {
  const macKey = new Uint8Array(32).fill(9);
  const token = tokenOf({ macKey });
  const lab = trusting();
  const short = nodeCrypto.hash('sha1', macKey);
  assert.equal(allocate(comer(lab, 'north', 1), token, { key: short }), 0);
  assert.equal(allocate(comer(lab, 'north', 2), token, { key: macKey }), 0);
  const client = comer(lab, 'north', 3);
  const seal: Seal = { ...modern('sha256'), key: macKey };
  const answer = request(client, TurnMethod.ALLOCATE, bring(token, udpRequested), {
    ...seal,
    fill: bring(token, udpRequested),
  });
  assert.equal(codeOf(answer), 0);
  assert.equal(sealOf(answer, macKey), 'sha256');
});

test('coturn’s clients use the first 16 bytes of the MAC key, and are let in', () => {
  const client = comer(trusting());
  const key = MAC_KEY.subarray(0, 16);
  const answer = request(client, TurnMethod.ALLOCATE, bring(tokenOf(), udpRequested), { key });
  assert.equal(codeOf(answer), 0);
  assert.equal(sealOf(answer, key), 'sha1');
  assert.equal(codeOf(request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'), { key })), 0);
  const shorter = MAC_KEY.subarray(0, 15);
  assert.equal(allocate(comer(trusting()), tokenOf(), { key: shorter }), 401);
});

test('quotas count tokens, and a fresh token does not change who is counted', () => {
  const lab = trusting({ quotas: { perUser: 1, total: 10 } });
  const client = comer(lab, 'north', 1);
  assert.equal(allocate(client, tokenOf()), 0);
  assert.equal(allocate(comer(lab, 'north', 2), tokenOf()), 486, 'another token with the same session key');
  const key = new Uint8Array(20).fill(8);
  assert.equal(allocate(comer(lab, 'north', 3), tokenOf({ macKey: key }), { key }), 0);
  const third = new Uint8Array(20).fill(3);
  const fresh = tokenOf({ macKey: third });
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(fresh), { key: third })), 0);
  assert.equal(codeOf(request(client, TurnMethod.REFRESH, bring(fresh, lifetime(0)), { key: third })), 0);
  assert.equal(allocate(comer(lab, 'north', 4), tokenOf()), 0, 'the first is free again');
});

test('a token where none was asked for is 420, before authentication and in a Binding request', () => {
  const lab = new TurnLab();
  for (const client of [comer(lab), comer(lab, 'alice', 1)]) {
    const answer = request(client, TurnMethod.ALLOCATE, bring(tokenOf(), udpRequested));
    assert.equal(codeOf(answer), 420);
    const unknown = answer?.get(StunAttribute.UNKNOWN_ATTRIBUTES);
    assert.deepEqual(unknown && decodeUnknownAttributes(unknown), [StunAttribute.ACCESS_TOKEN]);
    assert.equal(sealOf(answer, MAC_KEY), 'none');
  }
  const client = comer(trusting());
  const binding = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, client.nextId())
    .attribute(StunAttribute.ACCESS_TOKEN, tokenOf())
    .finish();
  assert.equal(codeOf(client.exchange(binding)), 420);
});

test('keys come and go by a reload; who is there stays until the token ends', () => {
  const lab = trusting();
  const client = comer(lab);
  const token = tokenOf();
  assert.equal(allocate(client, token), 0);
  lab.server.reconfigure(lab.now, { oauthKeys: [UNION] });
  assert.equal(allocate(comer(lab, 'north', 1), token), 401);
  assert.equal(allocate(comer(lab, 'union', 2), tokenOf({}, UNION)), 0);
  assert.equal(codeOf(request(client, TurnMethod.CREATE_PERMISSION, peers('192.0.2.9'))), 0);
  lab.server.reconfigure(lab.now, { oauthKeys: [] });
  assert.equal(allocate(comer(lab, 'union', 3), tokenOf({}, UNION)), 420);
});

test('a token without a valid nonce is 438 and leaves nothing', () => {
  const lab = trusting();
  const client = comer(lab);
  client.nonce = new Uint8Array(24).fill(65);
  assert.equal(allocate(client, tokenOf()), 438);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('static users, REST names and tokens are let in side by side', () => {
  const lab = trusting();
  new RawClient(lab, { ...CLIENT, port: 1 }).allocate();
  assert.equal(allocate(comer(lab, 'north', 2), tokenOf()), 0);
  const alice = new RawClient(lab, { ...CLIENT, port: 3 });
  alice.allocate((writer) => writer.u32(TurnAttribute.LIFETIME, 900));
  assert.equal(lab.server.statistics.allocations, 3);
});
