/** Which ICE servers the browser gets, and which candidates belong to which description. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { belongsTo, CandidateBuffer } from '../../../src/client/candidate-buffer.ts';
import { filterServers, IceServers, relayTransportOf } from '../../../src/client/ice-servers.ts';

const minted = {
  ttlSeconds: 600,
  iceServers: [
    { urls: ['stun:h:3478'] },
    {
      urls: ['turn:h:3478?transport=udp', 'turn:h:8080?transport=tcp', 'turns:h:8080?transport=tcp'],
      username: 'u',
      credential: 'c',
    },
  ],
};

test('the transport of a TURN URL, RFC 7065 §3.1', () => {
  assert.equal(relayTransportOf('turn:h'), 'udp');
  assert.equal(relayTransportOf('turn:h:1?transport=tcp'), 'tcp');
  assert.equal(relayTransportOf('turns:h:443'), 'tls');
  assert.equal(relayTransportOf('stun:h'), undefined);
});

test('a relay transport keeps its URLs only, with their credentials', () => {
  assert.deepEqual(filterServers(minted, undefined), minted.iceServers);
  for (const [transport, url] of [
    ['udp', 'turn:h:3478?transport=udp'],
    ['tcp', 'turn:h:8080?transport=tcp'],
    ['tls', 'turns:h:8080?transport=tcp'],
  ] as const) {
    assert.deepEqual(filterServers(minted, transport), [{ urls: [url], username: 'u', credential: 'c' }]);
  }
});

test('the configuration is made of the newest servers', () => {
  const servers = new IceServers({ icePolicy: 'relay', relayTransport: undefined });
  assert.deepEqual(servers.rtcConfiguration().iceServers, []);
  servers.update(minted);
  const configuration = servers.rtcConfiguration();
  assert.equal(configuration.iceServers?.length, 2);
  assert.equal(configuration.iceTransportPolicy, 'relay');
  assert.equal(configuration.rtcpMuxPolicy, 'require');
});

const description = (ufrag: string): RTCSessionDescription =>
  ({ type: 'offer', sdp: `v=0\r\nm=audio 9 X 0\r\na=ice-ufrag:${ufrag}\r\n` }) as RTCSessionDescription;

test('a candidate belongs to the description that has its username fragment', () => {
  const named = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', usernameFragment: 'abcd' };
  const inText = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host ufrag abcd' };
  const unnamed = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' };
  for (const candidate of [named, inText]) {
    assert.equal(belongsTo(candidate, description('abcd')), true);
    assert.equal(belongsTo(candidate, description('efgh')), false);
    assert.equal(belongsTo(candidate, null), false);
  }
  assert.equal(belongsTo(unnamed, description('efgh')), true);
});

test('held candidates are given once, and the oldest make room', () => {
  const buffer = new CandidateBuffer();
  const candidate = (n: number, usernameFragment: string) => ({
    candidate: `candidate:${n}`,
    usernameFragment,
  });
  for (let n = 0; n < 300; n++) buffer.hold(candidate(n, n % 2 ? 'odd' : 'even'));
  const odd = buffer.takeFor(description('odd'));
  assert.equal(odd.length, 128);
  assert.equal(odd[0]?.candidate, 'candidate:45');
  assert.equal(buffer.takeFor(description('odd')).length, 0);
  assert.equal(buffer.takeFor(description('even')).length, 128);
});
