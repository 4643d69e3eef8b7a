/** The UDP sockets that clients send to, whoever reads them: this thread (`UdpListeners`) or workers (`RelayWorkers`). */
import type { Log, SocketAddress } from '../../base/index.ts';
import { bindUdp, type UdpCounts, type UdpSocket } from '../../node/index.ts';

export interface ClientDatagrams {
  /** Listened on. */
  readonly addresses: readonly string[];
  readonly counts: Readonly<UdpCounts>;
  /** Resolves with the port, which the system chooses for 0. Rejects with a StackError of `bindError`. */
  listen(address: SocketAddress): Promise<number>;
  /** The address is gone from this machine. */
  forget(ip: string): void;
  /** From one of the addresses. `bytes` are given away. */
  send(fromIp: string, to: SocketAddress, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** `bytes` belong to the handler. */
export type ClientDatagramHandler = (from: SocketAddress, local: SocketAddress, bytes: Uint8Array) => void;

export class UdpListeners implements ClientDatagrams {
  readonly #log: Log;
  readonly #onDatagram: ClientDatagramHandler;
  /** By local address. */
  readonly #sockets = new Map<string, UdpSocket>();
  #closed = false;

  constructor(log: Log, onDatagram: ClientDatagramHandler) {
    this.#log = log;
    this.#onDatagram = onDatagram;
  }

  get addresses(): readonly string[] {
    return [...this.#sockets.keys()];
  }

  get counts(): Readonly<UdpCounts> {
    const sum = { received: 0, sent: 0, sendFailed: 0 };
    for (const { counts } of this.#sockets.values()) {
      sum.received += counts.received;
      sum.sent += counts.sent;
      sum.sendFailed += counts.sendFailed;
    }
    return sum;
  }

  async listen({ ip, port }: SocketAddress): Promise<number> {
    const socket = await bindUdp({ ip, port, log: this.#log });
    const { local } = socket;
    if (this.#closed) {
      await socket.close();
      return local.port;
    }
    this.#sockets.set(ip, socket);
    socket.onDatagram((from, bytes) => this.#onDatagram(from, local, bytes));
    return local.port;
  }

  forget(ip: string): void {
    void this.#sockets.get(ip)?.close();
    this.#sockets.delete(ip);
  }

  send(fromIp: string, to: SocketAddress, bytes: Uint8Array): void {
    this.#sockets.get(fromIp)?.send(bytes, to);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
  }
}
