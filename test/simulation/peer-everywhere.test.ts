/** Whole sessions between homes: behind NATs, through a TURN server, and from one network into another. RFC 8445, RFC 8656. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerConfiguration } from '../../src/peer/index.ts';
import { Host } from '../../src/vnet/index.ts';
import { SERVER_NAME } from '../support/ice/gather-scene.ts';
import { Internet, NAT_KINDS } from '../support/ice/internet.ts';
import { Couple } from '../support/peer/couple.ts';
import type { Person } from '../support/peer/person.ts';

const SERVERS: Partial<PeerConfiguration> = {
  iceServers: [
    { urls: [`stun:${SERVER_NAME}`] },
    { urls: [`turn:${SERVER_NAME}?transport=udp`], username: 'alice', credential: 'wonder' },
  ],
};

function talk(couple: Couple): void {
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  a.say(mine, 'hello');
  b.say(theirs, 'welcome');
  couple.run(1000);
  assert.deepEqual([a.heard(mine), b.heard(theirs)], [['welcome'], ['hello']]);
}

/** `host`, `srflx`, … of the pair that carries the data. */
function pathOf({ session }: Person): string {
  const pair = session.iceTransport?.selectedPair;
  const typeOf = (candidate: string | undefined) => / typ (\S+)/.exec(candidate ?? '')?.[1];
  return `${typeOf(pair?.local.candidate)}-${typeOf(pair?.remote.candidate)}`;
}

for (const kind of NAT_KINDS) {
  test(`a home behind a ${kind} NAT talks to a host on the open internet, directly`, () => {
    const internet = new Internet(3);
    const hosts = { a: internet.home(kind).host, b: internet.home('open').host };
    const couple = new Couple({ a: { configuration: SERVERS }, b: { configuration: SERVERS } }, hosts);
    talk(couple);
    assert.ok(!pathOf(couple.a).includes('relay'), pathOf(couple.a));
  });
}

test('two homes behind symmetric NATs talk through the TURN server, which forgets them when they close', () => {
  const internet = new Internet(4);
  const hosts = { a: internet.home('symmetric').host, b: internet.home('symmetric').host };
  const couple = new Couple({ a: { configuration: SERVERS }, b: { configuration: SERVERS } }, hosts);
  talk(couple);
  assert.ok(pathOf(couple.a).includes('relay'), pathOf(couple.a));
  for (const person of [couple.a, couple.b]) person.act((session, now) => session.close(now));
  couple.run(1000);
  assert.equal(internet.scene.allocations, 0);
});

test('who allows relays only is not seen by any other address', () => {
  const internet = new Internet(5);
  const hosts = { a: internet.home('open').host, b: internet.home('open').host };
  const configuration = { ...SERVERS, iceTransportPolicy: 'relay' } as const;
  const couple = new Couple({ a: { configuration }, b: { configuration: SERVERS } }, hosts);
  talk(couple);
  const told = couple.a.all('ice-candidate').flatMap(({ candidate }) => candidate?.candidate || []);
  assert.ok(told.length > 0 && told.every((candidate) => candidate.includes(' typ relay ')));
  assert.ok(pathOf(couple.a).startsWith('relay-'));
  assert.ok(!couple.a.session.currentLocalDescription?.sdp.includes(hosts.a.ips[0] ?? ''));
});

test('a wrong password of the TURN server is told, and the direct way is taken', () => {
  const internet = new Internet(6);
  const hosts = { a: internet.home('open').host, b: internet.home('open').host };
  const iceServers = [{ urls: [`turn:${SERVER_NAME}`], username: 'alice', credential: 'wrong' }];
  const couple = new Couple({ a: { configuration: { iceServers } } }, hosts);
  talk(couple);
  const [error] = couple.a.all('ice-candidate-error');
  assert.equal(error?.errorCode, 401);
  assert.match(error?.url ?? '', /^turn:/);
  assert.equal(pathOf(couple.a), 'host-host');
});

test('where no UDP gets through, one who listens for TCP is reached by it', () => {
  const internet = new Internet(8);
  const hosts = { a: internet.home('open').host, b: internet.home('open').host };
  for (const access of hosts.a.accesses) access.change({ trap: ({ protocol }) => protocol === 'udp' });
  const ice = { tcp: true, tcpListen: true };
  const couple = new Couple({ a: { ice: { tcp: true } }, b: { ice } }, hosts);
  talk(couple);
  assert.match(couple.a.session.iceTransport?.selectedPair?.local.candidate ?? '', / tcp .* tcptype active/);
  const message = new Uint8Array(200_000).fill(7);
  const { a, b } = couple;
  const mine = a.all('channel-open')[0]?.channel;
  assert.ok(mine !== undefined);
  a.act((session, now) => session.sendMessage(now, mine, { kind: 'binary', bytes: message }));
  couple.run(5000);
  assert.deepEqual(b.all('channel-message').at(-1)?.bytes, message);
});

test('from one network into another: after an ICE restart the same channel goes on', () => {
  const internet = new Internet(7);
  const a = new Host(internet.scene.internet, 'traveller', ['203.0.113.77'], { latencyMs: 10 });
  const couple = new Couple({}, { a, b: internet.home('open').host });
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  const [wifi] = a.accesses;
  assert.ok(wifi);
  a.leave(wifi);
  a.join(internet.scene.internet, ['203.0.113.88'], { latencyMs: 30 });
  couple.a.act((session, now) => session.handleInterfaces(now, a.interfaces()));
  couple.a.say(mine, 'on the way');
  couple.a.act((session, now) => session.restartIce(now));
  couple.negotiate();
  assert.ok(couple.runUntil(() => couple.b.heard(theirs).length === 1, 3000));
  couple.b.say(theirs, 'arrived');
  couple.run(1000);
  assert.deepEqual(couple.a.heard(mine), ['arrived']);
  assert.match(couple.a.session.iceTransport?.selectedPair?.local.candidate ?? '', /203\.0\.113\.88/);
  assert.deepEqual(couple.a.all('channel-closed'), []);
});

test('an interface that was there before the old one went takes over at once, without a restart', () => {
  const internet = new Internet(9);
  const a = new Host(internet.scene.internet, 'traveller', ['203.0.113.77'], { latencyMs: 10 });
  const couple = new Couple({}, { a, b: internet.home('open').host });
  const { mine, theirs } = couple.connect();
  couple.run(10_000);
  const [wifi] = a.accesses;
  assert.ok(wifi);
  a.join(internet.scene.internet, ['203.0.113.88'], { latencyMs: 30 });
  couple.a.act((session, now) => session.handleInterfaces(now, a.interfaces()));
  couple.run(10_000);
  a.leave(wifi);
  couple.a.act((session, now) => session.handleInterfaces(now, a.interfaces()));
  const leftAt = couple.world.now;
  couple.a.say(mine, 'on the way');
  assert.ok(couple.runUntil(() => couple.b.heard(theirs).length === 1, 5000));
  assert.ok(couple.world.now - leftAt < 500, `${couple.world.now - leftAt} ms`);
  couple.b.say(theirs, 'arrived');
  couple.run(1000);
  assert.deepEqual(couple.a.heard(mine), ['arrived']);
  assert.equal(couple.a.all('negotiation-needed').length, 1);
});
