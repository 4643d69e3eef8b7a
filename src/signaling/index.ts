/** Floor 1: the protocol that browsers and the server speak about rooms. No transport, no clock. */
export { DisplayName, ParticipantId, Passcode, RoomId, RoomTitle } from './ids.ts';
export {
  ClientFrame,
  ClientRequest,
  type Hello,
  IceConfiguration,
  MediaState,
  Participant,
  PROTOCOL_VERSION,
  RoomInfo,
  RoomListing,
  type ServerEvent,
  ServerFrame,
  Signal,
  type Welcome,
} from './messages.ts';
export {
  SIGNALING_ERRORS,
  SignalingError,
  type SignalingErrorCode,
  signalingError,
} from './signaling-errors.ts';
