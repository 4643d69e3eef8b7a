/** Floor 5: the W3C surface of a peer connection, for whatever shell carries it. webrtc.html. */
export { RTCCertificate, type RTCDtlsFingerprint } from './certificate.ts';
export type {
  RTCBundlePolicy,
  RTCConfiguration,
  RTCIceServer,
  RTCIceTransportPolicy,
  RTCRtcpMuxPolicy,
} from './configuration.ts';
export { createWebRtc, type WebRtc } from './create.ts';
export { RTCDataChannel, type RTCDataChannelEventMap } from './data-channel.ts';
export type { RTCDataChannelInit } from './data-channel-init.ts';
export type { BinaryType, RTCDataChannelState } from './data-channel-state.ts';
export { RTCDataChannelEvent, type RTCDataChannelEventInit } from './events/data-channel-event.ts';
export { RTCErrorEvent, type RTCErrorEventInit } from './events/error-event.ts';
export type { EventHandler } from './events/handlers.ts';
export {
  RTCPeerConnectionIceErrorEvent,
  type RTCPeerConnectionIceErrorEventInit,
} from './events/ice-error-event.ts';
export { RTCPeerConnectionIceEvent, type RTCPeerConnectionIceEventInit } from './events/ice-event.ts';
export type { TypedEventTarget } from './events/typed-target.ts';
export type { RTCCertificateAlgorithm } from './generate-certificate.ts';
export {
  RTCIceCandidate,
  type RTCIceCandidateInit,
  type RTCIceCandidateType,
  type RTCIceComponent,
  type RTCIceProtocol,
  type RTCIceServerTransportProtocol,
  type RTCIceTcpCandidateType,
  type RTCLocalIceCandidateInit,
} from './ice-candidate.ts';
export type { IeumOptions } from './ieum-options.ts';
export type {
  CreatedDescription,
  RTCOfferOptions,
  RTCPeerConnection,
  RTCPeerConnectionConstructor,
  RTCPeerConnectionEventMap,
} from './peer-connection-types.ts';
export { RTCError, type RTCErrorDetailType, type RTCErrorInit } from './rtc-error.ts';
export {
  type RTCLocalSessionDescriptionInit,
  type RTCSdpType,
  RTCSessionDescription,
  type RTCSessionDescriptionInit,
} from './session-description.ts';
export type { IdentityWish, WebRtcShell } from './shell.ts';
export { type RTCStats, RTCStatsReport } from './stats-report.ts';
export {
  RTCDtlsTransport,
  type RTCDtlsTransportEventMap,
  type RTCDtlsTransportState,
} from './transports/dtls-transport.ts';
export { RTCIceCandidatePair } from './transports/ice-candidate-pair.ts';
export {
  type RTCIceGathererState,
  type RTCIceParameters,
  type RTCIceRole,
  RTCIceTransport,
  type RTCIceTransportEventMap,
  type RTCIceTransportState,
} from './transports/ice-transport.ts';
export {
  RTCSctpTransport,
  type RTCSctpTransportEventMap,
  type RTCSctpTransportState,
} from './transports/sctp-transport.ts';
