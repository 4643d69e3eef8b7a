/** Why remote descriptions are refused, in W3C's words. webrtc.html §4.4.1.5, RFC 9429 §5.8.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerFault } from '../../../../src/peer/peer-fault.ts';
import {
  CHROMIUM_DATA_OFFER,
  CHROMIUM_MEDIA_OFFER,
  FIREFOX_DATA_OFFER,
} from '../../../support/peer/descriptions.ts';
import {
  localOf,
  makeNegotiation,
  makeOfferer,
  namesOf,
  stepOf,
} from '../../../support/peer/negotiations.ts';

function faultOf(act: () => void): PeerFault {
  try {
    act();
  } catch (error) {
    if (error instanceof PeerFault) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

test('what is no SDP is told with its line', () => {
  const peer = makeNegotiation(1);
  const sdp = CHROMIUM_DATA_OFFER.replace('c=IN IP4 0.0.0.0', 'c=nonsense');
  const { name, detail, sdpLineNumber } = faultOf(() => peer.setRemoteDescription({ type: 'offer', sdp }));
  assert.deepEqual([name, detail, sdpLineNumber], ['OperationError', 'sdp-syntax-error', 9]);
  assert.equal(peer.signalingState, 'stable');
});

test('an empty description is no SDP', () => {
  const { detail } = faultOf(() => makeNegotiation(1).setRemoteDescription({ type: 'offer', sdp: '' }));
  assert.equal(detail, 'sdp-syntax-error');
});

test('a description of megabytes is refused in plain words', () => {
  const sdp = CHROMIUM_DATA_OFFER + 'a=x:y\r\n'.repeat(200_000);
  const { message } = faultOf(() => makeNegotiation(1).setRemoteDescription({ type: 'offer', sdp }));
  assert.match(message, /has \d+ characters; at most 1048576 are read/);
});

test('thousands of sections are refused in plain words', () => {
  const sdp = CHROMIUM_DATA_OFFER + 'm=audio 0 RTP/AVP 0\r\n'.repeat(2000);
  const { name, message } = faultOf(() => makeNegotiation(1).setRemoteDescription({ type: 'offer', sdp }));
  assert.equal(name, 'InvalidAccessError');
  assert.match(message, /2001 media sections; at most 1024/);
});

const BROKEN: readonly (readonly [string, (sdp: string) => string])[] = [
  ['no credentials', (sdp) => sdp.replace(/^a=ice-ufrag:.*\r\n/m, '')],
  ['a short username fragment', (sdp) => sdp.replace(/^a=ice-ufrag:.*$/m, 'a=ice-ufrag:abc')],
  ['a short password', (sdp) => sdp.replace(/^a=ice-pwd:.*$/m, 'a=ice-pwd:short')],
  ['no fingerprint', (sdp) => sdp.replace(/^a=fingerprint:.*\r\n/m, '')],
  ['a broken fingerprint', (sdp) => sdp.replace(/^a=fingerprint:.*$/m, 'a=fingerprint:sha-256 AB:CD')],
  ['an unknown setup', (sdp) => sdp.replace('a=setup:actpass', 'a=setup:either')],
  ['a setup that holds', (sdp) => sdp.replace('a=setup:actpass', 'a=setup:holdconn')],
  ['a broken SCTP port', (sdp) => sdp.replace('a=sctp-port:5000', 'a=sctp-port:65536')],
  ['a broken message size', (sdp) => sdp.replace('262144', 'many')],
  ['a broken tls-id', (sdp) => sdp.replace('a=mid:0', 'a=mid:0\r\na=tls-id:short')],
  ['a group with a mid that there is not', (sdp) => sdp.replace('BUNDLE 0', 'BUNDLE 0 1')],
  ['a group with a mid twice', (sdp) => sdp.replace('BUNDLE 0', 'BUNDLE 0 0')],
  ['a mid that is no token', (sdp) => sdp.replace('a=mid:0', 'a=mid:0 1')],
  ['a mid twice', (sdp) => `${sdp}m=audio 0 RTP/AVP 0\r\na=mid:0\r\n`],
];
for (const [what, damage] of BROKEN) {
  test(`an offer with ${what} is refused: InvalidAccessError, in one sentence`, () => {
    const peer = makeNegotiation(1);
    const sdp = damage(CHROMIUM_DATA_OFFER);
    assert.notEqual(sdp, CHROMIUM_DATA_OFFER);
    const { name, message } = faultOf(() => peer.setRemoteDescription({ type: 'offer', sdp }));
    assert.equal(name, 'InvalidAccessError');
    assert.match(message, /^[A-Zas].*\.$/);
    assert.equal(peer.signalingState, 'stable');
    assert.equal(peer.pendingRemoteDescription, undefined);
  });
}

test('RTCP on a port of its own is refused', () => {
  const sdp = CHROMIUM_MEDIA_OFFER.replace('a=rtcp-mux\r\n', '');
  const { name, message } = faultOf(() => makeNegotiation(1).setRemoteDescription({ type: 'offer', sdp }));
  assert.equal(name, 'InvalidAccessError');
  assert.match(message, /rtcp-mux/);
});

test('what stands at the session counts for its sections; what stands with a section counts more', () => {
  const peer = makeNegotiation(1);
  const sdp = CHROMIUM_DATA_OFFER.replace(
    'a=group:BUNDLE 0',
    `a=ice-ufrag:session\r\na=setup:passive\r\na=fingerprint:sha-256 ${'00:'.repeat(31)}00\r\na=group:BUNDLE 0`,
  )
    .replace('a=ice-ufrag:4ZcD\r\n', '')
    .replace('a=setup:actpass\r\n', '');
  peer.setRemoteDescription({ type: 'offer', sdp });
  const steps = peer.setLocalDescription();
  assert.equal(stepOf(steps, 'remote-ice').ice.usernameFragment, 'session');
  assert.equal(stepOf(steps, 'dtls').fingerprints[0]?.value[0], 0xab);
  assert.equal(stepOf(steps, 'dtls').role, 'client');
});

test('one broken fingerprint among good ones does no harm', () => {
  const peer = makeNegotiation(1);
  const sdp = CHROMIUM_DATA_OFFER.replace('a=fingerprint:', 'a=fingerprint:md5 00:11\r\na=fingerprint:');
  peer.setRemoteDescription({ type: 'offer', sdp });
  assert.equal(stepOf(peer.setLocalDescription(), 'dtls').fingerprints.length, 1);
});

test('a fingerprint that proves nothing is SDP all the same, and no certificate will match', () => {
  const peer = makeNegotiation(1);
  const weak = `a=fingerprint:sha-1 ${'AB:'.repeat(19)}AB`;
  peer.setRemoteDescription({
    type: 'offer',
    sdp: CHROMIUM_DATA_OFFER.replace(/^a=fingerprint:.*$/m, weak),
  });
  assert.deepEqual(stepOf(peer.setLocalDescription(), 'dtls').fingerprints, []);
});

test('sections that we cannot use are judged, too', () => {
  for (const damage of [
    (sdp: string) => sdp.replace('a=ice-ufrag:4ZcD', 'a=ice-ufrag:4$cD'),
    (sdp: string) => sdp.replace(/^a=fingerprint:.*\r\n/m, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n'),
  ]) {
    const sdp = damage(CHROMIUM_MEDIA_OFFER);
    const { name } = faultOf(() => makeNegotiation(1).setRemoteDescription({ type: 'offer', sdp }));
    assert.equal(name, 'InvalidAccessError');
  }
});

for (const [offered, ours, said] of [
  ['actpass', 'client', 'active'],
  ['active', 'server', 'passive'],
  ['passive', 'client', 'active'],
] as const) {
  test(`an offer with a=setup:${offered} is answered with ${said}`, () => {
    const peer = makeNegotiation(1);
    const sdp = CHROMIUM_DATA_OFFER.replace('a=setup:actpass', `a=setup:${offered}`);
    peer.setRemoteDescription({ type: 'offer', sdp });
    assert.equal(stepOf(peer.setLocalDescription(), 'dtls').role, ours);
    assert.match(localOf(peer).sdp, new RegExp(`^a=setup:${said}\\r$`, 'm'));
  });
}

for (const [answered, ours] of [
  ['a=setup:active\r\n', 'server'],
  ['a=setup:passive\r\n', 'client'],
  ['', 'server'],
] as const) {
  test(`an answer with "${answered.trim()}" makes us the ${ours}`, () => {
    const peer = makeOfferer(1);
    peer.setLocalDescription();
    const sdp = FIREFOX_DATA_OFFER.replace('a=setup:actpass\r\n', answered);
    const steps = peer.setRemoteDescription({ type: 'answer', sdp });
    assert.equal(stepOf(steps, 'dtls').role, ours);
  });
}

const ANSWER = CHROMIUM_DATA_OFFER.replace('a=setup:actpass', 'a=setup:active');
const WRONG_ANSWERS: readonly (readonly [string, string])[] = [
  ['leaves the role open', CHROMIUM_DATA_OFFER],
  ['has no section', ANSWER.slice(0, ANSWER.indexOf('m=')).replace('a=group:BUNDLE 0\r\n', '')],
  ['has a section more', `${ANSWER}m=audio 0 RTP/AVP 0\r\n`],
  ['has another kind', ANSWER.replace('m=application', 'm=message')],
  ['has another protocol', ANSWER.replace('UDP/DTLS/SCTP', 'TCP/DTLS/SCTP')],
  ['has another mid', ANSWER.replace('a=mid:0', 'a=mid:1').replace('BUNDLE 0', 'BUNDLE 1')],
];
for (const [what, sdp] of WRONG_ANSWERS) {
  test(`an answer that ${what} is refused, and our offer stays`, () => {
    const peer = makeOfferer(1);
    peer.setLocalDescription();
    const { name } = faultOf(() => peer.setRemoteDescription({ type: 'answer', sdp }));
    assert.equal(name, 'InvalidAccessError');
    assert.equal(peer.signalingState, 'have-local-offer');
  });
}

test('an answer without mids is taken', () => {
  const peer = makeOfferer(1);
  peer.setLocalDescription();
  const sdp = ANSWER.replace('a=mid:0\r\n', '').replace('a=group:BUNDLE 0\r\n', '');
  assert.ok(namesOf(peer.setRemoteDescription({ type: 'answer', sdp })).includes('sctp'));
});

test('sections keep their places: none is left out, none becomes something else, none changes its mid', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  peer.setLocalDescription();
  for (const sdp of [
    CHROMIUM_DATA_OFFER.slice(0, CHROMIUM_DATA_OFFER.indexOf('m=')).replace('a=group:BUNDLE 0\r\n', ''),
    CHROMIUM_MEDIA_OFFER,
    CHROMIUM_DATA_OFFER.replace('a=mid:0', 'a=mid:7').replace('BUNDLE 0', 'BUNDLE 7'),
  ]) {
    assert.equal(faultOf(() => peer.setRemoteDescription({ type: 'offer', sdp })).name, 'InvalidAccessError');
  }
  assert.equal(peer.signalingState, 'stable');
});

test('the DTLS role of a running association may not be turned round', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  peer.setLocalDescription();
  const sdp = CHROMIUM_DATA_OFFER.replace('a=setup:actpass', 'a=setup:active');
  const { message } = faultOf(() => peer.setRemoteDescription({ type: 'offer', sdp }));
  assert.match(message, /roles of the DTLS association/);
});

test('canTrickle follows the options of the remote description', () => {
  const peer = makeNegotiation(1);
  assert.equal(peer.canTrickle, undefined);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  assert.equal(peer.canTrickle, true);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER.replace(/^a=ice-opt.*\r\n/m, '') });
  assert.equal(peer.canTrickle, false);
  peer.setRemoteDescription({ type: 'offer', sdp: FIREFOX_DATA_OFFER });
  assert.equal(peer.canTrickle, true);
});
