/** RTCIceCandidate: what it reads out of a text, and what it refuses. webrtc.html §4.8.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCIceCandidate } from '../../../src/webrtc/index.ts';

const RELAY =
  'candidate:4234997325 1 udp 2043278322 192.0.2.172 44323 typ relay raddr 198.51.100.7 rport 5000 ufrag a1B2';
const TCP = 'candidate:1 2 TCP 2105458943 2001:db8::9 9 typ host tcptype active';

test('shows every field of a relay candidate', () => {
  const candidate = new RTCIceCandidate({
    candidate: RELAY,
    sdpMid: '0',
    usernameFragment: 'a1B2',
    relayProtocol: 'tls',
    url: 'turns:turn.example.org',
  });
  assert.equal(candidate.candidate, RELAY);
  assert.equal(candidate.foundation, '4234997325');
  assert.equal(candidate.component, 'rtp');
  assert.equal(candidate.priority, 2_043_278_322);
  assert.equal(candidate.address, '192.0.2.172');
  assert.equal(candidate.protocol, 'udp');
  assert.equal(candidate.port, 44_323);
  assert.equal(candidate.type, 'relay');
  assert.equal(candidate.tcpType, null);
  assert.equal(candidate.relatedAddress, '198.51.100.7');
  assert.equal(candidate.relatedPort, 5000);
  assert.equal(candidate.usernameFragment, 'a1B2');
  assert.equal(candidate.relayProtocol, 'tls');
  assert.equal(candidate.url, 'turns:turn.example.org');
});

test('shows the fields of a TCP candidate', () => {
  const candidate = new RTCIceCandidate({ candidate: TCP, sdpMLineIndex: 1 });
  assert.equal(candidate.component, 'rtcp');
  assert.equal(candidate.protocol, 'tcp');
  assert.equal(candidate.tcpType, 'active');
  assert.equal(candidate.address, '2001:db8::9');
  assert.equal(candidate.relatedAddress, null);
  assert.equal(candidate.sdpMLineIndex, 1);
  assert.equal(candidate.sdpMid, null);
});

test('its JSON has what signaling needs, and nothing else', () => {
  const init = { candidate: RELAY, sdpMid: 'data', sdpMLineIndex: 0, usernameFragment: null };
  const candidate = new RTCIceCandidate({ ...init, url: 'turn:turn.example.org' });
  assert.deepEqual(JSON.parse(JSON.stringify(candidate)), init);
});

for (const text of [
  'nonsense',
  'candidate:1 1 udp 1 192.0.2.1 1 typ unheard-of',
  'candidate:1 3 udp 1 192.0.2.1 1 typ host',
  'candidate:1 1 sctp 1 192.0.2.1 1 typ host',
  'candidate:1 1 tcp 1 192.0.2.1 1 typ host tcptype sideways',
  'candidate:1 1 udp 1 192.0.2.1 99999 typ host',
]) {
  test(`keeps a text that it cannot read, without fields: ${text}`, () => {
    const candidate = new RTCIceCandidate({ candidate: text, sdpMid: '0' });
    assert.equal(candidate.candidate, text);
    assert.equal(candidate.foundation, null);
    assert.equal(candidate.type, null);
    assert.equal(candidate.port, null);
  });
}

test('an empty text ends the candidates', () => {
  const candidate = new RTCIceCandidate({ candidate: '', sdpMid: '0', usernameFragment: 'abcd' });
  assert.equal(candidate.candidate, '');
  assert.equal(candidate.type, null);
});

test('refuses what belongs to no section', () => {
  assert.throws(() => new RTCIceCandidate(), TypeError);
  assert.throws(() => new RTCIceCandidate({ candidate: RELAY }), TypeError);
  assert.throws(
    () => new RTCIceCandidate({ candidate: RELAY, sdpMid: null, sdpMLineIndex: null }),
    TypeError,
  );
});

test('converts as Web IDL says', () => {
  const odd = { candidate: 7, sdpMid: 0, sdpMLineIndex: 65_537 } as unknown as RTCIceCandidateInitOf;
  const candidate = new RTCIceCandidate(odd);
  assert.equal(candidate.candidate, '7');
  assert.equal(candidate.sdpMid, '0');
  assert.equal(candidate.sdpMLineIndex, 1);
  const wrong = { sdpMid: '0', relayProtocol: 'pigeon' } as unknown as RTCIceCandidateInitOf;
  assert.throws(() => new RTCIceCandidate(wrong), TypeError);
});

type RTCIceCandidateInitOf = ConstructorParameters<typeof RTCIceCandidate>[0];
