/** `ieum/webrtc`: the W3C interfaces over the sockets of this process. */
import type {
  RTCPeerConnection as PeerConnection,
  RTCPeerConnectionConstructor,
} from '../../webrtc/index.ts';
import { webRtc } from './interfaces.ts';

export const RTCPeerConnection: RTCPeerConnectionConstructor = webRtc.RTCPeerConnection;
export type RTCPeerConnection = PeerConnection;

export {
  type RTCBundlePolicy,
  RTCCertificate,
  type RTCCertificateAlgorithm,
  type RTCConfiguration,
  RTCDataChannel,
  RTCDataChannelEvent,
  type RTCDataChannelEventMap,
  type RTCDataChannelInit,
  type RTCDataChannelState,
  RTCDtlsTransport,
  type RTCDtlsTransportState,
  RTCError,
  type RTCErrorDetailType,
  RTCErrorEvent,
  RTCIceCandidate,
  type RTCIceCandidateInit,
  RTCIceCandidatePair,
  type RTCIceServer,
  RTCIceTransport,
  type RTCIceTransportPolicy,
  type RTCIceTransportState,
  type RTCPeerConnectionEventMap,
  RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent,
  RTCSctpTransport,
  type RTCSctpTransportState,
  type RTCSdpType,
  RTCSessionDescription,
  type RTCSessionDescriptionInit,
  type RTCStats,
  RTCStatsReport,
} from '../../webrtc/index.ts';
