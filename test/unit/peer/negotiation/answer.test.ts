/** What answers say to the offers of others. RFC 9429 §5.3, RFC 8841 §10.3, RFC 8842 §5.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as offers from '../../../support/peer/descriptions.ts';
import { sdpOf } from '../../../support/peer/descriptions.ts';
import { lineOf, localOf, makeNegotiation, namesOf, stepOf } from '../../../support/peer/negotiations.ts';

const STACKS: readonly (readonly [string, string])[] = [
  ['Chromium', offers.CHROMIUM_DATA_OFFER],
  ['Chromium with camera and microphone', offers.CHROMIUM_MEDIA_OFFER],
  ['Chromium with max-bundle', offers.CHROMIUM_MAX_BUNDLE_OFFER],
  ['Firefox', offers.FIREFOX_DATA_OFFER],
  ['an old Firefox', offers.LEGACY_DATA_OFFER],
  ['Safari', offers.SAFARI_DATA_OFFER],
  ['aiortc', offers.AIORTC_OFFER],
  ['pion', offers.PION_OFFER],
  ['werift', offers.WERIFT_OFFER],
  ['libdatachannel', offers.LIBDATACHANNEL_OFFER],
  ['a lite server', offers.LITE_OFFER],
];

for (const [who, sdp] of STACKS) {
  test(`the offer of ${who} is answered with a transport, DTLS and SCTP`, () => {
    const peer = makeNegotiation(1);
    assert.deepEqual(peer.setRemoteDescription({ type: 'offer', sdp }), []);
    assert.equal(peer.signalingState, 'have-remote-offer');
    const steps = peer.setLocalDescription();
    assert.equal(peer.signalingState, 'stable');
    const names = namesOf(steps).filter((name) => !name.includes('candidate'));
    assert.deepEqual(names, ['ice-role', 'gather', 'remote-ice', 'dtls', 'sctp']);
    assert.equal(stepOf(steps, 'dtls').role, 'client');
    assert.equal(stepOf(steps, 'sctp').agreed.remotePort, 5000);
    const answer = localOf(peer).sdp;
    assert.equal(answer.match(/^m=/gm)?.length, sdp.match(/^m=/gm)?.length, 'as many sections');
    assert.equal(lineOf(answer, 'a=setup:'), 'active');
  });
}

test('an answer to Chromium, line by line', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_DATA_OFFER });
  const { usernameFragment, password } = peer.localIce;
  const { sdp } = peer.createAnswer();
  assert.equal(
    sdp.replace(/^o=- \d+ /m, 'o=- ID ').replace(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'AA:BB'),
    sdpOf(
      'v=0',
      'o=- ID 1 IN IP4 0.0.0.0',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      'a=ice-options:trickle',
      'a=msid-semantic: WMS',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      `a=ice-ufrag:${usernameFragment}`,
      `a=ice-pwd:${password}`,
      'a=fingerprint:sha-256 AA:BB',
      'a=setup:active',
      'a=mid:0',
      'a=sctp-port:5000',
      'a=max-message-size:262144',
    ),
  );
});

test('media is refused section by section, and data is taken all the same', () => {
  const peer = makeNegotiation(1);
  const offer = offers.CHROMIUM_MEDIA_OFFER.replace('a=group:BUNDLE 0 1 2\r\n', '');
  peer.setRemoteDescription({ type: 'offer', sdp: offer });
  peer.setLocalDescription();
  const { sdp } = localOf(peer);
  const sections = sdp.split(/^(?=m=)/m).slice(1);
  assert.equal(
    sections[0],
    sdpOf('m=audio 0 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=inactive'),
  );
  assert.equal(
    sections[1],
    sdpOf('m=video 0 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=mid:1', 'a=inactive'),
  );
  assert.match(sections[2] ?? '', /^m=application 9 UDP\/DTLS\/SCTP webrtc-datachannel\r\n/);
  assert.match(sections[2] ?? '', /^a=ice-ufrag:/m);
  assert.equal(lineOf(sdp, 'a=group:'), undefined);
});

test('the section that the group stands on is held, inactive: without it there would be no data', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_MEDIA_OFFER });
  const { usernameFragment } = peer.localIce;
  peer.setLocalDescription();
  const { sdp } = localOf(peer);
  assert.equal(lineOf(sdp, 'a=group:'), 'BUNDLE 0 2');
  const [audio = '', video = '', data = ''] = sdp.split(/^(?=m=)/m).slice(1);
  assert.match(audio, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 111\r\n/);
  assert.equal(lineOf(audio, 'a=ice-ufrag:'), usernameFragment);
  for (const line of ['a=rtpmap:111 opus/48000/2', 'a=rtcp-mux', 'a=inactive', 'a=setup:active']) {
    assert.ok(audio.includes(`${line}\r\n`), line);
  }
  assert.match(video, /^m=video 0 /);
  assert.equal(
    data,
    sdpOf(
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=mid:2',
      'a=sctp-port:5000',
      'a=max-message-size:262144',
    ),
  );
  // Offers of ours keep it so.
  const again = peer.createOffer().sdp;
  assert.equal(lineOf(again, 'a=group:'), 'BUNDLE 0 2');
  assert.match(again, /^m=audio 9 /m);
});

test('a bundled section without an address takes the transport of the tagged one', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_MAX_BUNDLE_OFFER });
  // Chromium tells its candidates for the section that has the address.
  const candidate = 'candidate:1 1 udp 2122260223 192.0.2.5 50000 typ host';
  peer.addIceCandidate({ candidate, mid: '0', mLineIndex: 0, usernameFragment: '4ZcD' });
  const steps = peer.setLocalDescription();
  assert.equal(stepOf(steps, 'remote-ice').ice.usernameFragment, '4ZcD');
  assert.equal(stepOf(steps, 'remote-candidate').candidate.address, '192.0.2.5');
});

test('what is bundled moves: the candidates of its own lead nowhere', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_MEDIA_OFFER });
  const text = (port: number) => `candidate:1 1 udp 2122260223 192.0.2.5 ${port} typ host`;
  for (const index of [0, 1, 2]) {
    peer.addIceCandidate({
      candidate: text(50_000 + index),
      mid: `${index}`,
      mLineIndex: index,
      usernameFragment: '4ZcD',
    });
  }
  const steps = peer.setLocalDescription();
  assert.deepEqual(
    steps.flatMap((step) => (step.step === 'remote-candidate' ? [step.candidate.port] : [])),
    [50_000],
  );
});

test('candidates in the text of an offer without trickle come with the answer, and their end', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.AIORTC_OFFER });
  assert.equal(peer.canTrickle, false);
  const steps = peer.setLocalDescription();
  assert.deepEqual(namesOf(steps), [
    'ice-role',
    'gather',
    'remote-ice',
    'remote-candidate',
    'remote-candidate',
    'end-of-remote-candidates',
    'dtls',
    'sctp',
  ]);
  assert.deepEqual(
    stepOf(steps, 'dtls').fingerprints.map(({ hash }) => hash),
    ['sha-256', 'sha-384', 'sha-512'],
  );
  assert.doesNotMatch(localOf(peer).sdp, /ice-options/);
});

test('the older form of SCTP is answered in the older form', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.LEGACY_DATA_OFFER });
  const steps = peer.setLocalDescription();
  const { sdp } = localOf(peer);
  assert.match(sdp, /^m=application 9 DTLS\/SCTP 5000\r$/m);
  assert.equal(lineOf(sdp, 'a=sctpmap:'), '5000 webrtc-datachannel 1024');
  assert.equal(lineOf(sdp, 'a=sctp-port:'), undefined);
  // RFC 8841 §6: where no size is stated.
  assert.equal(stepOf(steps, 'sctp').agreed.remoteMaxMessageBytes, 65_536);
});

test('a lite agent is controlled, whoever offers', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.LITE_OFFER });
  const steps = peer.setLocalDescription();
  assert.equal(stepOf(steps, 'ice-role').role, 'controlling');
  assert.equal(stepOf(steps, 'remote-ice').ice.lite, true);
});

test('what we do not know is not said back', () => {
  const peer = makeNegotiation(1);
  const sdp = offers.CHROMIUM_DATA_OFFER.replace(
    'a=mid:0\r\n',
    'a=mid:0\r\na=sctp-init:AAEC\r\na=x-unheard-of:1\r\na=rtcp-mux\r\n',
  );
  peer.setRemoteDescription({ type: 'offer', sdp });
  peer.setLocalDescription();
  assert.doesNotMatch(localOf(peer).sdp, /sctp-init|unheard|rtcp-mux/);
  assert.match(peer.currentRemoteDescription?.sdp ?? '', /a=x-unheard-of:1/);
});

test('a section without a mid is answered without, and without a group', () => {
  const peer = makeNegotiation(1);
  const sdp = offers.CHROMIUM_DATA_OFFER.replace('a=mid:0\r\n', '').replace('a=group:BUNDLE 0\r\n', '');
  peer.setRemoteDescription({ type: 'offer', sdp });
  peer.setLocalDescription();
  assert.equal(lineOf(localOf(peer).sdp, 'a=mid:'), undefined);
  assert.equal(lineOf(localOf(peer).sdp, 'a=group:'), undefined);
});

test('only one association is made, of two that are offered', () => {
  const peer = makeNegotiation(1);
  const second = offers.CHROMIUM_DATA_OFFER.split(/^(?=m=)/m)[1] ?? '';
  const sdp = `${offers.CHROMIUM_DATA_OFFER}${second.replace('a=mid:0', 'a=mid:1')}`;
  peer.setRemoteDescription({ type: 'offer', sdp: sdp.replace('BUNDLE 0', 'BUNDLE 0 1') });
  peer.setLocalDescription();
  assert.match(localOf(peer).sdp, /^m=application 9 [\s\S]*^m=application 0 /m);
  assert.equal(lineOf(localOf(peer).sdp, 'a=group:'), 'BUNDLE 0');
});

test('SCTP port 0 closes the association and keeps section and transport; another port makes a new one', () => {
  const peer = makeNegotiation(1);
  const offer = (port: number) => {
    const sdp = offers.CHROMIUM_DATA_OFFER.replace('a=sctp-port:5000', `a=sctp-port:${port}`);
    peer.setRemoteDescription({ type: 'offer', sdp });
    return namesOf(peer.setLocalDescription());
  };
  offer(5000);
  assert.equal(peer.hasSctp, true);
  assert.deepEqual(offer(0), ['close-sctp']);
  assert.equal(lineOf(localOf(peer).sdp, 'a=sctp-port:'), '0');
  assert.equal(peer.hasSctp, false);
  assert.deepEqual(offer(5001), ['sctp']);
  assert.deepEqual(offer(5002), ['sctp']);
  // RFC 8841 §10.3: a new port of theirs, a new port of ours.
  assert.equal(lineOf(localOf(peer).sdp, 'a=sctp-port:'), '5001');
});

test('a section that is given up takes the transport with it', () => {
  const peer = makeNegotiation(1);
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_DATA_OFFER });
  peer.setLocalDescription();
  const before = peer.localIce;
  const sdp = offers.CHROMIUM_DATA_OFFER.replace('m=application 9', 'm=application 0');
  peer.setRemoteDescription({ type: 'offer', sdp });
  assert.deepEqual(namesOf(peer.setLocalDescription()), ['close-transport']);
  assert.match(localOf(peer).sdp, /^m=application 0 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m);
  assert.doesNotMatch(localOf(peer).sdp, /ice-ufrag/);
  assert.notEqual(peer.localIce.usernameFragment, before.usernameFragment);
});

test('300 KB of description are read', () => {
  const peer = makeNegotiation(1);
  const noise = Array.from({ length: 6000 }, (_, i) => `a=x-noise-${i}:${'y'.repeat(40)}\r\n`).join('');
  peer.setRemoteDescription({ type: 'offer', sdp: offers.CHROMIUM_DATA_OFFER + noise });
  assert.ok(namesOf(peer.setLocalDescription()).includes('sctp'));
  assert.ok(localOf(peer).sdp.length < 1000);
});

test('with the policy max-bundle, what cannot be bundled with the first section is refused', () => {
  const alone = offers.CHROMIUM_MEDIA_OFFER.replace('a=group:BUNDLE 0 1 2\r\n', '');
  for (const [policy, sdp, taken] of [
    ['balanced', alone, true],
    ['max-bundle', alone, false],
    ['max-bundle', offers.CHROMIUM_MEDIA_OFFER, true],
    ['max-bundle', offers.CHROMIUM_DATA_OFFER, true],
  ] as const) {
    const peer = makeNegotiation(1, { bundlePolicy: policy });
    peer.setRemoteDescription({ type: 'offer', sdp });
    assert.equal(namesOf(peer.setLocalDescription()).includes('sctp'), taken);
  }
});
