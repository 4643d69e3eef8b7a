/**
 * One direction between two streams: reads no faster than the other end takes and than somebody lets pass, and hands
 * on the end. Closes nothing. RFC 6062 §3, last paragraph.
 */
import type { Duplex } from 'node:stream';
import { plainBytes } from '../../node/index.ts';

/** What may be asked for at a time. */
const MAX_PIECE_BYTES = 65_536;

export interface ByteFlowHandlers {
  /** 0: so many bytes may go. Else: ask again after so many milliseconds. */
  mayPass(bytes: number): number;
  /** Something moved, or the source has ended. */
  onLife(): void;
}

export class ByteFlow {
  readonly #source: Duplex;
  readonly #sink: Duplex;
  readonly #handlers: ByteFlowHandlers;
  /** Read, and not yet let pass. At most what the source gives at once, for it is paused meanwhile. */
  #held: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sinkIsFull = false;
  #ended = false;

  /** `first`: bytes of the source that somebody else has read already; given. */
  constructor(source: Duplex, sink: Duplex, first: Uint8Array, handlers: ByteFlowHandlers) {
    this.#source = source;
    this.#sink = sink;
    this.#handlers = handlers;
    sink.on('drain', () => {
      this.#sinkIsFull = false;
      this.#move();
    });
    source.on('data', (chunk: Uint8Array) => this.#take(plainBytes(chunk)));
    source.on('end', () => {
      this.#ended = true;
      this.#move();
    });
    if (first.length > 0) this.#take(first);
    else source.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#held = [];
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += MAX_PIECE_BYTES) {
      this.#held.push(chunk.subarray(at, at + MAX_PIECE_BYTES));
    }
    this.#move();
  }

  #move(): void {
    this.#handlers.onLife();
    while (!this.#sinkIsFull && this.#timer === undefined) {
      const [piece] = this.#held;
      if (!piece) break;
      const waitMs = this.#handlers.mayPass(piece.length);
      if (waitMs > 0) this.#askAgainIn(waitMs);
      else {
        this.#held.shift();
        this.#sinkIsFull = !this.#sink.write(piece);
      }
    }
    const isFree = this.#held.length === 0 && !this.#sinkIsFull;
    if (this.#ended) {
      if (this.#held.length === 0 && !this.#sink.writableEnded) this.#sink.end();
    } else if (isFree) this.#source.resume();
    else this.#source.pause();
  }

  #askAgainIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#move();
    }, ms);
    this.#timer.unref();
  }
}
