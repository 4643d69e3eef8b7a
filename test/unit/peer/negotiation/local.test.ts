/** What may be given to `setLocalDescription`, and what it does without. webrtc.html §4.4.2, RFC 9429 §5.4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHROMIUM_DATA_OFFER } from '../../../support/peer/descriptions.ts';
import {
  lineOf,
  localOf,
  makeNegotiation,
  makeOfferer,
  negotiate,
} from '../../../support/peer/negotiations.ts';

test('a description that was not made here is refused, once its state has been looked at', () => {
  const a = makeOfferer(1);
  const foreign = makeOfferer(2).createOffer();
  assert.throws(() => a.setLocalDescription(foreign), { name: 'InvalidModificationError' });
  assert.throws(() => a.setLocalDescription({ type: 'answer', sdp: foreign.sdp }), {
    name: 'InvalidStateError',
  });
});

for (const [what, change] of [
  ['another password', (sdp: string) => sdp.replace(/^a=ice-pwd:.*$/m, 'a=ice-pwd:abcdefghijklmnopqrstuv')],
  ['another role', (sdp: string) => sdp.replace('a=setup:actpass', 'a=setup:active')],
  ['another limit', (sdp: string) => sdp.replace('262144', '1073741823')],
  ['a section less', (sdp: string) => sdp.slice(0, sdp.indexOf('m='))],
] as const) {
  test(`an offer with ${what} is refused`, () => {
    const a = makeOfferer(1);
    const { type, sdp } = a.createOffer();
    assert.throws(() => a.setLocalDescription({ type, sdp: change(sdp) }), {
      name: 'InvalidModificationError',
    });
    assert.equal(a.signalingState, 'stable');
  });
}

test('lines that have no effect on us may be stripped, as libraries without trickle do', () => {
  const a = makeOfferer(1);
  const { type, sdp } = a.createOffer();
  a.setLocalDescription({ type, sdp: sdp.replace(/^a=ice-options:.*\r\n/m, '').replaceAll('\r\n', '\n') });
  assert.equal(a.signalingState, 'have-local-offer');
  assert.match(localOf(a).sdp, /^a=ice-options:trickle ice2\r$/m);
});

test('only the last offer may be applied', () => {
  const a = makeOfferer(1);
  const first = a.createOffer();
  const last = a.createOffer();
  assert.throws(() => a.setLocalDescription(first), { name: 'InvalidModificationError' });
  a.setLocalDescription(last);
  assert.equal(localOf(a).sdp, last.sdp);
});

test('an offer outlives an offer of theirs that is rolled back', () => {
  const a = makeOfferer(1);
  const offer = a.createOffer();
  a.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  a.createAnswer();
  a.setRemoteDescription({ type: 'rollback', sdp: '' });
  a.setLocalDescription(offer);
  assert.equal(localOf(a).sdp, offer.sdp);
});

test('without a text the last offer is taken, if it still says how things are', () => {
  const a = makeNegotiation(1);
  const empty = a.createOffer();
  a.setLocalDescription({ type: 'offer' });
  assert.equal(localOf(a).sdp, empty.sdp);
  a.setLocalDescription({ type: 'rollback' });
  a.createOffer();
  a.requestData();
  a.setLocalDescription();
  assert.match(localOf(a).sdp, /^m=application/m);
});

test('an answer that was made for another offer is not taken', () => {
  const a = makeNegotiation(1);
  a.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  const answer = a.createAnswer();
  a.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  assert.throws(() => a.setLocalDescription(answer), { name: 'InvalidModificationError' });
});

test('an offer may be followed by another before the answer', () => {
  const a = makeNegotiation(1);
  a.setLocalDescription();
  a.requestData();
  a.setLocalDescription();
  assert.equal(a.signalingState, 'have-local-offer');
  const b = makeNegotiation(2);
  b.setRemoteDescription(localOf(a));
  b.setLocalDescription();
  a.setRemoteDescription(localOf(b));
  assert.equal(a.hasSctp && b.hasSctp, true);
});

test('negotiation is needed by the first data channel, until an answer has settled it', () => {
  const a = makeNegotiation(1);
  const b = makeNegotiation(2);
  assert.equal(a.isNeeded(), false);
  a.requestData();
  assert.equal(a.isNeeded(), true);
  negotiate(a, b);
  assert.equal(a.isNeeded(), false);
  a.requestData();
  assert.equal(a.isNeeded(), false, 'a second channel needs nothing');
});

test('a peer that makes its first channel in a session with data needs nothing', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  b.requestData();
  assert.equal(b.isNeeded(), false);
});

test('a section that the peer refuses is offered again when somebody asks, not by itself', () => {
  const a = makeOfferer(1);
  a.setLocalDescription();
  const sdp = CHROMIUM_DATA_OFFER.replace('m=application 9', 'm=application 0');
  assert.deepEqual(a.setRemoteDescription({ type: 'answer', sdp }), [{ step: 'abandon-transport' }]);
  assert.equal(a.isNeeded(), false);
  assert.equal(a.hasSctp, false);
  assert.match(a.createOffer().sdp, /^m=application 9 /m);
  assert.equal(lineOf(a.createOffer().sdp, 'a=mid:'), '1');
});
