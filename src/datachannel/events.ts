/** What a transport of data channels tells the layer above. Plain data. */
import type { ChannelFacts, ChannelId } from './options.ts';

/** docs/errors.md says what each means and what to do. SCTP's codes stand beside them. */
export type ChannelErrorCode =
  /** The peer has no stream of this number, or none is left. */
  | 'CHANNEL_NO_STREAM'
  /** The peer closed it before it had said that it takes it. */
  | 'CHANNEL_REFUSED'
  /** A message of the peer is longer than what we announced. */
  | 'CHANNEL_MESSAGE_TOO_LONG'
  /** The peer sent what RFC 8831 or RFC 8832 forbids. */
  | 'CHANNEL_PEER_VIOLATED'
  /** The association began anew under it. */
  | 'CHANNEL_LOST';

export interface ChannelError {
  readonly code: string;
  /** What happened, what was expected. */
  readonly reason: string;
  /** Of SCTP's ABORT, if the peer gave one. RFC 9260 §3.3.10. */
  readonly causeCode?: number | undefined;
}

export type DataChannelEvent =
  | { readonly type: 'connected'; readonly maxChannels: number }
  /** The peer opened it, and it is open. Stands before anything else of this channel. */
  | {
      readonly type: 'channel-announced';
      readonly channel: ChannelId;
      readonly stream: number;
      readonly facts: ChannelFacts;
    }
  /** One of ours: messages may go. The peer may not know it yet. */
  | { readonly type: 'channel-open'; readonly channel: ChannelId; readonly stream: number }
  /** The peer closes it, or something was wrong with it; `channel-closed` follows. */
  | { readonly type: 'channel-closing'; readonly channel: ChannelId }
  | {
      readonly type: 'channel-closed';
      readonly channel: ChannelId;
      readonly error: ChannelError | undefined;
    }
  /** `bytes` are given away; of text they are UTF-8 that nobody has checked. */
  | {
      readonly type: 'channel-message';
      readonly channel: ChannelId;
      readonly kind: 'text' | 'binary';
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'channel-drained'; readonly channel: ChannelId; readonly bufferedBytes: number }
  /** The last event. Without `error` somebody ended it on purpose. */
  | { readonly type: 'closed'; readonly error: ChannelError | undefined };

export function channelError(code: ChannelErrorCode, reason: string): ChannelError {
  return { code, reason };
}
