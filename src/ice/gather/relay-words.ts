/** Why a TURN server gave no relay, in words that help, and by the numbers of webrtc.html §4.8.1.3. */
import type { TurnClientErrorCode, TurnFailure } from '../../turn/index.ts';
import { type AttemptFailure, NOT_REACHED } from './attempt.ts';

const WORDS: Partial<Readonly<Record<TurnClientErrorCode, string>>> = {
  STUN_TIMED_OUT: 'The TURN server does not answer. Check its address and port, or try TCP or TLS.',
  STUN_INTEGRITY_VIOLATED:
    'The answers of the TURN server do not fit the credential. Check it, or what changes them on the way.',
  STUN_ANSWER_INVALID: 'The answer of the TURN server lacks what it must hold.',
  STUN_STREAM_INVALID: 'What answers at this address and port is no TURN server.',
  TURN_UNAUTHENTICATED: 'The TURN server knows no such user, or the credential is wrong or has expired.',
  TURN_FORBIDDEN: 'The TURN server forbids this.',
  TURN_REDIRECT_REFUSED: 'The TURN server sends to another one that cannot be used.',
  TURN_ALLOCATION_MISMATCH: 'The TURN server already has, or no longer has, a relay for this socket.',
  TURN_FAMILY_UNSUPPORTED: 'The TURN server does not relay this IP version.',
  TURN_WRONG_CREDENTIALS: 'The relay was made by another user.',
  TURN_TRANSPORT_UNSUPPORTED: 'The TURN server does not relay UDP.',
  TURN_QUOTA_REACHED: 'This user, or the TURN server, has as many relays as it may have. Wait a minute.',
  TURN_NO_CAPACITY: 'The TURN server has no relay port left. Wait a minute.',
  TURN_CONNECTION_CLOSED: 'The connection to the TURN server could not be made, or has ended.',
};

export function describeFailure({ code, status, reason }: TurnFailure): AttemptFailure {
  const words = WORDS[code] ?? 'The TURN server refuses.';
  return {
    errorCode: status ?? NOT_REACHED,
    errorText: reason === '' ? words : `${reason}: ${words}`,
  };
}
