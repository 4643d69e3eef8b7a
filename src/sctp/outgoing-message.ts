/** One message on its way out, and one fragment of it that has left. Plain records. RFC 9260 §6.1, RFC 3758 §3.5. */
import { type Millis, NEVER } from '../base/index.ts';

export interface MessageToSend {
  readonly stream: number;
  /** Payload protocol identifier; SCTP does not look at it. */
  readonly ppid: number;
  /** At least one byte; borrowed until it has been acknowledged or given up: do not change it. */
  readonly payload: Uint8Array;
  readonly unordered?: boolean;
  /** Give up after so many transmissions beside the first. RFC 3758, RFC 7496 §4.1. */
  readonly maxRetransmits?: number;
  /** Give up when it is so old. */
  readonly lifetimeMs?: Millis;
}

export class OutgoingMessage {
  readonly stream: number;
  readonly ppid: number;
  readonly payload: Uint8Array;
  readonly unordered: boolean;
  readonly maxRetransmits: number;
  readonly expiresAt: Millis;
  /** Set when the first fragment leaves: a message that is given up before has taken no number. */
  messageId = 0;
  /** Cut into fragments so far. */
  cutBytes = 0;
  fragments = 0;
  /** Not acknowledged, fragments that have not left included. */
  openBytes: number;
  abandoned = false;

  constructor(now: Millis, message: MessageToSend) {
    this.stream = message.stream;
    this.ppid = message.ppid;
    this.payload = message.payload;
    this.unordered = message.unordered ?? false;
    this.maxRetransmits = message.maxRetransmits ?? Number.POSITIVE_INFINITY;
    this.expiresAt = message.lifetimeMs === undefined ? NEVER : now + message.lifetimeMs;
    this.openBytes = message.payload.length;
  }

  get started(): boolean {
    return this.fragments > 0;
  }

  get isCut(): boolean {
    return this.cutBytes === this.payload.length;
  }
}

/** A fragment with a TSN. */
export interface Flight {
  readonly tsn: number;
  readonly message: OutgoingMessage;
  readonly begin: boolean;
  readonly end: boolean;
  readonly fragment: number;
  /** A view into the message. */
  readonly payload: Uint8Array;
  sentAt: Millis;
  sends: number;
  /** By a gap block: the peer may still take it back. RFC 9260 §6.2. */
  acked: boolean;
  /** To be sent again. */
  lost: boolean;
  /** SACKs that told of later fragments and not of this one. RFC 9260 §7.2.4. */
  missed: number;
}
