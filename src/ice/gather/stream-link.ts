/** TCP, or TLS in it, to a TURN server. The shell knows certificates. RFC 8656 §3.1. */
import { type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import type { SocketId } from '../io.ts';
import type { LinkEvents, ServerLink } from './server-link.ts';
import type { SocketOwner, Surroundings } from './surroundings.ts';

export class StreamLink implements ServerLink, SocketOwner {
  readonly #around: Surroundings;
  readonly #server: SocketAddress;
  readonly #events: LinkEvents;
  readonly #socket: SocketId;
  #opened = false;
  #closed = false;

  /** Asks for the connection; with `serverName` for TLS. */
  constructor(
    around: Surroundings,
    server: SocketAddress,
    serverName: string | undefined,
    events: LinkEvents,
  ) {
    this.#around = around;
    this.#server = server;
    this.#events = events;
    this.#socket = around.open(this, (socket) => ({
      kind: 'open-stream',
      socket,
      to: server,
      fromIp: undefined,
      serverName,
    }));
  }

  get opened(): boolean {
    return this.#opened;
  }

  handleOpened(now: Millis): void {
    if (this.#closed) return;
    this.#opened = true;
    this.#events.onOpened(now);
  }

  handleFailed(now: Millis, _code: string, message: string): void {
    this.#end(now, `The connection to the TURN server could not be made: ${message}`);
  }

  handleClosed(now: Millis): void {
    this.#end(now, 'The TURN server has ended the connection.');
  }

  handleBytes(now: Millis, _from: SocketAddress, bytes: Uint8Array): void {
    if (!this.#closed) this.#events.onBytes(now, bytes);
  }

  send(_now: Millis, bytes: Uint8Array): void {
    if (this.#opened && !this.#closed) this.#around.transmit(this.#socket, this.#server, bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#around.close(this.#socket);
  }

  handleTimeout(): void {}

  nextTimeout(): Millis {
    return NEVER;
  }

  #end(now: Millis, why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.onEnded(now, why);
  }
}
