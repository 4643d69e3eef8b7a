/**
 * UDP ports that many connections share: one bound socket for each address and port, which lives while somebody uses it. Whose
 * a datagram is `UdpMux` knows.
 */
import {
  type DatagramHandler,
  type DatagramSocket,
  formatAddress,
  type Settled,
  type SocketAddress,
} from '../../base/index.ts';
import { type MuxMember, UdpMux } from '../../ice/index.ts';
import type { WebRtcShell } from '../shell.ts';

/** One connection's share of a port. */
export interface SharedSocket extends DatagramSocket {
  /** Checks that name this fragment are for it from now on, beside those that name the last few. */
  expect(usernameFragment: string): void;
}

/** A second of 100 Mbit/s: a thousand connections come in by one socket. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;

const IGNORE = (): void => {};

export class SharedPorts {
  readonly #shell: WebRtcShell;
  readonly #ports = new Map<string, SharedPort>();

  constructor(shell: WebRtcShell) {
    this.#shell = shell;
  }

  /** `local.port` is not 0: which one it is others have been told. */
  open(local: SocketAddress, done: Settled<SharedSocket>): void {
    const key = formatAddress(local);
    let port = this.#ports.get(key);
    if (!port) {
      port = new SharedPort(this.#shell, local, () => this.#ports.delete(key));
      this.#ports.set(key, port);
    }
    port.join(done);
  }
}

class SharedPort {
  readonly #shell: WebRtcShell;
  readonly #mux = new UdpMux();
  readonly #onUnused: () => void;
  readonly #shares = new Map<MuxMember, Share>();
  /** Who had something in the batch that is being taken. */
  readonly #touched = new Set<Share>();
  /** Until the socket is bound. */
  #waiting: Settled<SharedSocket>[] | undefined = [];
  #socket: DatagramSocket | undefined;

  /** Binds at once. */
  constructor(shell: WebRtcShell, { ip, port }: SocketAddress, onUnused: () => void) {
    this.#shell = shell;
    this.#onUnused = onUnused;
    const binding = { ip, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES, batched: true };
    shell.platform.bindUdp(binding, ({ value, error }) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      if (error) {
        onUnused();
        for (const done of waiting) done({ error });
        return;
      }
      this.#socket = value;
      value.onDatagram(
        (from, bytes) => this.#handle(from, bytes),
        () => this.#endBatch(),
      );
      // All of them before anybody can leave.
      const shares = waiting.map(() => this.#share(value));
      for (const [i, done] of waiting.entries()) {
        const share = shares[i];
        if (share) done({ value: share });
      }
    });
  }

  join(done: Settled<SharedSocket>): void {
    if (this.#waiting) this.#waiting.push(done);
    // As every platform does: never from inside the call.
    else if (this.#socket) {
      const value = this.#share(this.#socket);
      // As every platform does: never from inside the call.
      this.#shell.queueTask(() => done({ value }));
    }
  }

  #share(socket: DatagramSocket): SharedSocket {
    const member = this.#mux.join();
    const share = new Share(socket, {
      onSend: (bytes, to) => this.#mux.noteSent(this.#shell.now(), member, to, bytes),
      onExpect: (fragment) => this.#mux.expect(member, fragment),
      onClose: () => this.#leave(member),
    });
    this.#shares.set(member, share);
    return share;
  }

  #leave(member: MuxMember): void {
    this.#mux.leave(member);
    this.#shares.delete(member);
    if (this.#shares.size > 0) return;
    this.#socket?.close();
    this.#socket = undefined;
    this.#onUnused();
  }

  #handle(from: SocketAddress, bytes: Uint8Array): void {
    const member = this.#mux.route(this.#shell.now(), from, bytes);
    const share = member === undefined ? undefined : this.#shares.get(member);
    if (!share) return;
    this.#touched.add(share);
    share.handle(from, bytes);
  }

  #endBatch(): void {
    for (const share of this.#touched) share.endBatch();
    this.#touched.clear();
  }
}

interface ShareEvents {
  onSend(bytes: Uint8Array, to: SocketAddress): void;
  onExpect(usernameFragment: string): void;
  onClose(): void;
}

class Share implements SharedSocket {
  readonly local: SocketAddress;
  readonly neverFragments: boolean;
  readonly #socket: DatagramSocket;
  readonly #events: ShareEvents;
  #handler: DatagramHandler = IGNORE;
  #afterBatch: () => void = IGNORE;
  #closed = false;

  constructor(socket: DatagramSocket, events: ShareEvents) {
    this.local = socket.local;
    this.neverFragments = socket.neverFragments;
    this.#socket = socket;
    this.#events = events;
  }

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (this.#closed) return;
    this.#events.onSend(bytes, to);
    this.#socket.send(bytes, to);
  }

  onDatagram(handler: DatagramHandler, afterBatch: () => void = IGNORE): void {
    this.#handler = handler;
    this.#afterBatch = afterBatch;
  }

  expect(usernameFragment: string): void {
    if (!this.#closed) this.#events.onExpect(usernameFragment);
  }

  handle(from: SocketAddress, bytes: Uint8Array): void {
    if (!this.#closed) this.#handler(from, bytes);
  }

  endBatch(): void {
    if (!this.#closed) this.#afterBatch();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.onClose();
  }
}
