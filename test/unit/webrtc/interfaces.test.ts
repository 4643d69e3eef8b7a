/** Every interface looks as Web IDL says: names, listed members, lengths of constructors, closed constructors. Web IDL §3.7. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as webrtc from '../../../src/node/webrtc/index.ts';

type AnyConstructor = new (...given: unknown[]) => object;

const CONSTRUCTORS: readonly (readonly [name: string, length: number | 'closed', parent: AnyConstructor])[] =
  [
    ['RTCPeerConnection', 0, EventTarget as unknown as AnyConstructor],
    ['RTCDataChannel', 'closed', EventTarget as unknown as AnyConstructor],
    ['RTCIceTransport', 'closed', EventTarget as unknown as AnyConstructor],
    ['RTCDtlsTransport', 'closed', EventTarget as unknown as AnyConstructor],
    ['RTCSctpTransport', 'closed', EventTarget as unknown as AnyConstructor],
    ['RTCIceCandidate', 0, Object as unknown as AnyConstructor],
    ['RTCIceCandidatePair', 'closed', Object as unknown as AnyConstructor],
    ['RTCSessionDescription', 1, Object as unknown as AnyConstructor],
    ['RTCCertificate', 'closed', Object as unknown as AnyConstructor],
    ['RTCStatsReport', 'closed', Object as unknown as AnyConstructor],
    ['RTCError', 1, DOMException as unknown as AnyConstructor],
    ['RTCErrorEvent', 2, Event as unknown as AnyConstructor],
    ['RTCDataChannelEvent', 2, Event as unknown as AnyConstructor],
    ['RTCPeerConnectionIceEvent', 1, Event as unknown as AnyConstructor],
    ['RTCPeerConnectionIceErrorEvent', 2, Event as unknown as AnyConstructor],
  ];

/** Members by interface, as webrtc.html writes them. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RTCPeerConnection: [
    'createOffer',
    'createAnswer',
    'setLocalDescription',
    'localDescription',
    'currentLocalDescription',
    'pendingLocalDescription',
    'setRemoteDescription',
    'remoteDescription',
    'currentRemoteDescription',
    'pendingRemoteDescription',
    'addIceCandidate',
    'signalingState',
    'iceGatheringState',
    'iceConnectionState',
    'connectionState',
    'canTrickleIceCandidates',
    'restartIce',
    'getConfiguration',
    'setConfiguration',
    'close',
    'onnegotiationneeded',
    'onicecandidate',
    'onicecandidateerror',
    'onsignalingstatechange',
    'oniceconnectionstatechange',
    'onicegatheringstatechange',
    'onconnectionstatechange',
    'getSenders',
    'getReceivers',
    'getTransceivers',
    'sctp',
    'createDataChannel',
    'ondatachannel',
    'getStats',
  ],
  RTCDataChannel: [
    'label',
    'ordered',
    'maxPacketLifeTime',
    'maxRetransmits',
    'protocol',
    'negotiated',
    'id',
    'readyState',
    'bufferedAmount',
    'bufferedAmountLowThreshold',
    'onopen',
    'onbufferedamountlow',
    'onerror',
    'onclosing',
    'onclose',
    'close',
    'onmessage',
    'binaryType',
    'send',
  ],
  RTCIceTransport: [
    'role',
    'component',
    'state',
    'gatheringState',
    'getLocalCandidates',
    'getRemoteCandidates',
    'getSelectedCandidatePair',
    'getLocalParameters',
    'getRemoteParameters',
    'onstatechange',
    'ongatheringstatechange',
    'onselectedcandidatepairchange',
  ],
  RTCDtlsTransport: ['iceTransport', 'state', 'getRemoteCertificates', 'onstatechange', 'onerror'],
  RTCSctpTransport: ['transport', 'state', 'maxMessageSize', 'maxChannels', 'onstatechange'],
  RTCError: ['errorDetail', 'sdpLineNumber', 'sctpCauseCode', 'receivedAlert', 'sentAlert'],
  RTCStatsReport: ['size', 'get', 'has', 'entries', 'keys', 'values', 'forEach'],
};

const exported = webrtc as unknown as Readonly<Record<string, AnyConstructor>>;

function classOf(name: string): AnyConstructor {
  const found = exported[name];
  assert.ok(found, `${name} is exported`);
  return found;
}

for (const [name, length, parent] of CONSTRUCTORS) {
  test(`${name}: its name, its parent, its constructor`, () => {
    const interfaceClass = classOf(name);
    assert.equal(interfaceClass.name, name);
    assert.equal(interfaceClass.length, length === 'closed' ? 0 : length);
    assert.equal(interfaceClass.prototype[Symbol.toStringTag as never], name);
    const above: unknown = Object.getPrototypeOf(interfaceClass.prototype);
    assert.equal(above, parent.prototype);
    assert.throws(() => Reflect.apply(interfaceClass, undefined, []), TypeError);
    if (length === 'closed') assert.throws(() => new interfaceClass(), TypeError);
  });

  test(`${name}: every member is listed, and refuses an object of another kind`, () => {
    const prototype: object = classOf(name).prototype;
    for (const [member, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (member === 'constructor') continue;
      assert.equal(descriptor.enumerable, true, member);
      if (descriptor.get)
        assert.throws(() => Reflect.apply(descriptor.get ?? noop, {}, []), TypeError, member);
    }
  });
}

for (const [name, members] of Object.entries(MEMBERS)) {
  test(`${name} has all members of webrtc.html`, () => {
    const found = Object.keys(Object.getOwnPropertyDescriptors(classOf(name).prototype));
    assert.deepEqual(
      members.filter((member) => !found.includes(member)),
      [],
    );
  });
}

test('methods that give a promise reject where others throw', async () => {
  const { createOffer, setRemoteDescription } = webrtc.RTCPeerConnection.prototype;
  await assert.rejects(Reflect.apply(createOffer, {}, []), TypeError);
  await assert.rejects(Reflect.apply(setRemoteDescription, {}, []), TypeError);
});

test('a report can be iterated by the same function as its entries', () => {
  const { prototype } = webrtc.RTCStatsReport;
  assert.equal(prototype[Symbol.iterator], prototype.entries);
});

function noop(): void {}
