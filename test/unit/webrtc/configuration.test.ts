/** RTCConfiguration: defaults, conversions, ICE server URLs. webrtc.html §4.2, §4.4.1.6. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkModification,
  toConfiguration,
  toPeerConfiguration,
} from '../../../src/webrtc/configuration.ts';
import { relayProtocolOf } from '../../../src/webrtc/ice-server-url.ts';

const judged = (configuration: unknown) => toPeerConfiguration(toConfiguration(configuration));

test('everything has a default', () => {
  assert.deepEqual(judged({}), {
    iceServers: [],
    iceTransportPolicy: 'all',
    bundlePolicy: 'balanced',
    rtcpMuxPolicy: 'require',
    iceCandidatePoolSize: 0,
  });
  assert.deepEqual(judged(null), judged(undefined));
});

test('one URL may stand for a list', () => {
  const { iceServers } = judged({
    iceServers: [{ urls: 'stun:stun.example.org' }, { urls: new Set(['stun:a.example', 'stun:b.example']) }],
  });
  assert.deepEqual(
    iceServers.map(({ urls }) => urls),
    [['stun:stun.example.org'], ['stun:a.example', 'stun:b.example']],
  );
});

for (const configuration of [
  { bundlePolicy: 'best' },
  { iceTransportPolicy: 'none' },
  { rtcpMuxPolicy: 'negotiate' },
  { iceCandidatePoolSize: -1 },
  { iceCandidatePoolSize: 256 },
  { iceCandidatePoolSize: Number.NaN },
  { iceServers: 'stun:stun.example.org' },
  { iceServers: [{}] },
  { iceServers: [undefined] },
  { iceServers: [null] },
  { certificates: [{}] },
  { certificates: null },
  { iceServers: null },
  { ieum: { portRange: [5, 4] } },
  { ieum: { portRange: [0, 4] } },
  { ieum: { portRange: 5000 } },
  7,
]) {
  test(`a TypeError: ${JSON.stringify(configuration)}`, () => {
    assert.throws(() => toConfiguration(configuration), TypeError);
  });
}

const LOGIN = { username: 'user', credential: 'cred' };

for (const urls of [
  'stun:stun.example.org',
  'STUN:stun.example.org',
  'stuns:stun.example.org:5349',
  'stun:[2001:db8::1]:3478',
  'turn:turn.example.org?transport=udp',
  'turns:192.0.2.1:443?transport=tcp',
]) {
  test(`a good URL: ${urls}`, () => {
    assert.deepEqual(judged({ iceServers: [{ urls, ...LOGIN }] }).iceServers, [{ urls: [urls], ...LOGIN }]);
  });
}

for (const urls of [
  [],
  '',
  'relative-url',
  'http://example.org',
  'stun://example.org/foo',
  'stun:/example.org',
  'stun:',
  'stun:example.org#',
  'stun:example.org?transport=udp',
  'stun:user@example.org',
  'stun:example.org:port',
  'stun:example.org:70000',
  'turn://turn.example.org',
  'turn:turn.example.org?transport=sctp',
  'turn:turn.example.org?',
  'turn:turn.example.org/x',
]) {
  test(`a SyntaxError: ${JSON.stringify(urls)}`, () => {
    assert.throws(() => judged({ iceServers: [{ urls, ...LOGIN }] }), { name: 'SyntaxError' });
  });
}

test('a TURN server needs a username of at most 509 bytes, and a credential', () => {
  const server = (more: object) => ({ iceServers: [{ urls: 'turn:turn.example.org', ...more }] });
  assert.throws(() => judged(server({})), { name: 'InvalidAccessError' });
  assert.throws(() => judged(server({ username: 'u' })), { name: 'InvalidAccessError' });
  assert.throws(() => judged(server({ credential: 'c' })), { name: 'InvalidAccessError' });
  const long = 'é'.repeat(255);
  assert.throws(() => judged(server({ username: long, credential: 'c' })), { name: 'InvalidAccessError' });
  assert.doesNotThrow(() => judged(server({ username: '', credential: '' })));
});

test('setConfiguration may not change what was agreed on', () => {
  const before = toConfiguration({});
  const change = (after: object, applied = false) =>
    checkModification(before, toConfiguration(after), applied);
  assert.throws(() => change({ bundlePolicy: 'max-bundle' }), { name: 'InvalidModificationError' });
  assert.doesNotThrow(() => change({ iceCandidatePoolSize: 1 }));
  assert.throws(() => change({ iceCandidatePoolSize: 1 }, true), { name: 'InvalidModificationError' });
  assert.doesNotThrow(() => change({ iceTransportPolicy: 'relay' }, true));
});

test('what only we know is kept', () => {
  const ieum = { loopback: true, interfaces: ['eth0'], portRange: [50_000, 50_010] };
  assert.deepEqual(toConfiguration({ ieum }).ieum, ieum);
  assert.deepEqual(toConfiguration({}).ieum, {});
  assert.deepEqual(toConfiguration({ ieum: { udpPort: undefined } }).ieum, {});
});

test('a misspelt member of ours is told of, with those that there are', () => {
  assert.throws(() => toConfiguration({ ieum: { portrange: [50_000, 50_010] } }), {
    name: 'TypeError',
    message: /no member portrange; its members are .*\bportRange\b/,
  });
});

test('how a TURN server is spoken to', () => {
  assert.equal(relayProtocolOf('turn:a.example'), 'udp');
  assert.equal(relayProtocolOf('turn:a.example?transport=tcp'), 'tcp');
  assert.equal(relayProtocolOf('turns:a.example'), 'tls');
  assert.equal(relayProtocolOf('turns:a.example?transport=udp'), 'udp');
});
