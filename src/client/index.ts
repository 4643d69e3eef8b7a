/** Floor 5: a participant in a room. Takes any W3C RTCPeerConnection and any signaling transport. */
export { createCall } from './call.ts';
export { type CallError, CLIENT_ERRORS, type ClientErrorCode } from './call-error.ts';
export {
  type CallDependencies,
  type Clock,
  type SeatStorage,
  systemClock,
  type TimerHandle,
} from './dependencies.ts';
export { distinctNames, numbered, safeFileName } from './files/file-name.ts';
export { FileReceiver, type FileReceiverEvent, isOffer, READY_TEXT } from './files/file-receiver.ts';
export { FileSender, type FileSenderEvent } from './files/file-sender.ts';
export { FILES_CHANNEL, MAX_FILES, type OfferedFile } from './files/messages.ts';
export type { SignalingTransport } from './signaling-transport.ts';
export { type SocketLike, socketIoOptions, socketIoTransport } from './socket-io-transport.ts';
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
