/** Candidates that come one by one, of ours and of theirs. webrtc.html §4.4.2 (addIceCandidate), RFC 8840, RFC 9429 §4.1.19. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Negotiation } from '../../../../src/peer/negotiation/index.ts';
import type { RemoteIceCandidate } from '../../../../src/peer/session-port.ts';
import { CHROMIUM_DATA_OFFER, CHROMIUM_MEDIA_OFFER } from '../../../support/peer/descriptions.ts';
import {
  localOf,
  makeCandidate,
  makeNegotiation,
  makeOfferer,
  namesOf,
  negotiate,
} from '../../../support/peer/negotiations.ts';

const TEXT = 'candidate:1 1 udp 2122260223 192.0.2.5 50000 typ host';

function wish(given: Partial<RemoteIceCandidate> = {}): RemoteIceCandidate {
  return { candidate: TEXT, mid: '0', mLineIndex: 0, usernameFragment: null, ...given };
}

/** Has answered, so that candidates go through at once. */
function answered(sdp = CHROMIUM_DATA_OFFER): Negotiation {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp });
  peer.setLocalDescription();
  return peer;
}

function fault(peer: Negotiation, candidate: RemoteIceCandidate | null): string | undefined {
  try {
    peer.addIceCandidate(candidate);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

test('a candidate goes through, and stands in the remote description', () => {
  const peer = answered();
  const [step] = peer.addIceCandidate(wish());
  assert.equal(step?.step === 'remote-candidate' && step.candidate.port, 50_000);
  assert.match(
    peer.currentRemoteDescription?.sdp ?? '',
    /^a=candidate:1 1 udp 2122260223 192\.0\.2\.5 50000 typ host\r$/m,
  );
});

test('before there is a remote description it is too early', () => {
  assert.equal(fault(makeNegotiation(1), wish()), 'InvalidStateError');
  assert.equal(fault(makeNegotiation(1), null), 'InvalidStateError');
});

const REFUSED: readonly (readonly [string, Partial<RemoteIceCandidate>, string])[] = [
  ['names no section', { mid: null, mLineIndex: null }, 'TypeError'],
  ['names a mid that there is not', { mid: 'audio' }, 'OperationError'],
  ['names a mid that there is not, whatever its index', { mid: 'audio', mLineIndex: 0 }, 'OperationError'],
  ['names an index that there is not', { mid: null, mLineIndex: 1 }, 'OperationError'],
  ['is of an unknown generation', { usernameFragment: 'nobody' }, 'OperationError'],
  ['is no candidate', { candidate: 'invalid candidate string' }, 'OperationError'],
];
for (const [what, given, name] of REFUSED) {
  test(`a candidate that ${what} is refused: ${name}`, () => {
    assert.equal(fault(answered(), wish(given)), name);
  });
}

test('an index is enough, and so is a mid; an empty mid beside an index says nothing', () => {
  for (const given of [{ mid: null }, { mLineIndex: null }, { mid: '' }]) {
    assert.deepEqual(namesOf(answered().addIceCandidate(wish(given))), ['remote-candidate']);
  }
});

test('while an offer waits for its answer, candidates wait with it', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  assert.deepEqual(peer.addIceCandidate(wish()), []);
  assert.deepEqual(peer.addIceCandidate(wish({ candidate: '' })), []);
  const names = namesOf(peer.setLocalDescription());
  assert.deepEqual(names.slice(2, 5), ['remote-ice', 'remote-candidate', 'end-of-remote-candidates']);
});

test('they wait through a second offer of the same generation', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  peer.addIceCandidate(wish());
  peer.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_DATA_OFFER });
  assert.match(peer.pendingRemoteDescription?.sdp ?? '', /192\.0\.2\.5/);
  peer.setRemoteDescription({
    type: 'offer',
    sdp: CHROMIUM_DATA_OFFER.replace('a=ice-ufrag:4ZcD', 'a=ice-ufrag:5YbE'),
  });
  assert.doesNotMatch(peer.pendingRemoteDescription?.sdp ?? '', /192\.0\.2\.5/);
});

test('during a restart a candidate goes to the generation that it names', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  const before = a.localIce.usernameFragment;
  a.setLocalDescription(a.createOffer({ iceRestart: true }));
  b.setRemoteDescription(localOf(a));
  const old = b.addIceCandidate(wish({ usernameFragment: before }));
  assert.deepEqual(namesOf(old), ['remote-candidate'], 'the pair in use may still find a better way');
  const text = 'candidate:7 1 udp 1 192.0.2.77 7777 typ host';
  assert.deepEqual(b.addIceCandidate(wish({ candidate: text })), []);
  assert.match(b.pendingRemoteDescription?.sdp ?? '', /192\.0\.2\.77/);
  assert.doesNotMatch(b.currentRemoteDescription?.sdp ?? '', /192\.0\.2\.77/);
  assert.match(b.currentRemoteDescription?.sdp ?? '', /192\.0\.2\.5/);
});

test('a candidate whose text names a generation that is gone is dropped without a word', () => {
  assert.deepEqual(answered().addIceCandidate(wish({ candidate: `${TEXT} ufrag gone` })), []);
});

test('the end of candidates: of one section, of all', () => {
  for (const candidate of [
    wish({ candidate: '' }),
    wish({ candidate: '', mid: null, mLineIndex: null }),
    null,
  ]) {
    const peer = answered();
    assert.deepEqual(peer.addIceCandidate(candidate), [{ step: 'end-of-remote-candidates' }]);
    assert.match(peer.currentRemoteDescription?.sdp ?? '', /^a=end-of-candidates\r$/m);
  }
});

test('a section that is refused takes candidates and makes nothing of them', () => {
  const peer = answered(CHROMIUM_MEDIA_OFFER);
  assert.deepEqual(peer.addIceCandidate(wish({ mid: '1', mLineIndex: 1 })), []);
  assert.deepEqual(namesOf(peer.addIceCandidate(wish({ mid: '0', mLineIndex: 0 }))), ['remote-candidate']);
});

test('the same candidate stands once, however often it is added', () => {
  const peer = answered();
  for (let i = 0; i < 5; i++) peer.addIceCandidate(wish());
  assert.equal(peer.currentRemoteDescription?.sdp.match(/^a=candidate:/gm)?.length, 1);
});

test('a peer cannot send us to the ports of other protocols; it is not told so', () => {
  const bad = 'candidate:1 1 tcp 1518214911 192.0.2.5 25 typ host tcptype passive';
  const peer = answered();
  assert.deepEqual(peer.addIceCandidate(wish({ candidate: bad })), []);
  assert.match(peer.currentRemoteDescription?.sdp ?? '', / 192\.0\.2\.5 25 typ host/);
  const waiting = makeNegotiation(1);
  waiting.setRemoteDescription({ type: 'offer', sdp: `${CHROMIUM_DATA_OFFER}a=${bad}\r\n` });
  assert.ok(!namesOf(waiting.setLocalDescription()).includes('remote-candidate'));
  // Port 9 is what an active candidate has: nobody connects to it.
  const active = 'candidate:1 1 tcp 1518214911 192.0.2.5 9 typ host tcptype active';
  assert.deepEqual(namesOf(peer.addIceCandidate(wish({ candidate: active }))), ['remote-candidate']);
});

test('there is a limit, and it is said', () => {
  const peer = answered();
  let outcome: string | undefined;
  for (let i = 0; i < 5000 && outcome === undefined; i++) {
    outcome = fault(peer, wish({ candidate: `candidate:${i} 1 udp 1 192.0.2.5 5 typ host` }));
  }
  assert.equal(outcome, 'OperationError');
});

test('ours are told with their section and generation, and stand in the description', () => {
  const a = makeOfferer(1);
  const { usernameFragment } = a.localIce;
  assert.equal(a.addLocalCandidate(makeCandidate()), undefined, 'nothing is told before it is described');
  a.setLocalDescription();
  assert.deepEqual(a.addLocalCandidate(makeCandidate(), 'stun:stun.example.org'), {
    candidate: `candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host ufrag ${usernameFragment}`,
    mid: '0',
    mLineIndex: 0,
    usernameFragment,
    url: 'stun:stun.example.org',
  });
  assert.deepEqual(a.endLocalCandidates(), {
    candidate: '',
    mid: '0',
    mLineIndex: 0,
    usernameFragment,
    url: undefined,
  });
});

test('ours are told for the section that carries the transport', () => {
  const label = answered(CHROMIUM_MEDIA_OFFER).addLocalCandidate(makeCandidate());
  assert.deepEqual([label?.mid, label?.mLineIndex], ['0', 0]);
});

test('a candidate of a generation that is gone is told nobody', () => {
  const a = makeOfferer(1);
  const b = makeNegotiation(2);
  negotiate(a, b);
  const before = a.localIce.usernameFragment;
  a.restartIce();
  negotiate(a, b);
  assert.equal(a.addLocalCandidate(makeCandidate({ usernameFragment: before })), undefined);
  assert.equal(a.endLocalCandidates(before), undefined);
});

test('of ten thousand candidates in one description a thousand are read', () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `a=candidate:1 1 udp 1 10.0.${i >> 8}.${i & 255} 5000 typ host`,
  );
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: `${CHROMIUM_DATA_OFFER}${lines.join('\r\n')}\r\n` });
  const steps = peer.setLocalDescription();
  const told = steps.filter(({ step }) => step === 'remote-candidate');
  assert.equal(told.length, 1024);
});
