/**
 * Resetting streams: own requests, one at a time, repeated until answered; and the peer's. Writes the values of
 * RE-CONFIG chunks; sends nothing. RFC 6525 §5, as data channels use it: RFC 8831 §6.7.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import {
  encodeReconfigurationResponse,
  encodeResetOutgoing,
  type Reconfiguration,
  ResetResult,
} from './reconfig-chunk.ts';

export type ResetOutcome =
  /** The peer's streams begin anew. Empty: all. */
  | { readonly kind: 'incoming'; readonly streams: readonly number[] }
  /** Ours do. */
  | { readonly kind: 'outgoing'; readonly streams: readonly number[] }
  /** The peer refuses. */
  | { readonly kind: 'refused'; readonly streams: readonly number[] }
  /** The peer asks us to reset ours. */
  | { readonly kind: 'asked'; readonly streams: readonly number[] };

interface Request {
  readonly number: number;
  readonly lastTsn: number;
  readonly streams: readonly number[];
}

/** What is to be known of the streams that are reset. */
export interface OwnStreams {
  /** Nothing of it waits to be sent. */
  isIdle(stream: number): boolean;
  /** No message starts on it. */
  pause(stream: number): void;
}

/** A chunk of 1,191 bytes names 580 streams; the others come in the next request. */
const MAX_STREAMS_PER_REQUEST = 256;

export class StreamReset {
  /** Own streams that are to be reset, in order. */
  readonly #wanted = new Set<number>();
  #request: Request | undefined;
  #nextNumber: number;
  #resendAt: Millis = NEVER;
  /** The peer's next request. */
  #expected: number;
  #lastResult: number = ResetResult.NOTHING_TO_DO;
  /** The peer's request that waits for data still under way. */
  #deferred:
    | { readonly number: number; readonly lastTsn: number; readonly streams: readonly number[] }
    | undefined;
  readonly #answers: Uint8Array[] = [];
  /** Timeouts in a row. */
  errors = 0;

  /** Both begin with the initial TSN of their side. RFC 6525 §4.1. */
  constructor(ownInitialTsn: number, peerInitialTsn: number) {
    this.#nextNumber = ownInitialTsn;
    this.#expected = peerInitialTsn;
  }

  want(streams: readonly number[]): void {
    for (const stream of streams) this.#wanted.add(stream);
  }

  get isIdle(): boolean {
    return this.#wanted.size === 0 && this.#request === undefined && this.#answers.length === 0;
  }

  nextTimeout(): Millis {
    return this.#resendAt;
  }

  /**
   * The value of the RE-CONFIG chunk that is to leave now, if any: answers first. A stream is asked for when nothing of it
   * waits, and pauses then (§5.1.2). `lastTsn`: the last that was used.
   */
  poll(now: Millis, rtoMs: Millis, lastTsn: number, streams: OwnStreams): Uint8Array | undefined {
    const answer = this.#answers.shift();
    if (answer) return answer;
    if (!this.#request) this.#makeRequest(lastTsn, streams);
    if (!this.#request || this.#resendAt > now) {
      if (!this.#request || this.#resendAt !== NEVER) return undefined;
    }
    this.#resendAt = now + rtoMs;
    const { number, lastTsn: last, streams: reset } = this.#request;
    return encodeResetOutgoing(number, (this.#expected - 1) >>> 0, last, reset);
  }

  /** Whether the request is to be repeated, which counts against the association. RFC 6525 §5.1.1. */
  handleTimeout(now: Millis): boolean {
    if (this.#resendAt > now) return false;
    this.errors += 1;
    return true;
  }

  handle(found: Reconfiguration, cumulativeTsn: number): ResetOutcome | undefined {
    switch (found.kind) {
      case 'response':
        return this.#handleResponse(found.responseNumber, found.result);
      case 'reset-outgoing':
        return this.#handleRequest(found.requestNumber, () => this.#resetIncoming(found, cumulativeTsn));
      case 'reset-incoming':
        return this.#handleRequest(found.requestNumber, () => {
          this.#answer(found.requestNumber, ResetResult.PERFORMED);
          return { kind: 'asked', streams: found.streams };
        });
      case 'unsupported':
        return this.#handleRequest(found.requestNumber, () => {
          this.#answer(found.requestNumber, ResetResult.DENIED);
          return undefined;
        });
    }
  }

  /** E2 … E5: what was missing may have come. */
  advance(cumulativeTsn: number): ResetOutcome | undefined {
    const deferred = this.#deferred;
    if (!deferred || serialLess(cumulativeTsn, deferred.lastTsn)) return undefined;
    this.#deferred = undefined;
    this.#answer(deferred.number, ResetResult.PERFORMED);
    return { kind: 'incoming', streams: deferred.streams };
  }

  #makeRequest(lastTsn: number, own: OwnStreams): void {
    const ready = [...this.#wanted].filter((stream) => own.isIdle(stream));
    const streams = ready.slice(0, MAX_STREAMS_PER_REQUEST);
    if (streams.length === 0) return;
    for (const stream of streams) {
      this.#wanted.delete(stream);
      own.pause(stream);
    }
    this.#request = { number: this.#nextNumber, lastTsn, streams };
    this.#nextNumber = (this.#nextNumber + 1) >>> 0;
  }

  /** RFC 6525 §5.2.1: the last request again gets the same answer; any other out of turn an error. */
  #handleRequest(number: number, act: () => ResetOutcome | undefined): ResetOutcome | undefined {
    if (number === (this.#expected - 1) >>> 0) {
      this.#answers.push(encodeReconfigurationResponse(number, this.#lastResult));
      this.#boundAnswers();
      return undefined;
    }
    if (number !== this.#expected) {
      this.#answers.push(encodeReconfigurationResponse(number, ResetResult.BAD_SEQUENCE_NUMBER));
      this.#boundAnswers();
      return undefined;
    }
    this.#expected = (this.#expected + 1) >>> 0;
    return act();
  }

  #resetIncoming(
    { requestNumber, lastTsn, streams }: Extract<Reconfiguration, { kind: 'reset-outgoing' }>,
    cumulativeTsn: number,
  ): ResetOutcome | undefined {
    if (serialLess(cumulativeTsn, lastTsn)) {
      // E2. The peer sends nothing on these streams before it has our answer, so there is nothing to hold back.
      this.#deferred = { number: requestNumber, lastTsn, streams };
      this.#answer(requestNumber, ResetResult.IN_PROGRESS);
      return undefined;
    }
    this.#answer(requestNumber, ResetResult.PERFORMED);
    return { kind: 'incoming', streams };
  }

  #handleResponse(number: number, result: number): ResetOutcome | undefined {
    const request = this.#request;
    if (!request || request.number !== number) return undefined;
    this.errors = 0;
    if (result === ResetResult.IN_PROGRESS) return undefined; // H2: ask again when the timer runs out
    this.#request = undefined;
    this.#resendAt = NEVER;
    const done = result === ResetResult.PERFORMED || result === ResetResult.NOTHING_TO_DO;
    return { kind: done ? 'outgoing' : 'refused', streams: request.streams };
  }

  #answer(number: number, result: number): void {
    this.#lastResult = result;
    this.#answers.push(encodeReconfigurationResponse(number, result));
    this.#boundAnswers();
  }

  /** A peer that repeats itself without listening gets the newest answers only. */
  #boundAnswers(): void {
    while (this.#answers.length > 8) this.#answers.shift();
  }
}
