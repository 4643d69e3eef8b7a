/** What each refusal of the server or of this page's own call means, in English. A missing code is a type error. */
import type { ErrorCode } from './error-code.ts';

export const errorsEn: Record<ErrorCode, string> = {
  MESSAGE_MALFORMED: 'The server did not understand this page. Reload it and try again.',
  MESSAGE_UNKNOWN_TYPE: 'The server does not know what this page asked for. Reload the page.',
  MESSAGE_TOO_LARGE: 'That was too much to send at once. Try less.',
  VERSION_UNSUPPORTED: 'This page is of another version than the server. Reload the page.',
  HELLO_REQUIRED: 'The connection began in the wrong way. Reload the page.',
  RATE_LIMITED: 'That was too quick. Wait a moment and try again.',
  SERVER_FULL: 'The server is full at the moment. Try again later.',
  SERVER_DRAINING: 'The server is about to restart. Try again in a moment.',
  ROOM_UNKNOWN: 'There is no such room. Check the link, or start a new call.',
  ROOM_FULL: 'The room is full. Ask someone to leave, or start a new call.',
  ROOM_LOCKED: 'The host has locked the room. Ask them to unlock it.',
  PASSCODE_REQUIRED: 'This room has a passcode. Ask the person who invited you.',
  PASSCODE_WRONG: 'The passcode is wrong. Check it and try again.',
  SEAT_STALE: 'Your place is no longer kept. Join again.',
  ALREADY_IN_ROOM: 'You are in a room already. Leave it first.',
  NOT_IN_ROOM: 'You are not in the room any more. Join again.',
  NOT_HOST: 'Only the host can do this.',
  PARTICIPANT_UNKNOWN: 'This person is not here any more.',
  SDP_TYPE_UNSUPPORTED: 'The other browser sent a kind of description that nobody here knows.',
  MAILBOX_FULL: 'The other side has been away for too long. Wait until they are back.',
  ROOM_REMOVED: 'The host has removed you from this room.',
  CLIENT_CLOSED: 'This call is closed. Reload the page to start again.',
  CLIENT_TIMEOUT: 'The server did not answer in time. Check your connection and try again.',
  CLIENT_SESSION_LOST: 'The connection to the server was renewed meanwhile. Try again.',
  CLIENT_OUTBOX_FULL: 'Too much is waiting for the server. Try again when the connection is back.',
  CLIENT_FRAME_MALFORMED: 'The server said something that this page does not understand. Reload the page.',
  CLIENT_NEGOTIATION_FAILED: 'The two browsers did not agree on a connection. Making a new one…',
  CLIENT_CONNECTION_FAILED: 'No way to the other person was found, neither direct nor through the relay.',
  CLIENT_TRACK_REFUSED: 'The browser could not send this device. Choose it once more.',
  CLIENT_CHAT_TOO_LONG: 'The message is too long. Shorten it, or send it in parts.',
};

export const errorUnknownEn = 'Something went wrong. Try again.';
