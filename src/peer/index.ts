/** Floor 4: one WebRTC session as one machine. No I/O. webrtc.html §4, RFC 9429. */
export { PeerFault, type PeerFaultDetail, type PeerFaultName } from './peer-fault.ts';
export { PeerSession } from './session.ts';
export type { LocalIceCandidate, PeerEvent, TransportError } from './session-events.ts';
export {
  DEFAULT_PEER_LIMITS,
  type PeerConfiguration,
  type PeerIceServer,
  type PeerLimits,
  type PeerSessionOptions,
} from './session-options.ts';
export type {
  Description,
  DescriptionType,
  DtlsTransportFacts,
  IceCandidateFacts,
  IceCredentialsFacts,
  IceTransportFacts,
  LocalDescriptionWish,
  OfferWish,
  PeerSessionPort,
  RemoteIceCandidate,
  SctpTransportFacts,
} from './session-port.ts';
export type {
  DtlsTransportState,
  IceConnectionState,
  IceGatheringState,
  PeerConnectionState,
  SctpTransportState,
  SignalingState,
} from './states.ts';
export type {
  CertificateStatistic,
  DataChannelStatistic,
  IceStatistic,
  PeerConnectionStatistic,
  PeerStatistic,
  TransportStatistic,
} from './statistics.ts';
