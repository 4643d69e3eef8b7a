/** Our interfaces stand where a program expects those of lib.dom. The compiler is the judge; nothing happens when it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as webrtc from '../../../src/node/webrtc/index.ts';

/** Compiles only where `Ours` can be given to who wants a `Theirs`. */
type Fits<Ours extends Theirs, Theirs> = [Ours, Theirs];

type MediaMember = 'addTrack' | 'removeTrack' | 'addTransceiver' | 'ontrack';
type ListenerMember = 'addEventListener' | 'removeEventListener';

export type Fitting = [
  Fits<webrtc.RTCDataChannel, RTCDataChannel>,
  Fits<webrtc.RTCIceCandidate, RTCIceCandidate>,
  Fits<webrtc.RTCSessionDescription, RTCSessionDescription>,
  Fits<webrtc.RTCCertificate, RTCCertificate>,
  Fits<webrtc.RTCIceTransport, RTCIceTransport>,
  Fits<webrtc.RTCDtlsTransport, RTCDtlsTransport>,
  Fits<webrtc.RTCSctpTransport, RTCSctpTransport>,
  Fits<webrtc.RTCError, RTCError>,
  Fits<webrtc.RTCErrorEvent, RTCErrorEvent>,
  Fits<webrtc.RTCDataChannelEvent, RTCDataChannelEvent>,
  Fits<webrtc.RTCPeerConnectionIceEvent, RTCPeerConnectionIceEvent>,
  Fits<webrtc.RTCPeerConnectionIceErrorEvent, RTCPeerConnectionIceErrorEvent>,
  Fits<webrtc.RTCStatsReport, RTCStatsReport>,
  Fits<webrtc.RTCPeerConnection, Omit<RTCPeerConnection, MediaMember | ListenerMember>>,
];

/** A program written for a browser, by types alone. */
export async function written(connection: webrtc.RTCPeerConnection): Promise<string> {
  const channel: RTCDataChannel = connection.createDataChannel('x', { ordered: false });
  channel.onmessage = (event: MessageEvent<string>) => event.data.length;
  connection.addEventListener('icecandidate', ({ candidate }) => candidate?.address);
  connection.ondatachannel = ({ channel: far }) => far.send(new Uint8Array(3));
  const offer: RTCSessionDescriptionInit = await connection.createOffer();
  await connection.setLocalDescription(offer);
  return offer.type;
}

/** What goes in, typed by lib.dom: the class alone is imported. */
export async function given(
  Connection: typeof webrtc.RTCPeerConnection,
  certificate: RTCCertificate,
  candidate: RTCIceCandidate,
  description: RTCSessionDescription,
): Promise<void> {
  const configuration: RTCConfiguration = {
    iceServers: [{ urls: 'stun:[::1]' }],
    certificates: [certificate],
  };
  const connection = new Connection(configuration);
  connection.setConfiguration(configuration);
  await connection.setRemoteDescription(description);
  await connection.addIceCandidate(candidate);
}

test('a program for browsers compiles against ours', () => {
  assert.equal(typeof written, 'function');
  assert.equal(typeof given, 'function');
});
