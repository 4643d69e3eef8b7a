/** ICE restarts: who asks, when credentials change, what goes on meanwhile. RFC 8839 §4.4, RFC 9429 §5.2.3.1, §5.3.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Negotiation } from '../../../../src/peer/negotiation/index.ts';
import {
  lineOf,
  localOf,
  makeNegotiation,
  makeOfferer,
  namesOf,
  negotiate,
  stepOf,
} from '../../../support/peer/negotiations.ts';

function connected(): { a: Negotiation; b: Negotiation } {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  return { a, b };
}

test('a second negotiation without changes changes nothing, whoever offers', () => {
  const { a, b } = connected();
  for (const [offerer, answerer] of [
    [a, b],
    [b, a],
  ] as const) {
    const round = negotiate(offerer, answerer);
    assert.deepEqual(Object.values(round).flat(), []);
  }
});

test('who answered keeps its DTLS role when it offers: the answer of the other says the opposite', () => {
  const { a, b } = connected();
  b.setLocalDescription();
  assert.equal(lineOf(localOf(b).sdp, 'a=setup:'), 'actpass');
  a.setRemoteDescription(localOf(b));
  a.setLocalDescription();
  assert.equal(lineOf(localOf(a).sdp, 'a=setup:'), 'passive');
});

test('a restart renews ICE on both sides and nothing else', () => {
  const { a, b } = connected();
  a.restartIce();
  assert.equal(a.isNeeded(), true);
  const round = negotiate(a, b);
  assert.deepEqual(namesOf(round.offered), ['gather']);
  assert.deepEqual(namesOf(round.received), []);
  assert.deepEqual(namesOf(round.answered), ['gather', 'remote-ice']);
  assert.deepEqual(namesOf(round.settled), ['remote-ice']);
  assert.equal(stepOf(round.offered, 'gather').restart && stepOf(round.answered, 'gather').restart, true);
  assert.deepEqual([a.isNeeded(), b.isNeeded()], [false, false]);
});

test('createOffer({ iceRestart }) restarts when it is applied, not before', () => {
  const { a } = connected();
  const { localIce } = a;
  const offer = a.createOffer({ iceRestart: true });
  assert.notEqual(lineOf(offer.sdp, 'a=ice-ufrag:'), localIce.usernameFragment);
  assert.deepEqual(a.localIce, localIce);
  assert.deepEqual(namesOf(a.setLocalDescription(offer)), ['gather']);
  assert.equal(a.localIce.usernameFragment, lineOf(offer.sdp, 'a=ice-ufrag:'));
  a.setLocalDescription({ type: 'rollback' });
  assert.equal(lineOf(a.createOffer().sdp, 'a=ice-ufrag:'), localIce.usernameFragment);
});

test('a restart that is wanted before there is a transport wants nothing', () => {
  const a = makeOfferer(1);
  a.restartIce();
  const before = lineOf(a.createOffer().sdp, 'a=ice-ufrag:');
  assert.equal(lineOf(a.createOffer().sdp, 'a=ice-ufrag:'), before);
});

test('a restart by the other side while ours is wanted settles both', () => {
  const { a, b } = connected();
  a.restartIce();
  b.restartIce();
  negotiate(b, a);
  assert.deepEqual([a.isNeeded(), b.isNeeded()], [false, false]);
});

test('a changed configuration restarts with the next offer, and needs none', () => {
  const { a, b } = connected();
  a.changeConfiguration();
  assert.equal(a.isNeeded(), false);
  assert.deepEqual(namesOf(negotiate(a, b).offered), ['gather']);
  assert.deepEqual(namesOf(negotiate(a, b).offered), []);
});

test('offer after offer with a restart: the last one counts', () => {
  const { a, b } = connected();
  a.setLocalDescription(a.createOffer({ iceRestart: true }));
  assert.deepEqual(namesOf(a.setLocalDescription(a.createOffer({ iceRestart: true }))), ['gather']);
  b.setRemoteDescription(localOf(a));
  b.setLocalDescription();
  const settled = a.setRemoteDescription(localOf(b));
  assert.deepEqual(namesOf(settled), ['remote-ice']);
  assert.equal(a.currentLocalDescription?.sdp.includes(a.localIce.usernameFragment), true);
});

test('another fingerprint makes another DTLS association and another tls-id, if ICE restarts', () => {
  const { a, b } = connected();
  const was = lineOf(localOf(b).sdp, 'a=tls-id:');
  const changed = (sdp: string) => sdp.replace(/(a=fingerprint:sha-256) .*/, `$1 ${'CD:'.repeat(31)}CD`);
  const plain = a.createOffer();
  assert.throws(() => b.setRemoteDescription({ type: 'offer', sdp: changed(plain.sdp) }), {
    name: 'InvalidAccessError',
  });
  const restart = a.createOffer({ iceRestart: true });
  b.setRemoteDescription({ type: 'offer', sdp: changed(restart.sdp) });
  assert.deepEqual(namesOf(b.setLocalDescription()), ['gather', 'remote-ice', 'dtls', 'sctp']);
  assert.notEqual(lineOf(localOf(b).sdp, 'a=tls-id:'), was);
});

test('another tls-id alone makes another association, too', () => {
  const { a, b } = connected();
  const { sdp } = a.createOffer({ iceRestart: true });
  b.setRemoteDescription({ type: 'offer', sdp: sdp.replace(/^(a=tls-id:).*$/m, '$1abcdefghijklmnopqrst') });
  assert.ok(namesOf(b.setLocalDescription()).includes('dtls'));
});

test('an offer may be answered by somebody else: other credentials, another association, without a restart', () => {
  const { a } = connected();
  const c = makeNegotiation(3);
  a.setLocalDescription();
  c.setRemoteDescription(localOf(a));
  c.setLocalDescription();
  assert.deepEqual(namesOf(a.setRemoteDescription(localOf(c))), ['remote-ice', 'dtls', 'sctp']);
});

test('another association without other credentials is refused', () => {
  const { a, b } = connected();
  a.setLocalDescription();
  b.setRemoteDescription(localOf(a));
  b.setLocalDescription();
  const sdp = localOf(b).sdp.replace(/^(a=tls-id:).*$/m, '$1abcdefghijklmnopqrst');
  assert.throws(() => a.setRemoteDescription({ type: 'answer', sdp }), { name: 'InvalidAccessError' });
  assert.equal(a.signalingState, 'have-local-offer');
});

test('a provisional answer may be replaced by one from somebody else', () => {
  const a = makeOfferer(1);
  const first = makeNegotiation(2);
  const second = makeNegotiation(3);
  a.setLocalDescription();
  for (const b of [first, second]) {
    b.setRemoteDescription(localOf(a));
    b.setLocalDescription();
  }
  a.setRemoteDescription({ type: 'pranswer', sdp: localOf(first).sdp });
  const steps = a.setRemoteDescription({ type: 'answer', sdp: localOf(second).sdp });
  assert.deepEqual(namesOf(steps), ['remote-ice', 'dtls', 'sctp']);
});

test('an answer may change the message size alone', () => {
  const { a, b } = connected();
  a.setLocalDescription();
  b.setRemoteDescription(localOf(a));
  b.setLocalDescription();
  const sdp = localOf(b).sdp.replace('a=max-message-size:262144', 'a=max-message-size:0');
  assert.deepEqual(a.setRemoteDescription({ type: 'answer', sdp }), [
    { step: 'sctp-message-size', remoteMaxMessageBytes: 0 },
  ]);
});
