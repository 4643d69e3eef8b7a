/** What offers say, line by line. RFC 9429 §5.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINGERPRINT, sdpOf } from '../../../support/peer/descriptions.ts';
import {
  lineOf,
  localOf,
  makeCandidate,
  makeNegotiation,
  makeOfferer,
  negotiate,
} from '../../../support/peer/negotiations.ts';

/** What every description begins with, and a transport for all its sections. */
const SESSION = [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuv',
  `a=fingerprint:${FINGERPRINT}`,
] as const;

/** Random words are another test's business. */
function withoutRandom(sdp: string): string {
  return sdp
    .replace(/^o=- \d+ /m, 'o=- ID ')
    .replace(/^(a=ice-ufrag:|a=ice-pwd:|a=tls-id:).*$/gm, '$1…')
    .replace(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'AA:BB');
}

test('a first offer with a data channel is what RFC 9429 §5.2.1 asks for, line by line', () => {
  const { sdp, type } = makeOfferer(1).createOffer();
  assert.equal(type, 'offer');
  assert.equal(
    withoutRandom(sdp),
    sdpOf(
      'v=0',
      'o=- ID 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      'a=ice-options:trickle ice2',
      'a=msid-semantic: WMS',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=ice-ufrag:…',
      'a=ice-pwd:…',
      'a=fingerprint:sha-256 AA:BB',
      'a=setup:actpass',
      'a=tls-id:…',
      'a=mid:0',
      'a=sctp-port:5000',
      'a=max-message-size:262144',
    ),
  );
});

test('without a data channel there is no section, and still a description', () => {
  assert.equal(
    withoutRandom(makeNegotiation(1).createOffer().sdp),
    sdpOf(
      'v=0',
      'o=- ID 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      'a=ice-options:trickle ice2',
      'a=msid-semantic: WMS',
    ),
  );
});

test('the random words have the lengths and the characters that the RFCs ask for', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { sdp } = makeOfferer(seed).createOffer();
    assert.match(lineOf(sdp, 'a=ice-ufrag:') ?? '', /^[A-Za-z0-9+/]{4,256}$/);
    assert.match(lineOf(sdp, 'a=ice-pwd:') ?? '', /^[A-Za-z0-9+/]{22,256}$/);
    assert.match(lineOf(sdp, 'a=tls-id:') ?? '', /^[A-Za-z0-9+/\-_]{20,255}$/);
    const [sessionId = ''] = (lineOf(sdp, 'o=- ') ?? '').split(' ');
    assert.ok(BigInt(sessionId) < 2n ** 63n - 1n, sessionId);
  }
});

test('the version grows with every description, and the session id stays', () => {
  const peer = makeOfferer(1);
  const origins = [peer.createOffer(), peer.createOffer(), peer.createOffer()].map(({ sdp }) =>
    (lineOf(sdp, 'o=- ') ?? '').split(' '),
  );
  assert.deepEqual(
    origins.map(([, version]) => version),
    ['1', '2', '3'],
  );
  assert.equal(new Set(origins.map(([id]) => id)).size, 1);
});

test('every certificate has its fingerprints, of every hash', () => {
  const { sdp } = makeOfferer(1, {
    fingerprints: [
      { hash: 'sha-256', value: new Uint8Array(32).fill(1) },
      { hash: 'sha-512', value: new Uint8Array(64).fill(2) },
    ],
  }).createOffer();
  const fingerprints = sdp.split('\r\n').filter((line) => line.startsWith('a=fingerprint:'));
  assert.equal(fingerprints.length, 2);
  assert.match(fingerprints[1] ?? '', /^a=fingerprint:sha-512 02(:02){63}$/);
});

test('candidates stand in the description that they belong to, and the best known one in its m= and c= lines', () => {
  const peer = makeOfferer(1);
  peer.setLocalDescription();
  peer.addLocalCandidate(makeCandidate({ address: '192.0.2.1', port: 1111 }));
  peer.addLocalCandidate(
    makeCandidate({
      foundation: '2',
      type: 'srflx',
      address: '203.0.113.1',
      port: 2222,
      related: { ip: '192.0.2.1', port: 1111 },
    }),
  );
  peer.endLocalCandidates();
  const { sdp } = localOf(peer);
  assert.match(sdp, /^m=application 2222 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m);
  assert.match(sdp, /^c=IN IP4 203\.0\.113\.1\r$/m);
  assert.match(sdp, /^a=candidate:1 1 udp 2130706431 192\.0\.2\.1 1111 typ host\r$/m);
  assert.match(
    sdp,
    /^a=candidate:2 1 udp \d+ 203\.0\.113\.1 2222 typ srflx raddr 192\.0\.2\.1 rport 1111\r$/m,
  );
  assert.match(sdp, /^a=end-of-candidates\r$/m);
  // An offer that is made from here on has them too.
  assert.match(peer.createOffer().sdp, /^a=end-of-candidates\r$/m);
});

test('a name of mDNS and a TCP candidate are never the default', () => {
  const peer = makeOfferer(1);
  peer.setLocalDescription();
  peer.addLocalCandidate(makeCandidate({ address: '5e1a2b3c-0000-4000-8000-000000000000.local' }));
  peer.addLocalCandidate(makeCandidate({ transport: 'tcp', tcpType: 'active', port: 9 }));
  assert.match(localOf(peer).sdp, /^m=application 9 .*\r\nc=IN IP4 0\.0\.0\.0\r$/m);
  peer.addLocalCandidate(makeCandidate({ address: '2001:db8::1', port: 7777 }));
  assert.match(localOf(peer).sdp, /^m=application 7777 .*\r\nc=IN IP6 2001:db8::1\r$/m);
});

test('a section stays where it is and keeps its mid from one offer to the next', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  const { sdp } = b.createOffer();
  assert.equal(lineOf(sdp, 'a=mid:'), '0');
  assert.equal(lineOf(sdp, 'a=group:'), 'BUNDLE 0');
  assert.equal(lineOf(sdp, 'a=setup:'), 'actpass');
});

test('a section that was rejected stays in its place, and is used again under another mid', () => {
  const a = makeNegotiation(1);
  // A peer that offers nothing but a camera, and is refused.
  a.setRemoteDescription({
    type: 'offer',
    sdp: sdpOf(
      ...SESSION,
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      'a=mid:cam',
      'a=rtcp-mux',
      'a=rtpmap:96 VP8/90000',
    ),
  });
  a.setLocalDescription();
  assert.match(localOf(a).sdp, /^m=video 0 UDP\/TLS\/RTP\/SAVPF 96 97\r$/m);
  assert.match(a.createOffer().sdp, /^m=video 0 UDP\/TLS\/RTP\/SAVPF 96 97\r$/m);
  a.requestData();
  const { sdp } = a.createOffer();
  assert.equal(sdp.match(/^m=/gm)?.length, 1);
  assert.match(sdp, /^m=application 9 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m);
  assert.equal(lineOf(sdp, 'a=mid:'), '0');
});

test('a made-up mid is none that is or was in use', () => {
  const a = makeNegotiation(1);
  a.setRemoteDescription({
    type: 'offer',
    sdp: sdpOf(
      ...SESSION,
      'm=audio 9 UDP/TLS/RTP/SAVPF 0',
      'a=mid:0',
      'a=rtcp-mux',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=mid:1',
      'a=rtcp-mux',
    ),
  });
  a.setLocalDescription();
  a.requestData();
  assert.equal(lineOf(a.createOffer().sdp, 'a=group:'), 'BUNDLE 2');
});
