/** Floor 1: the protocol that browsers and the server speak about rooms. No transport, no clock. */
export { addressKey } from './address-key.ts';
export {
  MAX_MESSAGE_BYTES,
  type ParsedClientFrame,
  type ParsedServerFrame,
  parseClientFrame,
  parseServerFrame,
  REQUEST_TYPES,
} from './frames.ts';
export { DisplayName, ParticipantId, Passcode, RoomId, RoomTitle } from './ids.ts';
export {
  ClientFrame,
  ClientRequest,
  type Hello,
  IceConfiguration,
  type LeaveReason,
  MediaState,
  type OutReason,
  Participant,
  PROTOCOL_VERSION,
  type RequestType,
  RoomInfo,
  RoomListing,
  type ServerEvent,
  ServerFrame,
  Signal,
  type Welcome,
} from './messages.ts';
export { OUTBOX_LIMITS, Outbox, type OutboxItem, type OutboxLimits } from './outbox.ts';
export { RoomServer, type RoomServerStats } from './room-server.ts';
export type { CloseReason, ConnectionId, RoomServerEvent, RoomServerTransmit } from './room-server-event.ts';
export type { RoomServerOptions } from './room-server-options.ts';
export type { SessionId } from './session-token.ts';
export {
  SIGNALING_ERRORS,
  SignalingError,
  type SignalingErrorCode,
  signalingError,
} from './signaling-errors.ts';
