/**
 * A client's data connection and its peer's, joined: bytes both ways, the end of one side handed to the other, and both
 * gone when one is gone. Reads nothing of what they say. RFC 6062 §5.4, §5.5.
 */
import type { Duplex } from 'node:stream';
import type { Direction } from '../../turn/index.ts';
import { ByteFlow } from './byte-flow.ts';

/**
 * One side has ended and the other is silent: a half-closed connection is rare, one that is forgotten is not. RFC 6062
 * §5.5 would close it at once, and lose the answer to whoever ends his side after the question.
 */
const HALF_CLOSED_MS = 60_000;

export interface ByteBridgeHandlers {
  mayPass(direction: Direction, bytes: number): number;
  /** Once, when both are gone. */
  onClosed(): void;
}

export class ByteBridge {
  readonly #sides: readonly [Duplex, Duplex];
  readonly #flows: readonly ByteFlow[];
  readonly #onClosed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Owns both streams from now on. `first`: bytes of the client that have been read already; given. */
  constructor(client: Duplex, peer: Duplex, first: Uint8Array, handlers: ByteBridgeHandlers) {
    this.#sides = [client, peer];
    this.#onClosed = handlers.onClosed;
    for (const side of this.#sides) {
      side.on('error', () => this.destroy());
      side.once('close', () => this.#sideClosed(side));
    }
    const onLife = (): void => this.#watch();
    this.#flows = [
      new ByteFlow(client, peer, first, { mayPass: (bytes) => handlers.mayPass('toPeer', bytes), onLife }),
      new ByteFlow(peer, client, new Uint8Array(0), {
        mayPass: (bytes) => handlers.mayPass('toClient', bytes),
        onLife,
      }),
    ];
    if (this.#sides.some((side) => side.destroyed)) this.destroy();
  }

  destroy(): void {
    for (const side of this.#sides) side.destroy();
  }

  /** A side that has said and heard everything leaves the other to finish; one that has failed takes it along. */
  #sideClosed(closed: Duplex): void {
    if (!closed.readableEnded || !closed.writableFinished) this.destroy();
    if (this.#closed || this.#sides.some((side) => !side.closed)) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const flow of this.#flows) flow.stop();
    this.#onClosed();
  }

  /** While both sides may speak there is all the time of the allocation. */
  #watch(): void {
    if (this.#closed || this.#sides.every((side) => !side.readableEnded)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.destroy(), HALF_CLOSED_MS);
    this.#timer.unref();
  }
}
