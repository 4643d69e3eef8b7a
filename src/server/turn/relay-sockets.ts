/** The UDP sockets of relayed addresses: opened and closed by order of the TURN machine. Decides nothing. RFC 8656 §7.2. */
import { type Log, type SocketAddress, StackError } from '../../base/index.ts';
import { bindUdp, type DatagramPost, type PostedSocket, type UdpSocket } from '../../node/index.ts';
import type { RelayId } from '../../turn/index.ts';

/** A second of 8 Mbit/s: a relay carries one participant's media. The kernel takes memory only for what waits. */
const RECEIVE_BUFFER_BYTES = 2 ** 20;

export interface RelayHandlers {
  onOpened(relay: RelayId): void;
  onFailed(relay: RelayId, reason: 'in-use' | 'unavailable'): void;
  onDatagram(relay: RelayId, from: SocketAddress, bytes: Uint8Array): void;
}

export class RelaySockets {
  readonly #log: Log;
  readonly #handlers: RelayHandlers;
  readonly #post: DatagramPost | undefined;
  /** `undefined` while it is being bound. */
  readonly #sockets = new Map<RelayId, UdpSocket | PostedSocket | undefined>();
  #closed = false;

  /** `post`: where the system moves datagrams in batches. */
  constructor(log: Log, post: DatagramPost | undefined, handlers: RelayHandlers) {
    this.#log = log;
    this.#handlers = handlers;
    this.#post = post;
  }

  get count(): number {
    return this.#sockets.size;
  }

  /** Answers by `onOpened` or `onFailed` in a later turn, unless `close` comes first. */
  open(relay: RelayId, local: SocketAddress | undefined): void {
    if (!local) {
      queueMicrotask(() => this.#handlers.onFailed(relay, 'unavailable'));
      return;
    }
    this.#sockets.set(relay, undefined);
    this.#bind(local).then(
      (socket) => this.#opened(relay, socket),
      (error: unknown) => this.#failed(relay, local, error),
    );
  }

  send(relay: RelayId, to: SocketAddress, bytes: Uint8Array): void {
    this.#sockets.get(relay)?.send(bytes, to);
  }

  close(relay: RelayId): void {
    const socket = this.#sockets.get(relay);
    this.#sockets.delete(relay);
    void socket?.close();
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map((socket) => socket?.close()));
  }

  #bind(local: SocketAddress): Promise<UdpSocket | PostedSocket> {
    return this.#post
      ? this.#post.bind(local, { bufferBytes: RECEIVE_BUFFER_BYTES })
      : bindUdp({ ...local, receiveBufferBytes: RECEIVE_BUFFER_BYTES, log: this.#log });
  }

  #opened(relay: RelayId, socket: UdpSocket | PostedSocket): void {
    // The client went away, or the server stopped, while the socket was being bound.
    if (this.#closed || !this.#sockets.has(relay)) {
      void socket.close();
      return;
    }
    this.#sockets.set(relay, socket);
    socket.onDatagram((from, bytes) => this.#handlers.onDatagram(relay, from, bytes));
    this.#handlers.onOpened(relay);
  }

  #failed(relay: RelayId, local: SocketAddress, error: unknown): void {
    if (!this.#sockets.delete(relay) || this.#closed) return;
    const inUse = error instanceof StackError && error.code === 'ADDRESS_IN_USE';
    if (!inUse) this.#log.warn('A relay socket could not be opened.', { local, error: String(error) });
    this.#handlers.onFailed(relay, inUse ? 'in-use' : 'unavailable');
  }
}
