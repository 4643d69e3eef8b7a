/**
 * One client over TCP or TLS: cuts its stream into messages, sends within a bound, ends it when it is idle. Reads no
 * message beyond its first byte. RFC 8656 §3.1, §12.5.
 */
import type { Socket } from 'node:net';
import { plainBytes } from '../../node/index.ts';
import { StreamFramer } from '../../stun/index.ts';
import type { Leg } from '../../turn/index.ts';

export interface StreamLegLimits {
  /**
   * What may wait for a slow client, in bytes. A burst must fit (an I-frame of a screen is 300 KB); more would be
   * delay. Beyond it data is dropped, as a full UDP queue would; the connection stays.
   */
  readonly queueBytes: number;
  /** For a client without allocation, between whole messages. An honest one asks at once. */
  readonly idleMs: number;
}

export interface StreamLegHandlers {
  /** One framed message, borrowed. */
  onMessage(leg: Leg, bytes: Uint8Array): void;
  /** Once, when the connection is gone for whatever reason. */
  onClosed(leg: Leg): void;
}

/** Messages that wait, whatever their length: each costs some 300 bytes beside its own, and ChannelData may be tiny. */
const MAX_WAITING_MESSAGES = 4_096;

/**
 * Answers are short and come one for each request: beyond so many of them the client is not listened to until it has
 * taken some. They have this room for themselves, so that media cannot shut them out.
 */
export const ANSWER_ROOM_BYTES = 65_536;
const ANSWER_ROOM_MESSAGES = 256;

/** Two bits of the class in a message type: 0b01 is an indication. RFC 8489 §5. */
const CLASS_BITS_HIGH = 0x01;
const CLASS_BITS_LOW = 0x10;

interface Flags {
  allocated: boolean;
  corked: boolean;
  closed: boolean;
  detached: boolean;
  /** Not listening: what has come already stays in the framer. */
  deaf: boolean;
}

export class StreamLeg {
  readonly leg: Leg;
  readonly #socket: Socket;
  readonly #limits: StreamLegLimits;
  readonly #handlers: StreamLegHandlers;
  readonly #framer = new StreamFramer();
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #is: Flags = { allocated: false, corked: false, closed: false, detached: false, deaf: false };
  /** Messages given to the socket and not yet sent. */
  #waiting = 0;
  /** Data messages that found the queue full. */
  dropped = 0;

  /** Owns the socket from now on. */
  constructor(leg: Leg, socket: Socket, limits: StreamLegLimits, handlers: StreamLegHandlers) {
    this.leg = leg;
    this.#socket = socket;
    this.#limits = limits;
    this.#handlers = handlers;
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', () => this.destroy());
    socket.once('close', () => this.#gone());
    this.#watchIdle();
  }

  readonly #onData = (chunk: Uint8Array): void => this.#read(plainBytes(chunk));

  /** A client that has ended its side hears nothing of what it asks: RFC 8656 has no half-open 5-tuple. */
  readonly #onEnd = (): void => this.destroy();

  /**
   * Leaves the socket to somebody else, paused, with what has come beyond the last message. What has been sent still
   * goes out first, and `onClosed` still comes. RFC 6062 §5.4.
   */
  detach(): { readonly socket: Socket; readonly rest: Uint8Array } {
    this.#is.detached = true;
    clearTimeout(this.#idleTimer);
    this.#socket.pause();
    this.#socket.removeListener('data', this.#onData);
    this.#socket.removeListener('end', this.#onEnd);
    return { socket: this.#socket, rest: this.#framer.takeRest() };
  }

  /** `bytes` are given away. */
  send(bytes: Uint8Array): void {
    if (this.#is.closed || this.#socket.destroyed) return;
    const isFull =
      this.#socket.writableLength + bytes.length > this.#limits.queueBytes ||
      this.#waiting >= MAX_WAITING_MESSAGES;
    if (isFull && isDroppable(bytes[0] ?? 0, bytes[1] ?? 0)) {
      this.dropped += 1;
      return;
    }
    this.#cork();
    this.#waiting += 1;
    this.#socket.write(bytes, this.#sent);
    if (!this.#is.deaf && this.#owesTooMuch()) {
      this.#is.deaf = true;
      this.#socket.pause();
    }
  }

  /** Shared by all writes, so that a message costs no closure. */
  readonly #sent = (): void => {
    this.#waiting -= 1;
    if (this.#is.detached || !this.#is.deaf || this.#owesTooMuch()) return;
    this.#is.deaf = false;
    this.#pump();
    if (!this.#is.deaf) this.#socket.resume();
  };

  /** Data has a queue only where there is an allocation; elsewhere all that waits are answers. */
  #owesTooMuch(): boolean {
    const bytes = (this.#is.allocated ? this.#limits.queueBytes : 0) + ANSWER_ROOM_BYTES;
    const messages = (this.#is.allocated ? MAX_WAITING_MESSAGES : 0) + ANSWER_ROOM_MESSAGES;
    return this.#socket.writableLength > bytes || this.#waiting >= messages;
  }

  /** While an allocation lives on it, its lifetime decides, not idleness. */
  setAllocated(allocated: boolean): void {
    this.#is.allocated = allocated;
    this.#watchIdle();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    this.#framer.push(chunk);
    this.#pump();
  }

  /** Hands on what is there, as long as somebody may listen. */
  #pump(): void {
    while (!this.#is.deaf && !this.#is.detached && !this.#socket.destroyed) {
      const frame = this.#framer.next();
      if (!frame) break;
      if (!this.#is.allocated) this.#watchIdle();
      this.#handlers.onMessage(this.leg, frame);
    }
    if (this.#framer.fault) this.destroy();
  }

  /**
   * What one turn of the event loop sends leaves in one system call, and over TLS in one record. `nextTick` would come
   * between the datagrams of one burst; `setImmediate` comes when all that had arrived is read.
   */
  #cork(): void {
    if (this.#is.corked) return;
    this.#is.corked = true;
    this.#socket.cork();
    setImmediate(this.#uncork);
  }

  readonly #uncork = (): void => {
    this.#is.corked = false;
    this.#socket.uncork();
  };

  #watchIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#is.allocated || this.#is.closed || this.#is.detached) return;
    this.#idleTimer = setTimeout(() => this.destroy(), this.#limits.idleMs);
    this.#idleTimer.unref();
  }

  #gone(): void {
    if (this.#is.closed) return;
    this.#is.closed = true;
    clearTimeout(this.#idleTimer);
    this.#handlers.onClosed(this.leg);
  }
}

/** By the first two bytes: ChannelData, or an indication, which a datagram service may lose. Answers it may not. */
export function isDroppable(high: number, low: number): boolean {
  return high >= 0x40 || ((high & CLASS_BITS_HIGH) === 0 && (low & CLASS_BITS_LOW) !== 0);
}
