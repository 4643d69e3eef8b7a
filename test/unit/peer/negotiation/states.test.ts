/** Which description may come when; rollback, said and unsaid; glare. RFC 9429 §5.5 … §5.7, webrtc.html §4.4.1.5, §4.4.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Negotiation } from '../../../../src/peer/negotiation/index.ts';
import type { DescriptionType } from '../../../../src/peer/session-port.ts';
import type { SignalingState } from '../../../../src/peer/states.ts';
import { CHROMIUM_DATA_OFFER } from '../../../support/peer/descriptions.ts';
import {
  lineOf,
  localOf,
  makeNegotiation,
  makeOfferer,
  namesOf,
  negotiate,
  stepOf,
} from '../../../support/peer/negotiations.ts';

const ANSWER = CHROMIUM_DATA_OFFER.replace('a=setup:actpass', 'a=setup:active');

/** How each state is reached. */
const REACHED: Readonly<Record<Exclude<SignalingState, 'closed'>, () => Negotiation>> = {
  stable: () => makeOfferer(1),
  'have-local-offer': () => {
    const peer = makeOfferer(1);
    peer.setLocalDescription();
    return peer;
  },
  'have-remote-offer': () => {
    const peer = makeOfferer(1);
    peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
    return peer;
  },
  'have-local-pranswer': () => {
    const peer = makeOfferer(1);
    peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
    peer.setLocalDescription({ type: 'pranswer' });
    return peer;
  },
  'have-remote-pranswer': () => {
    const peer = makeOfferer(1);
    peer.setLocalDescription();
    peer.setRemoteDescription({ type: 'pranswer', sdp: ANSWER });
    return peer;
  },
};

/** The state that follows, or the name of what is thrown. */
function trial(peer: Negotiation, side: 'local' | 'remote', type: DescriptionType): string {
  try {
    if (side === 'local') peer.setLocalDescription({ type });
    else peer.setRemoteDescription({ type, sdp: type === 'offer' ? CHROMIUM_DATA_OFFER : ANSWER });
    return peer.signalingState;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

const NO = 'InvalidStateError';
const TABLE: readonly (readonly [Exclude<SignalingState, 'closed'>, 'local' | 'remote', ...string[]])[] = [
  // from                    side      offer                pranswer                answer    rollback
  ['stable', 'local', 'have-local-offer', NO, NO, NO],
  ['stable', 'remote', 'have-remote-offer', NO, NO, NO],
  ['have-local-offer', 'local', 'have-local-offer', NO, NO, 'stable'],
  ['have-local-offer', 'remote', 'have-remote-offer', 'have-remote-pranswer', 'stable', 'stable'],
  ['have-remote-offer', 'local', NO, 'have-local-pranswer', 'stable', 'stable'],
  ['have-remote-offer', 'remote', 'have-remote-offer', NO, NO, 'stable'],
  ['have-local-pranswer', 'local', NO, 'have-local-pranswer', 'stable', NO],
  ['have-local-pranswer', 'remote', NO, NO, NO, NO],
  ['have-remote-pranswer', 'local', NO, NO, NO, NO],
  ['have-remote-pranswer', 'remote', NO, 'have-remote-pranswer', 'stable', NO],
];

for (const [from, side, ...outcomes] of TABLE) {
  for (const [i, type] of (['offer', 'pranswer', 'answer', 'rollback'] as const).entries()) {
    test(`${from}: a ${side} ${type} leads to ${outcomes[i]}`, () => {
      const peer = REACHED[from]();
      assert.equal(trial(peer, side, type), outcomes[i]);
      if (outcomes[i] === NO) assert.equal(peer.signalingState, from, 'nothing has changed');
    });
  }
}

test('createOffer and createAnswer know their states', () => {
  const works = (verb: 'createOffer' | 'createAnswer') =>
    Object.entries(REACHED).flatMap(([state, reach]) => {
      try {
        reach()[verb]();
        return [state];
      } catch {
        return [];
      }
    });
  assert.deepEqual(works('createOffer'), ['stable', 'have-local-offer']);
  assert.deepEqual(works('createAnswer'), ['have-remote-offer', 'have-local-pranswer']);
});

test('descriptions are pending until there is an answer, then current', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  a.setLocalDescription();
  assert.equal(a.currentLocalDescription, undefined);
  const offer = localOf(a);
  b.setRemoteDescription(offer);
  assert.deepEqual(b.pendingRemoteDescription, offer);
  assert.equal(b.currentRemoteDescription, undefined);
  b.setLocalDescription();
  assert.deepEqual(b.currentRemoteDescription, offer);
  assert.equal(b.currentLocalDescription?.type, 'answer');
  assert.equal(b.pendingLocalDescription ?? b.pendingRemoteDescription, undefined);
  a.setRemoteDescription(localOf(b));
  assert.deepEqual(a.currentLocalDescription, offer);
  assert.equal(a.currentRemoteDescription?.type, 'answer');
});

test('a provisional answer starts everything, and the answer after it changes nothing', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  a.setLocalDescription();
  b.setRemoteDescription(localOf(a));
  const provisional = namesOf(b.setLocalDescription({ type: 'pranswer' }));
  assert.deepEqual(provisional, ['ice-role', 'gather', 'remote-ice', 'dtls', 'sctp']);
  assert.deepEqual(namesOf(a.setRemoteDescription(localOf(b))), ['remote-ice', 'dtls', 'sctp']);
  assert.equal(a.signalingState, 'have-remote-pranswer');
  assert.deepEqual(b.setLocalDescription(), []);
  assert.deepEqual(a.setRemoteDescription(localOf(b)), []);
  assert.equal(a.signalingState, 'stable');
  assert.equal(a.pendingRemoteDescription, undefined);
});

test('a rolled back first offer leaves no transport, and the next has other credentials', () => {
  const a = makeOfferer(1);
  a.setLocalDescription();
  const first = lineOf(localOf(a).sdp, 'a=ice-ufrag:');
  assert.equal(a.hasSctp, true);
  assert.deepEqual(a.setLocalDescription({ type: 'rollback' }), [{ step: 'abandon-transport' }]);
  assert.equal(a.signalingState, 'stable');
  assert.equal(a.pendingLocalDescription, undefined);
  assert.equal(a.hasSctp, false);
  assert.equal(a.isNeeded(), true);
  assert.deepEqual(namesOf(a.setLocalDescription()), ['ice-role', 'gather']);
  assert.notEqual(lineOf(localOf(a).sdp, 'a=ice-ufrag:'), first);
});

test('a rolled back restart leaves the generation that is in use', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  const { localIce } = a;
  a.restartIce();
  a.setLocalDescription();
  assert.notDeepEqual(a.localIce, localIce);
  assert.deepEqual(a.setRemoteDescription({ type: 'rollback', sdp: '' }), [
    { step: 'abandon-restart', ice: localIce },
  ]);
  assert.deepEqual(a.localIce, localIce);
  // The wish stays: webrtc.html §4.4.2 empties it by an answer only.
  assert.equal(a.isNeeded(), true);
});

test('a rolled back remote offer was never carried out', () => {
  const a = makeNegotiation(1);
  a.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  assert.equal(a.hasSctp, true);
  assert.deepEqual(a.setRemoteDescription({ type: 'rollback', sdp: '' }), []);
  assert.equal(a.pendingRemoteDescription, undefined);
  assert.equal(a.hasSctp, false);
});

test('an offer may be applied again after it was rolled back, and gathers again', () => {
  const a = makeOfferer(1);
  const offer = a.createOffer();
  a.setLocalDescription(offer);
  a.setLocalDescription({ type: 'rollback' });
  assert.deepEqual(namesOf(a.setLocalDescription(offer)), ['ice-role', 'gather']);
  assert.equal(localOf(a).sdp, offer.sdp);
});

test('glare: the polite side takes its offer back without being told, and both come to rest', () => {
  // polite -> offer ->            <- offer <- impolite, which ignores the first
  const polite = makeOfferer(1);
  const impolite = makeOfferer(2);
  polite.setLocalDescription();
  impolite.setLocalDescription();
  assert.deepEqual(namesOf(polite.setRemoteDescription(localOf(impolite))), ['yield', 'abandon-transport']);
  const steps = polite.setLocalDescription();
  assert.equal(stepOf(steps, 'ice-role').role, 'controlled');
  impolite.setRemoteDescription(localOf(polite));
  assert.deepEqual([polite.signalingState, impolite.signalingState], ['stable', 'stable']);
  assert.deepEqual([polite.isNeeded(), impolite.isNeeded()], [false, false]);
});

test('an offer that is refused does not cost us ours', () => {
  const a = makeOfferer(1);
  a.setLocalDescription();
  const offer = localOf(a);
  assert.throws(() => a.setRemoteDescription({ type: 'offer', sdp: 'v=1\r\n' }));
  assert.equal(a.signalingState, 'have-local-offer');
  assert.deepEqual(localOf(a), offer);
});

test('after the end every verb says so', () => {
  const a = makeOfferer(1);
  a.close();
  for (const verb of [
    () => a.createOffer(),
    () => a.createAnswer(),
    () => a.setLocalDescription(),
    () => a.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER }),
    () => a.addIceCandidate(null),
  ]) {
    assert.throws(verb, { name: 'InvalidStateError' });
  }
  assert.equal(a.isNeeded(), false);
});

test('a provisional answer that refuses data decides nothing; the answer after it does', () => {
  const a = makeOfferer(1);
  a.setLocalDescription();
  const refusal = CHROMIUM_DATA_OFFER.replace('m=application 9', 'm=application 0');
  assert.deepEqual(a.setRemoteDescription({ type: 'pranswer', sdp: refusal }), []);
  assert.deepEqual(namesOf(a.setRemoteDescription({ type: 'answer', sdp: ANSWER })), [
    'remote-ice',
    'dtls',
    'sctp',
  ]);
});
