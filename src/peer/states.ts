/** The states of a session and its transports, by their W3C names. webrtc.html §4.3, §5.5, §5.6, §6.1. */

export type SignalingState =
  | 'stable'
  | 'have-local-offer'
  | 'have-remote-offer'
  | 'have-local-pranswer'
  | 'have-remote-pranswer'
  | 'closed';

/** Of the session, and of one transport (`RTCIceGathererState`). */
export type IceGatheringState = 'new' | 'gathering' | 'complete';

/** Of the session, and of one transport (`RTCIceTransportState`). */
export type IceConnectionState =
  | 'new'
  | 'checking'
  | 'connected'
  | 'completed'
  | 'disconnected'
  | 'failed'
  | 'closed';

export type PeerConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export type DtlsTransportState = 'new' | 'connecting' | 'connected' | 'closed' | 'failed';

export type SctpTransportState = 'connecting' | 'connected' | 'closed';
