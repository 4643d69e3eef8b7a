/** One TCP connection with a peer: opened by us or taken by a listener, framed. Knows nothing of checks. RFC 6544 §7, §8. */
import { type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import type { SocketId } from '../io.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import { MAX_WAITING_DATAGRAMS, PEER_CONNECT_MS, SILENT_STREAM_MS } from './limits.ts';
import type { SocketOwner, Surroundings } from './surroundings.ts';

export interface PeerStreamEvents {
  /** Borrowed. */
  onFrame(now: Millis, bytes: Uint8Array): void;
  /** Refused, closed, or silent for too long. */
  onEnded(now: Millis): void;
}

export class PeerStream implements SocketOwner {
  readonly remote: SocketAddress;
  readonly socket: SocketId;
  readonly #around: Surroundings;
  readonly #events: PeerStreamEvents;
  readonly #reader = new FrameReader();
  /** Frames that wait for the connection; the oldest make room. */
  #waiting: Uint8Array[] | undefined;
  #deadline: Millis;
  #answered = false;
  #ended = false;

  /** `fromIp`: opens a connection from there; otherwise a listener has taken it. */
  constructor(
    now: Millis,
    around: Surroundings,
    remote: SocketAddress,
    fromIp: string | undefined,
    events: PeerStreamEvents,
  ) {
    this.#around = around;
    this.remote = remote;
    this.#events = events;
    if (fromIp === undefined) {
      this.#deadline = now + SILENT_STREAM_MS;
      this.socket = around.adopt(this);
    } else {
      this.#waiting = [];
      this.#deadline = now + PEER_CONNECT_MS;
      this.socket = around.open(this, (socket) => ({
        kind: 'open-stream',
        socket,
        to: remote,
        fromIp,
        serverName: undefined,
      }));
    }
  }

  /** Whether the checker has said something to whoever is there, which it does to nobody without credentials. */
  get answered(): boolean {
    return this.#answered;
  }

  send(bytes: Uint8Array): void {
    const frame = this.#ended ? undefined : encodeFrame(bytes);
    if (!frame) return;
    this.#answered = true;
    if (this.#waiting) {
      this.#waiting.push(frame);
      if (this.#waiting.length > MAX_WAITING_DATAGRAMS) this.#waiting.shift();
      return;
    }
    this.#deadline = NEVER;
    this.#around.transmit(this.socket, this.remote, frame);
  }

  handleOpened(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#deadline = NEVER;
    for (const frame of waiting) this.#around.transmit(this.socket, this.remote, frame);
  }

  handleFailed(now: Millis): void {
    this.#end(now);
  }

  handleClosed(now: Millis): void {
    this.#end(now);
  }

  handleBytes(now: Millis, _from: SocketAddress, bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#reader.push(bytes, (frame) => {
      if (!this.#ended) this.#events.onFrame(now, frame);
    });
  }

  handleTimeout(now: Millis): void {
    if (this.#deadline > now || this.#ended) return;
    this.#around.close(this.socket);
    this.#end(now);
  }

  nextTimeout(): Millis {
    return this.#ended ? NEVER : this.#deadline;
  }

  /** Without `onEnded`. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = undefined;
    this.#around.close(this.socket);
  }

  #end(now: Millis): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = undefined;
    this.#events.onEnded(now);
  }
}
