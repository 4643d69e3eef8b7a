/** Floor 5: a participant in a room. Takes any W3C RTCPeerConnection and any signaling transport. */
export type {
  Call,
  CallOptions,
  CallPhase,
  CallState,
  ChatEntry,
  IcePolicy,
  LinkSample,
  Path,
  PeerLink,
  PeerState,
  RelayTransport,
  SignalingState,
  TrackRole,
  TrackSample,
  Trouble,
} from './state.ts';
