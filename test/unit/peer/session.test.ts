/** Two sessions over a virtual internet: from createDataChannel to the last word. webrtc.html §4.4, RFC 9429. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { PeerFault, type PeerSession } from '../../../src/peer/index.ts';
import { Couple } from '../../support/peer/couple.ts';
import { CONFIGURATION } from '../../support/peer/person.ts';

test('two sessions exchange words, in the states that W3C names', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  a.say(mine, 'hello');
  b.say(theirs, 'welcome');
  couple.run(100);
  assert.deepEqual(b.heard(theirs), ['hello']);
  assert.deepEqual(a.heard(mine), ['welcome']);
  for (const person of [a, b]) {
    assert.deepEqual(person.states('connection-state'), ['connecting', 'connected']);
    assert.deepEqual(person.states('dtls-state'), ['connecting', 'connected']);
    assert.deepEqual(person.states('ice-gathering-state'), ['gathering', 'complete']);
    assert.equal(person.all('ice-candidate').at(-1)?.candidate, null);
  }
  assert.deepEqual(a.states('signaling-state'), ['have-local-offer', 'stable']);
  assert.deepEqual(b.states('signaling-state'), ['have-remote-offer', 'stable']);
});

test('an offerer whose answer is slow keeps the ClientHello that comes before it', () => {
  const couple = new Couple({ signalingMs: 5 });
  const { a, b } = couple;
  a.act((session, now) => session.createDataChannel(now, { label: '' }));
  const offer = a.act((session, now) => {
    session.setLocalDescription(now, session.createOffer(now));
    return session.pendingLocalDescription;
  });
  assert.ok(offer);
  couple.run(20);
  const answer = b.act((session, now) => {
    session.setRemoteDescription(now, offer);
    session.setLocalDescription(now);
    return session.currentLocalDescription;
  });
  for (const { candidate } of a.all('ice-candidate'))
    if (candidate) b.act((session, now) => session.addIceCandidate(now, candidate));
  couple.run(300);
  assert.ok(answer);
  // B -> check -> A; A answers it without knowing B, and B begins DTLS.
  const toldAt = couple.world.now;
  a.act((session, now) => session.setRemoteDescription(now, answer));
  assert.ok(
    couple.runUntil(() => couple.isConnected, 500),
    `${couple.world.now - toldAt} ms`,
  );
});

test('negotiation is needed once, for the first channel, and not while something is under way', () => {
  const couple = new Couple();
  const { a } = couple;
  a.act((session, now) => session.createDataChannel(now, { label: 'one' }));
  a.act((session, now) => session.createDataChannel(now, { label: 'two' }));
  assert.equal(a.all('negotiation-needed').length, 1);
  assert.ok(a.session.needsNegotiation);
  couple.negotiate();
  couple.run(1000);
  a.act((session, now) => session.createDataChannel(now, { label: 'three' }));
  assert.equal(a.session.needsNegotiation, false);
  assert.equal(a.all('negotiation-needed').length, 1);
  a.act((session, now) => session.restartIce(now));
  assert.equal(a.all('negotiation-needed').length, 2);
});

test('an ICE restart changes the credentials, and the channel carries on through it', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  const before = a.session.iceTransport?.localParameters?.usernameFragment;
  couple.negotiate({ iceRestart: true });
  for (let i = 0; i < 50; i++) {
    a.say(mine, `word ${i}`);
    couple.run(10);
  }
  couple.run(1000);
  assert.equal(b.heard(theirs).length, 50);
  const after = a.session.iceTransport?.localParameters?.usernameFragment;
  assert.notEqual(after, before);
  assert.ok(a.session.currentLocalDescription?.sdp.includes(`a=ice-ufrag:${after}`));
  assert.deepEqual(a.states('dtls-state'), ['connecting', 'connected']);
  assert.ok(couple.isConnected);
  assert.equal(a.session.statistics(0).filter(({ type }) => type === 'transport').length, 1);
});

test('the answerer may restart ICE as well', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  couple.negotiate({ iceRestart: true }, b);
  couple.run(1000);
  b.say(theirs, 'over the new pair');
  couple.run(100);
  assert.deepEqual(a.heard(mine), ['over the new pair']);
});

test('a restart that is rolled back leaves the session as it was', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  couple.run(1000);
  const before = a.session.iceTransport?.localParameters;
  a.act((session, now) => session.setLocalDescription(now, session.createOffer(now, { iceRestart: true })));
  couple.run(200);
  a.act((session, now) => session.setLocalDescription(now, { type: 'rollback' }));
  couple.run(60_000);
  assert.deepEqual(a.session.iceTransport?.localParameters, before);
  a.say(mine, 'still here');
  couple.run(100);
  assert.deepEqual(b.heard(theirs), ['still here']);
  assert.ok(couple.isConnected);
});

test('both offer at once: the polite one yields, and both have their channels', () => {
  const couple = new Couple();
  const { a, b } = couple;
  a.act((session, now) => session.createDataChannel(now, { label: 'of a' }));
  b.act((session, now) => session.createDataChannel(now, { label: 'of b' }));
  b.act((session, now) => session.setLocalDescription(now));
  // A <- offer <- B is refused by A, which is impolite; A -> offer -> B makes B yield.
  couple.negotiate();
  couple.runUntil(() => [a, b].every((person) => person.all('channel-announced').length === 1), 5000);
  assert.equal(a.all('channel-announced')[0]?.facts.label, 'of b');
  assert.equal(b.all('channel-announced')[0]?.facts.label, 'of a');
  assert.deepEqual(b.states('signaling-state'), [
    'have-local-offer',
    'stable',
    'have-remote-offer',
    'stable',
  ]);
});

test('a certificate that was not announced ends DTLS and the session, with a reason', () => {
  const couple = new Couple();
  const { a, b } = couple;
  a.act((session, now) => session.createDataChannel(now, { label: '' }));
  const offer = a.act((session, now) => {
    session.setLocalDescription(now, session.createOffer(now));
    return session.pendingLocalDescription;
  });
  assert.ok(offer);
  const digit = /(a=fingerprint:sha-256 )(.)/;
  const forged = offer.sdp.replace(
    digit,
    (_all, name: string, first: string) => `${name}${first === '0' ? '1' : '0'}`,
  );
  const answer = b.act((session, now) => {
    session.setRemoteDescription(now, { type: 'offer', sdp: forged });
    session.setLocalDescription(now);
    return session.currentLocalDescription;
  });
  assert.ok(answer);
  a.act((session, now) => session.setRemoteDescription(now, answer));
  couple.run(2000);
  const [, failed] = b.all('dtls-state');
  assert.equal(failed?.state, 'failed');
  assert.equal(failed?.error?.detail, 'fingerprint-failure');
  assert.equal(failed?.error?.sentAlert, 42); // bad_certificate
  assert.equal(b.session.connectionState, 'failed');
  assert.equal(a.all('dtls-state').at(-1)?.error?.receivedAlert, 42);
  assert.equal(a.all('dtls-state').at(-1)?.error?.detail, 'dtls-failure');
});

test('candidates of the pool are told when the offer is set, and not before', () => {
  const couple = new Couple({ a: { configuration: { iceCandidatePoolSize: 1 } } });
  const { a } = couple;
  couple.run(100);
  assert.ok(a.openSockets > 0);
  assert.equal(a.session.iceGatheringState, 'new');
  assert.deepEqual(a.all('ice-candidate'), []);
  a.act((session, now) => session.createDataChannel(now, { label: '' }));
  a.act((session, now) => session.setLocalDescription(now));
  const candidates = a.all('ice-candidate').map(({ candidate }) => candidate?.candidate.slice(0, 10));
  assert.deepEqual(candidates, ['candidate:', '', undefined]);
  assert.deepEqual(a.states('ice-gathering-state'), ['gathering', 'complete']);
});

test('what cannot be sent is said by the name that W3C gives it', () => {
  const couple = new Couple({
    b: { limits: { maxMessageBytes: 5000 } },
    a: { limits: { maxBufferedBytes: 100_000 } },
  });
  const { a } = couple;
  const early = a.act((session, now) => session.createDataChannel(now, { label: 'early' }));
  const tooEarly = { kind: 'text', bytes: encodeUtf8('too early') } as const;
  assert.equal(
    a.act((session, now) => session.sendMessage(now, early, tooEarly)),
    false,
  );
  const { mine } = couple.connect();
  const send = (length: number) =>
    a.act((session, now) =>
      session.sendMessage(now, mine, { kind: 'binary', bytes: new Uint8Array(length) }),
    );
  assert.throws(() => send(5001), { name: 'TypeError' });
  send(5000);
  assert.throws(
    () => {
      for (let i = 0; i < 1000; i++) send(5000);
    },
    { name: 'OperationError' },
  );
  a.act((session, now) => session.closeChannel(now, mine));
  assert.equal(send(1), false);
});

test('what cannot be a channel is said by the name that W3C gives it', () => {
  const { a } = new Couple();
  const open = (options: Parameters<PeerSession['createDataChannel']>[1]) =>
    a.act((session, now) => session.createDataChannel(now, options));
  assert.throws(() => open({ label: '한'.repeat(21_846) }), { name: 'TypeError' });
  assert.throws(() => open({ label: '', maxRetransmits: 1, maxPacketLifeTimeMs: 1 }), { name: 'TypeError' });
  assert.throws(() => open({ label: '', negotiatedStream: 65_535 }), { name: 'TypeError' });
  open({ label: '', negotiatedStream: 3 });
  assert.throws(() => open({ label: '', negotiatedStream: 3 }), { name: 'OperationError' });
});

test('a configuration is judged as W3C says', () => {
  const { a } = new Couple();
  const bad = [
    [{ iceServers: [{ urls: [] }] }, 'SyntaxError'],
    [{ iceServers: [{ urls: ['http://example.org'] }] }, 'SyntaxError'],
    [{ iceServers: [{ urls: ['stun:example.org?transport=udp'] }] }, 'SyntaxError'],
    [{ iceServers: [{ urls: ['turn:example.org'] }] }, 'InvalidAccessError'],
    [
      { iceServers: [{ urls: ['turn:example.org'], username: 'x'.repeat(509), credential: '' }] },
      'InvalidAccessError',
    ],
    [{ bundlePolicy: 'max-bundle' }, 'InvalidModificationError'],
    [{ iceCandidatePoolSize: 256 }, 'TypeError'],
  ] as const;
  for (const [change, name] of bad)
    assert.throws(
      () => a.act((session, now) => session.setConfiguration(now, { ...CONFIGURATION, ...change })),
      (error) => error instanceof PeerFault && error.name === name,
      JSON.stringify(change),
    );
  const iceServers = [{ urls: ['stun:example.org'] }];
  a.act((session, now) => session.setConfiguration(now, { ...CONFIGURATION, iceServers }));
  assert.deepEqual(a.session.configuration.iceServers, iceServers);
});

test('other servers make the next offer restart ICE, the same ones do not', () => {
  const couple = new Couple();
  const { a } = couple;
  couple.connect();
  couple.run(500);
  const fragment = a.session.iceTransport?.localParameters?.usernameFragment ?? '';
  const offer = () => a.act((session, now) => session.createOffer(now)).sdp;
  a.act((session, now) => session.setConfiguration(now, { ...CONFIGURATION }));
  assert.ok(offer().includes(fragment));
  const iceServers = [{ urls: ['stun:203.0.113.9'] }];
  a.act((session, now) => session.setConfiguration(now, { ...CONFIGURATION, iceServers }));
  assert.ok(!offer().includes(fragment));
});

test('an answer without data leaves no transport, and nothing more is told of it', () => {
  const couple = new Couple();
  const { a, b } = couple;
  a.act((session, now) => session.createDataChannel(now, { label: '' }));
  a.act((session, now) => session.setLocalDescription(now));
  const offer = a.session.pendingLocalDescription;
  assert.ok(offer);
  b.act((session, now) => session.setRemoteDescription(now, offer));
  const answer = b.act((session, now) => session.createAnswer(now)).sdp;
  const rejected = answer
    .replace(/m=application \d+/, 'm=application 0')
    .replace(/a=group:BUNDLE.*/, 'a=group:BUNDLE');
  a.act((session, now) => session.setRemoteDescription(now, { type: 'answer', sdp: rejected }));
  couple.run(1000);
  assert.equal(a.session.sctpTransport, undefined);
  assert.equal(a.session.iceGatheringState, 'new');
  assert.equal(a.session.connectionState, 'new');
  assert.equal(a.states('ice-gathering-state').at(-1), 'new');
});

test('statistics tell of the transport, both candidates, the pair, certificates and channels', () => {
  const couple = new Couple();
  const { a } = couple;
  const { mine } = couple.connect({ label: 'counted', protocol: 'p' });
  couple.run(1000);
  a.say(mine, '12345');
  couple.run(100);
  const all = a.act((session, now) => session.statistics(now));
  const byType = (type: string) => all.filter((one) => one.type === type);
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  const [transport] = byType('transport');
  const [pair] = byType('candidate-pair');
  assert.ok(transport?.type === 'transport' && pair);
  assert.equal(transport.selectedCandidatePairId, pair.id);
  assert.deepEqual(
    [transport.dtlsState, transport.iceState, transport.tlsVersion],
    ['connected', 'completed', 'FEFD'],
  );
  for (const id of [transport.localCertificateId, transport.remoteCertificateId])
    assert.ok(byType('certificate').some((one) => one.id === id));
  const [channel] = byType('data-channel');
  assert.ok(channel?.type === 'data-channel');
  assert.deepEqual(
    [channel.label, channel.protocol, channel.state, channel.messagesSent, channel.bytesSent],
    ['counted', 'p', 'open', 1, 5],
  );
  assert.deepEqual(
    [byType('local-candidate').length, byType('remote-candidate').length, byType('peer-connection').length],
    [1, 1, 1],
  );
});
