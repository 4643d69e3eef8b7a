/** What can go wrong on this side of a call, by stable code, beside what the server refuses. */
import { StackError } from '../base/index.ts';
import { type SignalingError, type SignalingErrorCode, signalingError } from '../signaling/index.ts';

/** Code → what happened and what to do. The page shows its own translation by code. */
export const CLIENT_ERRORS = {
  CLIENT_CLOSED: 'The call has been closed. Reload the page to start again.',
  CLIENT_TIMEOUT: 'The server did not answer in time. Check the connection and try again.',
  CLIENT_SESSION_LOST: 'The connection to the server was renewed before it answered. Try again.',
  CLIENT_OUTBOX_FULL: 'Too many requests wait for the connection to the server. Try again when it is back.',
  CLIENT_FRAME_MALFORMED: 'The server said something that this page does not understand. Reload the page.',
  CLIENT_NEGOTIATION_FAILED:
    'The browser refused the media description of the other side, so the connection is being made anew.',
  CLIENT_CONNECTION_FAILED:
    'No connection to the other person could be made, neither directly nor through the relay.',
  CLIENT_TRACK_REFUSED: 'The browser could not send this camera, microphone or screen. Choose it once more.',
  CLIENT_CHAT_TOO_LONG:
    'The message is longer than the 16,384 bytes that a chat message may have. Shorten it.',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** A refusal by the server or a failure on this side. */
export interface CallError {
  readonly code: SignalingErrorCode | ClientErrorCode;
  /** A sentence in English; `detail` of the cause in brackets at its end. */
  readonly message: string;
}

export function clientError(code: ClientErrorCode, detail?: string): CallError {
  const sentence = CLIENT_ERRORS[code];
  return { code, message: detail ? `${sentence} (${detail})` : sentence };
}

export function stackError(error: CallError | SignalingError, cause?: unknown): StackError {
  return new StackError(error.code, error.message, cause === undefined ? undefined : { cause });
}

/** The sentence of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error)
    return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`;
  return String(thrown);
}

/** RFC 9429 §4.1.2 names the types; this reports one that is none of them, as the seed's code sample asks. */
export function unsupportedSdpType(type: string): CallError {
  return signalingError('SDP_TYPE_UNSUPPORTED', `got ${JSON.stringify(type.slice(0, 32))}`);
}
