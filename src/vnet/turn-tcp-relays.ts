/**
 * TCP relays of a virtual TURN server: listeners, connections from and to peers, and their joining with clients' data
 * connections, by order of the machine. Decides nothing. RFC 6062 §5.
 */
import type { ByteStream, Millis, SocketAddress, StreamListener } from '../base/index.ts';
import type { ConnectionId, Direction, RelayId } from '../turn/index.ts';
import type { Host } from './host.ts';
import { TurnByteFlow } from './turn-byte-flow.ts';

export interface TurnTcpRelayHandlers {
  onOpened(relay: RelayId): void;
  onFailed(relay: RelayId): void;
  /** `undefined`: the peer is not wanted. */
  onAccepted(relay: RelayId, from: SocketAddress): ConnectionId | undefined;
  onConnected(connection: ConnectionId): void;
  onConnectFailed(connection: ConnectionId): void;
  /** Both sides are gone, by themselves. */
  onClosed(connection: ConnectionId): void;
  /** 0: so many bytes may go. Else: ask again after so many milliseconds. */
  mayPass(connection: ConnectionId, direction: Direction, bytes: number): Millis;
}

interface Relay {
  readonly local: SocketAddress;
  listener: StreamListener | undefined;
}

interface Connection {
  /** `undefined` while it is being made. */
  peer: ByteStream | undefined;
  client: ByteStream | undefined;
  /** What the peer has said before anybody was there to hear it; the machine ends it after 30 s. */
  readonly held: Uint8Array[];
  peerEnded: boolean;
}

export class TurnTcpRelays {
  readonly #host: Host;
  readonly #handlers: TurnTcpRelayHandlers;
  readonly #relays = new Map<RelayId, Relay>();
  readonly #connections = new Map<ConnectionId, Connection>();

  constructor(host: Host, handlers: TurnTcpRelayHandlers) {
    this.#host = host;
    this.#handlers = handlers;
  }

  open(relay: RelayId, local: SocketAddress): void {
    const opened: Relay = { local, listener: undefined };
    this.#relays.set(relay, opened);
    const accept = (stream: ByteStream): void => this.#accept(relay, stream);
    this.#host.listenTcp(local, accept, ({ value }) => {
      opened.listener = value;
      const wanted = this.#relays.get(relay) === opened;
      if (!wanted) value?.close();
      else if (value) this.#handlers.onOpened(relay);
      else this.#handlers.onFailed(relay);
    });
  }

  close(relay: RelayId): void {
    this.#relays.get(relay)?.listener?.close();
    this.#relays.delete(relay);
  }

  connect(id: ConnectionId, relay: RelayId, to: SocketAddress): void {
    const connection = newConnection();
    this.#connections.set(id, connection);
    this.#host.connectTcp(
      to,
      ({ value }) => {
        const wanted = this.#connections.get(id) === connection;
        if (!wanted) value?.abort();
        else if (value) {
          this.#hold(id, connection, value);
          this.#handlers.onConnected(id);
        } else {
          this.#connections.delete(id);
          this.#handlers.onConnectFailed(id);
        }
      },
      this.#relays.get(relay)?.local,
    );
  }

  /** From now on bytes go both ways. `rest`: what the client has said behind its request. */
  join(id: ConnectionId, client: ByteStream, rest: Uint8Array): void {
    const connection = this.#connections.get(id);
    const peer = connection?.peer;
    if (!connection || !peer) {
      client.abort();
      return;
    }
    connection.client = client;
    const { world } = this.#host;
    const up = new TurnByteFlow(world, peer, (bytes) => this.#handlers.mayPass(id, 'toPeer', bytes));
    const down = new TurnByteFlow(world, client, (bytes) => this.#handlers.mayPass(id, 'toClient', bytes));
    for (const bytes of connection.held.splice(0)) down.push(bytes);
    if (connection.peerEnded) down.end();
    if (rest.length > 0) up.push(rest);
    this.#pipe(id, connection, peer, client, down);
    this.#pipe(id, connection, client, peer, up);
  }

  closeConnection(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    this.#connections.delete(id);
    connection?.peer?.abort();
    connection?.client?.abort();
  }

  closeAll(): void {
    for (const relay of [...this.#relays.keys()]) this.close(relay);
    for (const id of [...this.#connections.keys()]) this.closeConnection(id);
  }

  #accept(relay: RelayId, stream: ByteStream): void {
    const id = this.#handlers.onAccepted(relay, stream.remote);
    if (id === undefined) {
      stream.abort();
      return;
    }
    const connection = newConnection();
    this.#connections.set(id, connection);
    this.#hold(id, connection, stream);
  }

  #hold(id: ConnectionId, connection: Connection, peer: ByteStream): void {
    connection.peer = peer;
    peer.listen({
      onBytes: (bytes) => connection.held.push(bytes),
      onEnded: () => {
        connection.peerEnded = true;
      },
      onClosed: () => this.#ended(id, connection),
    });
  }

  #pipe(
    id: ConnectionId,
    connection: Connection,
    from: ByteStream,
    to: ByteStream,
    flow: TurnByteFlow,
  ): void {
    let ended = false;
    from.listen({
      onBytes: (bytes) => flow.push(bytes),
      onEnded: () => {
        ended = true;
        flow.end();
      },
      onClosed: () => {
        if (from === connection.peer) connection.peer = undefined;
        else connection.client = undefined;
        // Who broke off takes the other side along; who ended in order has its last bytes delivered.
        if (!ended) to.abort();
        if (!connection.peer && !connection.client) this.#ended(id, connection);
      },
    });
  }

  #ended(id: ConnectionId, connection: Connection): void {
    if (this.#connections.get(id) !== connection) return;
    this.#connections.delete(id);
    this.#handlers.onClosed(id);
  }
}

function newConnection(): Connection {
  return { peer: undefined, client: undefined, held: [], peerEnded: false };
}
