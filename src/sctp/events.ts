/** Facts that an association tells the layer above. */

export type SctpErrorCode =
  /** INIT or COOKIE ECHO went unanswered. */
  | 'SCTP_CONNECT_TIMEOUT'
  /** Data or heartbeats went unanswered: RFC 9260 §8.1. */
  | 'SCTP_TOO_MANY_RETRIES'
  /** The peer aborted. */
  | 'SCTP_ABORTED_BY_PEER'
  /** The peer did what the protocol forbids; we aborted. */
  | 'SCTP_PROTOCOL_VIOLATION';

export interface SctpError {
  readonly code: SctpErrorCode;
  readonly reason: string;
  /** What the peer gave as its cause, if it aborted and gave one. RFC 9260 §3.3.10. */
  readonly causeCode?: number | undefined;
}

export type SctpEvent =
  | {
      readonly type: 'connected';
      /** What both ends allow. */
      readonly outboundStreams: number;
      readonly inboundStreams: number;
    }
  /** The peer began anew with the same association: numbers of streams and what was under way are gone. RFC 9260 §5.2. */
  | { readonly type: 'restarted' }
  /** `payload` is given away, in an ArrayBuffer of its own that is exactly as long. */
  | {
      readonly type: 'message';
      readonly stream: number;
      readonly ppid: number;
      readonly unordered: boolean;
      readonly payload: Uint8Array<ArrayBuffer>;
    }
  /** Less waits for this stream than before: see `bufferedBytes`. Once for all packets that were written together. */
  | { readonly type: 'buffer-drained'; readonly stream: number }
  /** The peer's side of these streams begins anew. Empty: of all. RFC 6525. */
  | { readonly type: 'streams-reset-by-peer'; readonly streams: readonly number[] }
  /** Ours does, or the peer refused. */
  | { readonly type: 'streams-reset'; readonly streams: readonly number[]; readonly refused: boolean }
  /** The peer does not take more messages; what was sent before still goes. */
  | { readonly type: 'closing' }
  /** The last event. Without `error` both ends agreed. */
  | {
      readonly type: 'closed';
      readonly error: SctpError | undefined;
    };
