/** One server asked at one of its addresses: what an inquiry needs to know of it. */
import type { Millis, SocketAddress } from '../../base/index.ts';
import type { PathId } from '../gatherer-port.ts';

export interface AttemptFailure {
  /** STUN's number, or 701: not reached. webrtc.html §4.8.1.3. */
  readonly errorCode: number;
  /** For people: what happened, and what to do. */
  readonly errorText: string;
}

/** webrtc.html §4.8.1.3. */
export const NOT_REACHED = 701;

export interface AttemptEvents {
  /** The server has given what it has; the attempt lives on and keeps that alive. */
  onSucceeded(now: Millis): void;
  /** Before or after success: the attempt is over. */
  onFailed(now: Millis, failure: AttemptFailure): void;
}

export interface Attempt {
  readonly server: SocketAddress;
  /** Has nothing more to say. */
  readonly over: boolean;
  /** Whether the path is one that the server has given. */
  carries(path: PathId): boolean;
  handleTimeout(now: Millis): void;
  nextTimeout(): Millis;
  /** Gives back what the server has given. Tells nothing afterwards; may go on sending for a while. */
  close(now: Millis): void;
}
