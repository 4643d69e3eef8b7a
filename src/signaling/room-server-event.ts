/** What a room server tells its shell: two things to do, and facts for logs and metrics. Types only. */

import type { ParticipantId, RoomId } from './ids.ts';
import type { LeaveReason, RequestType } from './messages.ts';
import type { SessionId } from './session-token.ts';
import type { SignalingErrorCode } from './signaling-errors.ts';

/** Given by the shell, one for each connection, never used twice. */
export type ConnectionId = string & { readonly __brand: 'ConnectionId' };

export type CloseReason =
  /** It has not said hello in time. */
  | 'silent'
  /** A newer connection carries its session. */
  | 'replaced'
  /** It takes events and never confirms them. */
  | 'unacknowledged';

export type RoomServerEvent =
  /** To do: make an ICE configuration for `session` and give it to `handleIce`, at once. */
  | { readonly type: 'issue-ice'; readonly connection: ConnectionId; readonly session: SessionId }
  /** To do: end the connection after what was sent to it has left. */
  | { readonly type: 'close'; readonly connection: ConnectionId; readonly reason: CloseReason }
  | { readonly type: 'received'; readonly message: RequestType | 'hello' | 'unreadable' }
  | { readonly type: 'refused'; readonly code: SignalingErrorCode }
  | { readonly type: 'session-started' | 'session-resumed' | 'session-ended'; readonly session: SessionId }
  | { readonly type: 'room-opened' | 'room-forgotten'; readonly room: RoomId }
  | { readonly type: 'joined'; readonly room: RoomId; readonly participant: ParticipantId }
  | {
      readonly type: 'left';
      readonly room: RoomId;
      readonly participant: ParticipantId;
      readonly reason: LeaveReason;
    };

/** One text for one connection. */
export interface RoomServerTransmit {
  readonly to: ConnectionId;
  readonly text: string;
}
