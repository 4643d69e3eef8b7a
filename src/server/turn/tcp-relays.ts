/**
 * The TCP side of relayed addresses: listeners, connections from and to peers, and their joining with the clients' data
 * connections, all by order of the TURN machine. Decides nothing. RFC 6062 §5.
 *
 * A connection to a peer leaves from the relayed address itself where the system lets sockets share a port (64-bit Linux
 * with koffi); elsewhere from another port of the same IP address.
 */
import { connect, createServer, type Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Log, type SocketAddress, StackError } from '../../base/index.ts';
import { bindError, isKernel, openKernel, systemCodeOf, TcpDescriptors } from '../../node/index.ts';
import type { ConnectionId, Direction, RelayId } from '../../turn/index.ts';
import { endsOf } from '../front/stream-ends.ts';
import { ByteBridge } from './byte-bridge.ts';
import { duplexPair } from './duplex-pair.ts';

export interface TcpRelayHandlers {
  onOpened(relay: RelayId): void;
  onFailed(relay: RelayId, reason: 'in-use' | 'unavailable'): void;
  /** `undefined`: the peer is not wanted. */
  onAccepted(relay: RelayId, from: SocketAddress): ConnectionId | undefined;
  onConnected(connection: ConnectionId): void;
  onConnectFailed(connection: ConnectionId): void;
  /** Both sides are gone; not after `closeConnection`. */
  onClosed(connection: ConnectionId): void;
  mayPass(connection: ConnectionId, direction: Direction, bytes: number): number;
}

/** Noticed when a peer has left its network without a word. */
const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  allowHalfOpen: true,
};

/**
 * A bound socket that is connected later: Node would begin to read at once otherwise, and fail. (`manualStart` is Node's
 * own word, which its documentation leaves out.)
 */
const UNCONNECTED = { ...SOCKET_OPTIONS, readable: true, writable: true, manualStart: true };

/** Connections that the system holds until they are looked at; who has no permission is gone a moment later. */
const BACKLOG = 64;

interface Listener {
  readonly server: Server;
  /** Where sockets can share its port. */
  descriptors: TcpDescriptors | undefined;
  /** As bound here. */
  readonly local: SocketAddress;
  /** As told to the client. */
  readonly address: SocketAddress;
}

export interface ClientStream {
  /** Paused. */
  readonly socket: Duplex;
  /** What it has said beyond its ConnectionBind; given. */
  readonly rest: Uint8Array;
}

type Connection =
  /** To or from the peer; paused, so that what it sends waits in the system's buffer. */
  | { readonly kind: 'alone'; readonly peer: Duplex; readonly onClose: () => void }
  | { readonly kind: 'joined'; readonly bridge: ByteBridge };

export class TcpRelays {
  readonly #log: Log;
  readonly #handlers: TcpRelayHandlers;
  readonly #listeners = new Map<RelayId, Listener>();
  readonly #connections = new Map<ConnectionId, Connection>();
  /** Asked for with the first relay. */
  #descriptors: ReturnType<typeof sharedPorts> | undefined;
  #closed = false;

  constructor(log: Log, handlers: TcpRelayHandlers) {
    this.#log = log;
    this.#handlers = handlers;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Answers by `onOpened` or `onFailed` in a later turn, unless `close` comes first. */
  open(relay: RelayId, local: SocketAddress | undefined, address: SocketAddress): void {
    if (!local) {
      queueMicrotask(() => this.#handlers.onFailed(relay, 'unavailable'));
      return;
    }
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true });
    this.#listeners.set(relay, { server, descriptors: undefined, local, address });
    server.on('connection', (socket) => this.#accept(relay, socket));
    server.on('error', (cause) => this.#failed(relay, local, bindError('TCP', local, cause)));
    server.once('listening', () => {
      // Without a free file descriptor accepting fails; the next attempt may work.
      server.removeAllListeners('error');
      server.on('error', (error) =>
        this.#log.warn('A TCP relay could not accept.', { error: String(error) }),
      );
      if (this.#listeners.has(relay)) this.#handlers.onOpened(relay);
    });
    this.#descriptors ??= sharedPorts();
    this.#descriptors
      .then((descriptors) => this.#listen(relay, descriptors))
      .catch((error: unknown) => this.#failed(relay, local, error));
  }

  /** Its connections are closed one by one, by orders of their own. */
  close(relay: RelayId): void {
    this.#listeners.get(relay)?.server.close();
    this.#listeners.delete(relay);
  }

  /** Answers by `onConnected` or `onConnectFailed`, perhaps at once, unless `closeConnection` comes first. */
  connect(connection: ConnectionId, relay: RelayId, to: SocketAddress, sibling: RelayId | undefined): void {
    const listener = this.#listeners.get(relay);
    if (!listener || this.#closed) this.#handlers.onConnectFailed(connection);
    else if (sibling !== undefined) this.#connectInside(connection, listener.address, sibling);
    else this.#connectOutside(connection, listener, to);
  }

  /**
   * Bytes go both ways from now on. Owns the client's stream too; without one (it is gone) both end. `onClosed` follows
   * when they do.
   */
  join(id: ConnectionId, client: ClientStream | undefined): void {
    const connection = this.#connections.get(id);
    if (!client || connection?.kind !== 'alone') {
      client?.socket.destroy();
      this.closeConnection(id);
      this.#handlers.onClosed(id);
      return;
    }
    const { peer, onClose } = connection;
    peer.removeListener('close', onClose);
    const bridge = new ByteBridge(client.socket, peer, client.rest, {
      mayPass: (direction, bytes) => this.#handlers.mayPass(id, direction, bytes),
      onClosed: () => {
        if (this.#connections.delete(id)) this.#handlers.onClosed(id);
      },
    });
    if (this.#connections.has(id)) this.#connections.set(id, { kind: 'joined', bridge });
  }

  closeConnection(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    this.#connections.delete(id);
    if (connection?.kind === 'alone') connection.peer.destroy();
    else connection?.bridge.destroy();
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#connections.keys()]) this.closeConnection(id);
    const servers = [...this.#listeners.values()].map(({ server }) => server);
    this.#listeners.clear();
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  #listen(relay: RelayId, descriptors: TcpDescriptors | undefined): void {
    const listener = this.#listeners.get(relay);
    if (!listener) return;
    listener.descriptors = descriptors;
    const { server, local } = listener;
    if (descriptors) server.listen({ fd: descriptors.open(local, 'first'), backlog: BACKLOG });
    else
      server.listen({ host: local.ip, port: local.port, backlog: BACKLOG, exclusive: true, ipv6Only: true });
  }

  #accept(relay: RelayId, socket: Socket): void {
    const from = endsOf(socket)?.client;
    const id = from && !this.#closed ? this.#handlers.onAccepted(relay, from) : undefined;
    if (id === undefined) socket.destroy();
    else this.#keep(id, socket);
  }

  #connectOutside(id: ConnectionId, { local, descriptors }: Listener, to: SocketAddress): void {
    const options = { ...SOCKET_OPTIONS, host: to.ip, port: to.port };
    const fd = descriptors && openOrNothing(descriptors, local);
    if (fd === undefined) {
      this.#awaitPeer(id, connect({ ...options, localAddress: local.ip }));
      return;
    }
    const socket = new Socket({ ...UNCONNECTED, fd });
    const fallBack = (error: Error): void => {
      // A connection of a moment ago between the very same two ports: another port will do.
      if (systemCodeOf(error) !== 'EADDRNOTAVAIL' || !this.#connections.delete(id)) return;
      this.#awaitPeer(id, connect({ ...options, localAddress: local.ip }));
    };
    socket.once('error', fallBack);
    socket.once('connect', () => socket.removeListener('error', fallBack));
    this.#awaitPeer(id, socket.connect(options));
  }

  #awaitPeer(id: ConnectionId, peer: Socket): void {
    const onClose = (): void => {
      const waiting = this.#connections.get(id);
      if (waiting?.kind !== 'alone' || waiting.peer !== peer) return;
      this.#connections.delete(id);
      this.#handlers.onConnectFailed(id);
    };
    this.#connections.set(id, { kind: 'alone', peer, onClose });
    peer.once('error', () => peer.destroy());
    peer.once('close', onClose);
    peer.once('connect', () => {
      peer.removeListener('close', onClose);
      if (!this.#connections.has(id)) return;
      this.#keep(id, peer);
      this.#handlers.onConnected(id);
    });
  }

  /** Another client of ours: no socket is needed between the two, nor a way through the firewall to ourselves. */
  #connectInside(id: ConnectionId, from: SocketAddress, to: RelayId): void {
    const other = this.#closed ? undefined : this.#handlers.onAccepted(to, from);
    if (other === undefined) {
      this.#handlers.onConnectFailed(id);
      return;
    }
    const [ours, theirs] = duplexPair();
    this.#keep(id, ours);
    this.#keep(other, theirs);
    this.#handlers.onConnected(id);
  }

  #keep(id: ConnectionId, peer: Duplex): void {
    const onClose = (): void => {
      if (this.#connections.delete(id)) this.#handlers.onClosed(id);
    };
    peer.pause();
    peer.on('error', () => peer.destroy());
    peer.once('close', onClose);
    this.#connections.set(id, { kind: 'alone', peer, onClose });
  }

  #failed(relay: RelayId, local: SocketAddress, error: unknown): void {
    if (!this.#listeners.delete(relay) || this.#closed) return;
    const inUse = error instanceof StackError && error.code === 'ADDRESS_IN_USE';
    if (!inUse) this.#log.warn('A TCP relay could not be opened.', { local, error: String(error) });
    this.#handlers.onFailed(relay, inUse ? 'in-use' : 'unavailable');
  }
}

async function sharedPorts(): Promise<TcpDescriptors | undefined> {
  const kernel = await openKernel();
  return isKernel(kernel) ? new TcpDescriptors(kernel) : undefined;
}

/** `undefined` when there is no descriptor left, or somebody else keeps the port for himself. */
function openOrNothing(descriptors: TcpDescriptors, local: SocketAddress): number | undefined {
  try {
    return descriptors.open(local, 'further');
  } catch {
    return undefined;
  }
}
