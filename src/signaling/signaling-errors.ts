/** What can be wrong with a message or a wish, by stable code, with the sentence that a person can act on. */
import * as v from 'valibot';

/** Code → what happened, what was expected, what to do. The page shows its own translation by code. */
export const SIGNALING_ERRORS = {
  MESSAGE_MALFORMED: 'The message does not have the form that the protocol asks for.',
  MESSAGE_UNKNOWN_TYPE:
    'The message has a type that this server does not know. Reload the page to get its newest version.',
  MESSAGE_TOO_LARGE: 'The message is larger than the 65,536 bytes that the server takes. Send less at once.',
  VERSION_UNSUPPORTED: 'The page and the server speak different versions. Reload the page.',
  HELLO_REQUIRED: 'The first message on a connection must be hello.',
  RATE_LIMITED: 'Too many messages in a short time. Wait a moment and try again.',
  SERVER_FULL: 'The server has as many people or rooms as it takes. Try again later.',
  SERVER_DRAINING: 'The server is about to restart. Try again in a moment.',
  ROOM_UNKNOWN: 'There is no room with this link. Check the link, or start a new call.',
  ROOM_FULL: 'The room is full. Ask somebody to leave, or start another room.',
  ROOM_LOCKED: 'The host has locked the room. Ask the host to unlock it.',
  ROOM_REMOVED: 'The host has removed you from this room. Ask the host before you come back.',
  PASSCODE_REQUIRED: 'This room asks for a passcode. Ask the person who invited you.',
  PASSCODE_WRONG: 'The passcode is wrong. Check it and try again.',
  SEAT_STALE: 'Your place in the room is no longer kept. Join again.',
  ALREADY_IN_ROOM: 'You are in a room already. Leave it first.',
  NOT_IN_ROOM: 'This can be done only inside a room. Join one first.',
  NOT_HOST: 'Only the host of the room can do this.',
  PARTICIPANT_UNKNOWN: 'This person is not in the room any more.',
  SDP_TYPE_UNSUPPORTED: 'Unsupported SDP type. Expected offer, answer or pranswer.',
  MAILBOX_FULL: 'The other side has been away for too long and its mailbox is full. Wait until it is back.',
} as const;

export type SignalingErrorCode = keyof typeof SIGNALING_ERRORS;

export const SignalingError = v.object({
  code: v.picklist(Object.keys(SIGNALING_ERRORS) as [SignalingErrorCode, ...SignalingErrorCode[]]),
  message: v.string(),
});
export type SignalingError = v.InferOutput<typeof SignalingError>;

/** The structured error for `code`; `detail` adds what was wrong in this case. */
export function signalingError(code: SignalingErrorCode, detail?: string): SignalingError {
  const sentence = SIGNALING_ERRORS[code];
  return { code, message: detail ? `${sentence} (${detail})` : sentence };
}
