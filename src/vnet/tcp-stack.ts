/** The TCP side of a virtual host: listeners, connections, and who gets which segment. RFC 9293 §3.10. */
import {
  type ByteStream,
  formatAddress,
  type Settled,
  type SocketAddress,
  StackError,
  type StreamListener,
} from '../base/index.ts';
import type { Packet, TcpPacket } from './packet.ts';
import { PortTable } from './port-table.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { World } from './world.ts';

interface Listener {
  readonly onStream: (stream: ByteStream) => void;
}

export class TcpStack {
  readonly #world: World;
  readonly #send: (packet: Packet) => void;
  readonly #isOwn: (ip: string) => boolean;
  readonly #random;
  readonly #listeners: PortTable<Listener>;
  /** Local ends of connections that were made from here. */
  readonly #outgoing: PortTable<TcpConnection>;
  /** By both ends. */
  readonly #connections = new Map<string, TcpConnection>();

  constructor(world: World, isOwn: (ip: string) => boolean, send: (packet: Packet) => void) {
    this.#world = world;
    this.#send = send;
    this.#isOwn = isOwn;
    this.#random = world.newRandom();
    this.#listeners = new PortTable(world.newRandom(), isOwn);
    this.#outgoing = new PortTable(world.newRandom(), isOwn);
  }

  get size(): number {
    return this.#listeners.size + this.#connections.size;
  }

  /** Throws `StackError` as `PortTable.choose` does. */
  listen(wanted: SocketAddress, onStream: (stream: ByteStream) => void): StreamListener {
    const local = this.#listeners.choose(wanted);
    const listener = { onStream };
    this.#listeners.hold(local, listener);
    return { local, close: () => this.#listeners.release(local, listener) };
  }

  connect(from: SocketAddress, to: SocketAddress, done: Settled<ByteStream>): void {
    let local: SocketAddress;
    try {
      // A port that is listened on may be connected from (RFC 6062 §5.2 asks for it); two connections may share one too.
      local = from.port === 0 ? this.#outgoing.choose(from) : this.#checked(from, to);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      done({ error });
      return;
    }
    const connection = this.#newConnection(local, to);
    if (from.port === 0) this.#outgoing.hold(local, connection);
    connection.open(done);
  }

  receive(packet: TcpPacket): void {
    const connection = this.#connections.get(keyOf(packet.to, packet.from));
    if (connection) {
      connection.receive(packet);
      return;
    }
    const listener = this.#listeners.find(packet.to);
    if (listener && packet.flags.syn && !packet.flags.ack) {
      this.#newConnection(packet.to, packet.from).accept(packet, listener.onStream);
    } else if (!packet.flags.rst) this.#refuse(packet);
  }

  #checked(local: SocketAddress, remote: SocketAddress): SocketAddress {
    if (!this.#isOwn(local.ip)) {
      throw new StackError(
        'ADDRESS_NOT_LOCAL',
        `${local.ip} is no address of this virtual host; use one that is.`,
      );
    }
    if (this.#connections.has(keyOf(local, remote))) {
      throw new StackError(
        'ADDRESS_IN_USE',
        `There is a connection between ${keyOf(local, remote)} already.`,
      );
    }
    return local;
  }

  #newConnection(local: SocketAddress, remote: SocketAddress): TcpConnection {
    const key = keyOf(local, remote);
    const connection = new TcpConnection(this.#world, local, remote, this.#random.uint32(), {
      send: this.#send,
      onGone: () => {
        if (this.#connections.get(key) === connection) this.#connections.delete(key);
        this.#outgoing.release(local, connection);
      },
    });
    this.#connections.set(key, connection);
    return connection;
  }

  /** RFC 9293 §3.10.7.1: nobody is here. */
  #refuse({ from, to, sequence, acknowledged, flags, payload }: TcpPacket): void {
    const length = payload.length + (flags.syn ? 1 : 0) + (flags.fin ? 1 : 0);
    this.#send({
      protocol: 'tcp',
      from: to,
      to: from,
      payload: new Uint8Array(0),
      flags: { rst: true, ack: true },
      sequence: flags.ack ? acknowledged : 0,
      acknowledged: sequence + length,
    });
  }
}

function keyOf(local: SocketAddress, remote: SocketAddress): string {
  return `${formatAddress(local)} ${formatAddress(remote)}`;
}
