/** What a TURN client tells the layer above. */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { IcmpError } from './attributes.ts';
import type { Grant } from './client-allocate.ts';
import type { Alternate } from './client-redirects.ts';
import type { ConnectionId } from './connection-id.ts';

/** What was being done. */
export type ClientTask =
  | 'binding'
  | 'allocate'
  | 'refresh'
  | 'move'
  | 'permission'
  | 'channel'
  | 'connect'
  | 'delete';

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
  /** 300 without a server that is left to be asked. */
  | 'TURN_REDIRECT_REFUSED'
  /** 405. */
  | 'TURN_MOBILITY_FORBIDDEN'
  /** 437; or the way to the server has changed, and there is no ticket. */
  | 'TURN_ALLOCATION_MISMATCH'
  /** 440 or 443. */
  | 'TURN_FAMILY_UNSUPPORTED'
  /** 441. */
  | 'TURN_WRONG_CREDENTIALS'
  /** 442. */
  | 'TURN_TRANSPORT_UNSUPPORTED'
  /** 446. */
  | 'TURN_CONNECTION_EXISTS'
  /** 447. */
  | 'TURN_PEER_UNREACHABLE'
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
  /** UNKNOWN-ATTRIBUTES of a 420: what the server does not know. */
  readonly unknown?: readonly number[];
}

export type TurnClientEvent =
  /** `roundTripMs` is missing when the request was repeated (Karn's algorithm). */
  | { readonly type: 'mapped'; readonly address: SocketAddress; readonly roundTripMs: Millis | undefined }
  /**
   * The server has sent us on to another one. Over UDP the request is on its way there already; over a stream: connect
   * to it, then call `handleConnected`. RFC 8489 §10.
   */
  | ({ readonly type: 'redirected' } & Alternate)
  | {
      readonly type: 'allocated';
      /** One, or one of each family. */
      readonly relayed: readonly SocketAddress[];
      readonly mapped: SocketAddress;
      readonly lifetimeSeconds: number;
      /** RESERVATION-TOKEN, 8 bytes, given. */
      readonly token: Uint8Array | undefined;
      /** Whether it can go with us to another address: `handlePathChanged`. */
      readonly mobile: boolean;
      /** The second family, when it could not be had. */
      readonly missing: Grant['missing'];
    }
  /** As asked for; what the client refreshes by itself is no news. */
  | { readonly type: 'refreshed'; readonly lifetimeSeconds: number }
  /** The allocation has come with us to the new address. */
  | { readonly type: 'moved' }
  | { readonly type: 'permitted'; readonly ips: readonly string[] }
  | { readonly type: 'channel-bound'; readonly peer: SocketAddress; readonly channel: number }
  /** The server has connected to the peer: open a second stream for a `TurnDataConnection`. RFC 6062 §4.3. */
  | { readonly type: 'connected'; readonly peer: SocketAddress; readonly connection: ConnectionId }
  /** A peer has connected to us; who wants it opens a second stream within 30 s. RFC 6062 §4.4. */
  | { readonly type: 'connection-attempt'; readonly peer: SocketAddress; readonly connection: ConnectionId }
  /** What we sent to the peer was dropped on its way. RFC 8656 §11.6. */
  | { readonly type: 'icmp'; readonly peer: SocketAddress; readonly error: IcmpError }
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
