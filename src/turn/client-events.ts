/** What a TURN client tells the layer above. */
import type { Millis, SocketAddress } from '../base/index.ts';

/** What was being done. */
export type ClientTask = 'binding' | 'allocate' | 'refresh' | 'permission' | 'channel' | 'delete';

/** Stable; `docs/errors.md` says what to do about each. */
export type TurnClientErrorCode =
  /** No answer in the time of RFC 8489 §6.2.1. */
  | 'STUN_TIMED_OUT'
  /** Answers came, but none with a right MESSAGE-INTEGRITY. */
  | 'STUN_INTEGRITY_VIOLATED'
  /** The answer lacks what it must hold, or holds what cannot be understood. */
  | 'STUN_ANSWER_INVALID'
  /** The bytes of the stream are no STUN. */
  | 'STUN_STREAM_INVALID'
  /** 400, 420 and other codes without a name of their own: see `status`. */
  | 'TURN_REQUEST_REFUSED'
  /** 401 or 438 again, with credentials. */
  | 'TURN_UNAUTHENTICATED'
  /** 403. */
  | 'TURN_FORBIDDEN'
  /** 437. */
  | 'TURN_ALLOCATION_MISMATCH'
  /** 440 or 443. */
  | 'TURN_FAMILY_UNSUPPORTED'
  /** 441. */
  | 'TURN_WRONG_CREDENTIALS'
  /** 486. */
  | 'TURN_QUOTA_REACHED'
  /** 508. */
  | 'TURN_NO_CAPACITY'
  /** The connection to the server has ended. */
  | 'TURN_CONNECTION_CLOSED';

export interface TurnFailure {
  readonly code: TurnClientErrorCode;
  /** The number in ERROR-CODE, if the server sent one. */
  readonly status: number | undefined;
  /** The server's words; may be empty. */
  readonly reason: string;
}

export type TurnClientEvent =
  /** `roundTripMs` is missing when the request was repeated (Karn's algorithm). */
  | { readonly type: 'mapped'; readonly address: SocketAddress; readonly roundTripMs: Millis | undefined }
  | {
      readonly type: 'allocated';
      /** One, or one of each family. */
      readonly relayed: readonly SocketAddress[];
      readonly mapped: SocketAddress;
      readonly lifetimeSeconds: number;
      /** RESERVATION-TOKEN, 8 bytes, given. */
      readonly token: Uint8Array | undefined;
    }
  | { readonly type: 'permitted'; readonly ips: readonly string[] }
  | { readonly type: 'channel-bound'; readonly peer: SocketAddress; readonly channel: number }
  /** `bytes` are given away. */
  | { readonly type: 'data'; readonly from: SocketAddress; readonly bytes: Uint8Array }
  /** One thing went wrong; unless `closed` follows the rest goes on. */
  | ({
      readonly type: 'failed';
      readonly task: ClientTask;
      readonly peers: readonly string[];
    } & TurnFailure)
  /** Nothing comes after it. `failure` is missing when it was asked for. */
  | { readonly type: 'closed'; readonly failure: TurnFailure | undefined };
