/** The small parts of the server: addresses for people and browsers, numbers, closing in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, StackError, silentLog } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { CloseStack } from '../../../src/server/close-stack.ts';
import { IceMinter } from '../../../src/server/ice-minter.ts';
import { hostsOf, relayLinks, webLink } from '../../../src/server/links.ts';
import { listenError } from '../../../src/server/listen-error.ts';
import { Metrics } from '../../../src/server/metrics.ts';
import { signalingMetrics } from '../../../src/server/metrics-of-signaling.ts';
import { settingsWith } from '../../../src/server/settings/load.ts';
import { turnHost, turnServiceOptions } from '../../../src/server/turn-options.ts';
import { parseRestName, restPassword } from '../../../src/turn/index.ts';

const NOW = 1_800_000_000_000;

function minter(webPortIsOpen: boolean): IceMinter {
  const env = { crypto: nodeCrypto, random: new SeededRandom(1), log: silentLog, wallClock: () => NOW };
  return new IceMinter(env, {
    terms: () => ({ secret: 'sixteen-letters!', lifetimeSeconds: 600 }),
    turnPort: 3478,
    webPortIsOpen,
  });
}

test('credentials follow a reload: the secret and the lifetime are asked for each time', () => {
  let terms = { secret: 'sixteen-letters!', lifetimeSeconds: 600 };
  const env = { crypto: nodeCrypto, random: new SeededRandom(1), log: silentLog, wallClock: () => NOW };
  const live = new IceMinter(env, { terms: () => terms, turnPort: 3478, webPortIsOpen: true });
  const asked = { name: 'call.local', port: 8080, proxied: false };
  const before = live.mint('somebody', asked);
  terms = { secret: 'another-sixteen-letters', lifetimeSeconds: 60 };
  const after = live.mint('somebody', asked);
  assert.equal(after.ttlSeconds, 60);
  assert.notEqual(after.iceServers[1]?.credential, before.iceServers[1]?.credential);
});

test('a participant gets addresses by the name and port that its browser used, and credentials that end', () => {
  const asked = { name: 'call.local', port: 8080, proxied: false };
  const { iceServers, ttlSeconds } = minter(true).mint('somebody', asked);
  assert.equal(ttlSeconds, 600);
  assert.deepEqual(iceServers[0], { urls: ['stun:call.local:3478'] });
  assert.deepEqual(iceServers[1]?.urls, [
    'turn:call.local:3478?transport=udp',
    'turn:call.local:8080?transport=tcp',
    'turns:call.local:8080?transport=tcp',
  ]);
  const username = iceServers[1]?.username ?? '';
  assert.deepEqual(parseRestName(username), { expiresAtSeconds: NOW / 1000 + 600, id: 'somebody' });
  assert.equal(iceServers[1]?.credential, restPassword(nodeCrypto, 'sixteen-letters!', username));
});

test('behind a proxy, which carries no TURN, TCP goes to the TURN port', () => {
  const expected = ['turn:[2001:db8::1]:3478?transport=udp', 'turn:[2001:db8::1]:3478?transport=tcp'];
  const asked = { name: '[2001:db8::1]', port: 443, proxied: true };
  assert.deepEqual(minter(true).mint('x', asked).iceServers[1]?.urls, expected);
  assert.deepEqual(minter(false).mint('x', { ...asked, proxied: false }).iceServers[1]?.urls, expected);
});

test('links are for every address when the server listens on all, and for the one when not', () => {
  assert.deepEqual(hostsOf('192.0.2.1', []), ['192.0.2.1']);
  const all = hostsOf('0.0.0.0', ['203.0.113.5', '2001:db8::5']);
  assert.equal(all[0], '203.0.113.5');
  assert.equal(all.at(-1), 'localhost');
  assert.ok(
    all.every((host) => !host.includes(':')),
    'a socket of IPv4 has no IPv6 links',
  );
  assert.ok(hostsOf('::', ['2001:db8::5']).includes('2001:db8::5'));
  assert.equal(webLink('2001:db8::5', 443), 'https://[2001:db8::5]');
});

test('relays are told at useful addresses first, and at loopback only where there is nothing else', () => {
  const tell = (addresses: string[], publicIps: string[] = [], tlsPort?: number) =>
    relayLinks(addresses, publicIps, 3478, tlsPort).map(({ turn, turns }) => turns ?? turn);
  assert.deepEqual(tell(['192.168.0.2', '127.0.0.1', '::1']), ['turn:192.168.0.2:3478']);
  assert.deepEqual(tell(['127.0.0.1', '::1'], [], 8080), ['turns:127.0.0.1:8080', 'turns:[::1]:8080']);
  assert.deepEqual(tell(['10.0.0.2'], ['203.0.113.5', '2001:db8::5']), [
    'turn:203.0.113.5:3478',
    'turn:10.0.0.2:3478',
  ]);
});

test('a failure to listen names the option that chose the address', () => {
  const names = { host: '--host', port: '--port' };
  const about = (code: string) => {
    const cause = Object.assign(new Error(), { code });
    return listenError('TCP', { ip: '192.0.2.1', port: 80 }, names, cause);
  };
  assert.match(about('EADDRINUSE').message, /^--port: TCP 192\.0\.2\.1:80 is already in use/);
  assert.match(about('EACCES').message, /^--port: .* may not be bound/);
  assert.match(about('EADDRNOTAVAIL').message, /^--host: .* no address of this machine/);
  assert.match(about('ENOTFOUND').message, /^--host: 192\.0\.2\.1 is no name/);
  assert.ok(about('EWHATEVER') instanceof StackError);
});

test('what was opened is closed in the opposite order, also beside one that fails', async () => {
  const closed: string[] = [];
  const stack = new CloseStack(silentLog);
  for (const name of ['first', 'second', 'third']) {
    stack.push(name, async () => {
      closed.push(name);
      if (name === 'second') throw new Error('stuck');
    });
  }
  await stack.closeAll();
  await stack.closeAll();
  assert.deepEqual(closed, ['third', 'second', 'first']);
});

test('facts become numbers, and no fact can add a label', async () => {
  const metrics = new Metrics('1.2.3');
  const stats = { connections: 3, sessions: 4, participants: 2, rooms: 1, emptyRooms: 5, lobbyWatchers: 0 };
  const take = signalingMetrics(metrics, () => stats);
  take({ type: 'received', message: 'hello' });
  take({ type: 'received', message: 'made up' as 'hello' });
  take({ type: 'refused', code: 'ROOM_FULL' });
  take({ type: 'refused', code: 'ROOM_FULL' });
  take({ type: 'room-opened', room: 'r' as never });
  take({ type: 'left', room: 'r' as never, participant: 'p' as never, reason: 'lost' });
  take({ type: 'session-started', session: 's' as never });
  const text = await metrics.text();
  for (const line of [
    'ieum_info{version="1.2.3"} 1',
    'ieum_signaling_connections 3',
    'ieum_empty_rooms 5',
    'ieum_signaling_messages_total{type="hello"} 1',
    'ieum_signaling_messages_total{type="other"} 1',
    'ieum_signaling_messages_total{type="ping"} 0',
    'ieum_signaling_refusals_total{code="ROOM_FULL"} 2',
    'ieum_room_changes_total{change="room-opened"} 1',
    'ieum_room_changes_total{change="lost"} 1',
    'ieum_signaling_session_changes_total{change="session-started"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), line);
  }
  assert.match(text, /^process_cpu_user_seconds_total /m);
});

test('TURN gets its own secret or the given ones, and faces the world behind a proxy', () => {
  const secrets = { turn: 't'.repeat(43), nonce: 'n'.repeat(43), signaling: 's'.repeat(43) };
  assert.deepEqual(turnServiceOptions(settingsWith({}), secrets).restSecrets, [secrets.turn]);
  const given = ['first-secret-of-two', 'second-secret-of-two'];
  const policy = turnServiceOptions(
    settingsWith({ turnSecret: given, publicIp: ['203.0.113.5'], user: [{ name: 'a', password: 'b' }] }),
    secrets,
  );
  assert.deepEqual(policy.restSecrets, given);
  assert.deepEqual(policy.users, [{ username: 'a', password: 'b' }]);
  assert.deepEqual(policy.publicIps, ['203.0.113.5']);
  assert.equal(turnHost(settingsWith({ host: '127.0.0.1' })), '127.0.0.1');
  assert.equal(turnHost(settingsWith({}, 'production')), '0.0.0.0');
  assert.equal(turnHost(settingsWith({ turnHost: '192.0.2.1' }, 'production')), '192.0.2.1');
});
