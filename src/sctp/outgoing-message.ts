/** One message on its way out, and one fragment of it that has left. Plain records. RFC 9260 §6.1, RFC 3758 §3.5. */
import { type Millis, NEVER } from '../base/index.ts';

export interface MessageToSend {
  readonly stream: number;
  /** Payload protocol identifier; SCTP does not look at it. */
  readonly ppid: number;
  /** At least one byte; given away: it is read until the peer has acknowledged it. */
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
  /** Of its first fragment. */
  firstTsn = 0;
  abandoned = false;

  constructor(now: Millis, message: MessageToSend) {
    this.stream = message.stream;
    this.ppid = message.ppid;
    this.payload = message.payload;
    this.unordered = message.unordered ?? false;
    this.maxRetransmits = message.maxRetransmits ?? Number.POSITIVE_INFINITY;
    this.expiresAt = message.lifetimeMs === undefined ? NEVER : now + message.lifetimeMs;
  }

  get started(): boolean {
    return this.fragments > 0;
  }

  get isCut(): boolean {
    return this.cutBytes === this.payload.length;
  }

  /** It may be given up. */
  get isLimited(): boolean {
    return this.expiresAt !== NEVER || this.maxRetransmits !== Number.POSITIVE_INFINITY;
  }
}

/** Where a fragment lies in its message. */
export interface Place {
  readonly from: number;
  readonly length: number;
  readonly begin: boolean;
  readonly end: boolean;
  /** Of its message, from 0. */
  readonly fragment: number;
}

/** Stands where a fragment was that is done. */
const NO_MESSAGE = new OutgoingMessage(0, { stream: 0, ppid: 0, payload: new Uint8Array(0) });

/** A fragment with a TSN. One record serves many fragments, one after the other. */
export class Flight {
  tsn = 0;
  message: OutgoingMessage = NO_MESSAGE;
  begin = false;
  end = false;
  fragment = 0;
  from = 0;
  length = 0;
  sentAt: Millis = 0;
  sends = 0;
  /** By a gap block: the peer may still take it back. RFC 9260 §6.2. */
  acked = false;
  /** To be sent again. */
  lost = false;

  launch(now: Millis, tsn: number, message: OutgoingMessage, place: Place): void {
    this.tsn = tsn;
    this.message = message;
    this.begin = place.begin;
    this.end = place.end;
    this.fragment = place.fragment;
    this.from = place.from;
    this.length = place.length;
    this.sentAt = now;
    this.sends = 1;
    this.acked = false;
    this.lost = false;
  }

  /** Lets go of the message. */
  forget(): void {
    this.message = NO_MESSAGE;
  }
}
