/** A TCP connection of node:net, or the TLS inside one, as a `ByteStream`. Reads nothing before somebody listens. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type ByteStream, canonicalIp, type SocketAddress, type StreamHandlers } from '../base/index.ts';
import { plainBytes } from './plain-bytes.ts';

export class NodeByteStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  #handlers: StreamHandlers | undefined;

  /** Owns the socket, which is connected and allows half-open, from now on. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.local = addressOf(socket.localAddress, socket.localPort);
    this.remote = addressOf(socket.remoteAddress, socket.remotePort);
    socket.setNoDelay(true);
    // What went wrong does not matter to whom only the bytes matter; `close` follows.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#handlers?.onClosed());
  }

  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  listen(handlers: StreamHandlers): void {
    const first = this.#handlers === undefined;
    this.#handlers = handlers;
    if (!first) return;
    this.#socket.on('data', (chunk) => this.#handlers?.onBytes(plainBytes(chunk)));
    this.#socket.once('end', () => this.#handlers?.onEnded?.());
    this.#socket.resume();
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes, this.#written);
  }

  end(): void {
    this.#socket.end();
  }

  abort(): void {
    // Node resets bare TCP only.
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Shared by all writes, so that one costs no closure. */
  readonly #written = (error?: Error | null): void => {
    if (!error && this.#socket.writableLength === 0) this.#handlers?.onDrained?.();
  };
}

function addressOf(address: string | undefined, port: number | undefined): SocketAddress {
  return { ip: canonicalIp(address ?? '') ?? '', port: port ?? 0 };
}
