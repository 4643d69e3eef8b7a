/**
 * The real TURN machine on a virtual host: listens on every address of the host over UDP and TCP, opens relay sockets,
 * and moves the bytes. What the shell of `server/` does with real sockets. RFC 8656.
 */
import {
  type ByteStream,
  type DatagramSocket,
  type Env,
  familyOf,
  type SocketAddress,
  type StreamListener,
  unreachable,
} from '../base/index.ts';
import { StreamFramer } from '../stun/index.ts';
import {
  type ConnectionId,
  type Leg,
  type LegId,
  type PeerPolicyOptions,
  type RelayId,
  TurnServer,
  type TurnServerEvent,
  type TurnServerOptions,
  type TurnTransmit,
} from '../turn/index.ts';
import { VirtualDriver } from './driver.ts';
import type { Host } from './host.ts';
import { TurnLegs } from './turn-legs.ts';
import { TurnTcpRelays } from './turn-tcp-relays.ts';
import type { VirtualUdpSocket } from './udp-socket.ts';

export interface VirtualTurnOptions extends Omit<TurnServerOptions, 'relayAddresses' | 'peerPolicy'> {
  /** Of UDP and TCP. Default: 3478. */
  readonly port?: number;
  readonly peerPolicy?: Partial<PeerPolicyOptions>;
  /** UDP clients without allocation that are remembered. */
  readonly maxIdleLegs?: number;
  /** Everything that the machine tells, orders included. */
  readonly onEvent?: (event: TurnServerEvent) => void;
}

const DEFAULT_PORT = 3478;
/** As the shell for real sockets. */
const DEFAULT_MAX_IDLE_LEGS = 16_384;

export class VirtualTurnServer {
  readonly machine: TurnServer;
  readonly legs: TurnLegs;
  readonly #host: Host;
  readonly #options: VirtualTurnOptions;
  readonly #driver: VirtualDriver<TurnServerEvent, TurnTransmit>;
  readonly #listeners: (DatagramSocket | StreamListener)[] = [];
  /** By local address. */
  readonly #sockets = new Map<string, DatagramSocket>();
  /** `undefined` while it is being bound. */
  readonly #relays = new Map<RelayId, VirtualUdpSocket | undefined>();
  readonly #tcpRelays: TurnTcpRelays;
  readonly #streams = new Map<LegId, { readonly stream: ByteStream; readonly framer: StreamFramer }>();
  #closed = false;

  /** Listens from the next action of the world on; a port that is taken throws out of the world's `run`. */
  constructor(host: Host, env: Env, options: VirtualTurnOptions) {
    const port = options.port ?? DEFAULT_PORT;
    this.#host = host;
    this.#options = options;
    this.legs = new TurnLegs(options.maxIdleLegs ?? DEFAULT_MAX_IDLE_LEGS);
    this.machine = new TurnServer(env, {
      capabilities: { dontFragment: true, icmp: true },
      ...options,
      relayAddresses: { v4: this.#ipOf(4), v6: this.#ipOf(6) },
      peerPolicy: {
        loopback: false,
        private: 'auto',
        serverHasPublicAddress: true,
        ownServices: host.ips.map((ip) => ({ ip, port })),
        ...options.peerPolicy,
      },
    });
    this.#driver = new VirtualDriver(host.world, this.machine, {
      onTransmit: (out) => this.#transmit(out),
      onEvent: (event) => this.#handleEvent(event),
    });
    this.#tcpRelays = this.#newTcpRelays();
    for (const ip of host.ips) this.#listen({ ip, port });
  }

  /** Ends every allocation and frees every port. */
  close(): void {
    this.#driver.run((now) => this.machine.close(now));
    this.crash();
  }

  /** Gone without a word: what was in memory is lost, and clients are told nothing but by TCP. */
  crash(): void {
    this.#closed = true;
    this.#driver.close();
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#relays.values()) socket?.close();
    this.#relays.clear();
    this.#tcpRelays.closeAll();
    for (const { stream } of this.#streams.values()) stream.abort();
    this.#streams.clear();
  }

  #listen(local: SocketAddress): void {
    this.#host.bindUdp(local, ({ value: socket, error }) => {
      if (error) throw error;
      this.#listeners.push(socket);
      this.#sockets.set(local.ip, socket);
      socket.onDatagram((from, bytes) => this.#handleMessage(this.legs.legOf(from, local), bytes));
      if (this.#closed) socket.close();
    });
    const accept = (stream: ByteStream): void => this.#accept(stream);
    this.#host.listenTcp(local, accept, ({ value: listener, error }) => {
      if (error) throw error;
      this.#listeners.push(listener);
      if (this.#closed) listener.close();
    });
  }

  #accept(stream: ByteStream): void {
    const leg: Leg = {
      id: this.legs.newId(),
      transport: 'tcp',
      client: stream.remote,
      server: stream.local,
    };
    const framer = new StreamFramer();
    this.#streams.set(leg.id, { stream, framer });
    stream.listen({
      onBytes: (bytes) => {
        framer.push(bytes);
        // Joined to a peer, the leg is no more: what is left belongs to the peer.
        while (this.#streams.has(leg.id)) {
          const frame = framer.next();
          if (!frame) break;
          this.#handleMessage(leg, frame);
        }
        if (framer.fault) stream.abort();
      },
      onEnded: () => stream.end(),
      onClosed: () => {
        this.#streams.delete(leg.id);
        this.#driver.run((now) => this.machine.handleLegClosed(now, leg));
      },
    });
  }

  #handleMessage(leg: Leg, bytes: Uint8Array): void {
    this.#driver.run((now) => this.machine.handleClientMessage(now, leg, bytes));
  }

  #transmit(out: TurnTransmit): void {
    if (out.kind === 'peer') this.#relays.get(out.relay)?.send(out.bytes, out.to, out.dontFragment);
    else if (out.kind === 'client') {
      const { leg, bytes } = out;
      if (leg.transport === 'udp') this.#sockets.get(leg.server.ip)?.send(bytes, leg.client);
      else this.#streams.get(leg.id)?.stream.write(bytes);
    }
  }

  #handleEvent(event: TurnServerEvent): void {
    this.#options.onEvent?.(event);
    switch (event.type) {
      case 'open-relay': {
        const local = { ip: this.#ipOf(event.family) ?? '', port: event.port };
        if (event.protocol === 'tcp') this.#tcpRelays.open(event.relay, local);
        else this.#openRelay(event.relay, local);
        return;
      }
      case 'close-relay':
        this.#tcpRelays.close(event.relay);
        this.#relays.get(event.relay)?.close();
        this.#relays.delete(event.relay);
        return;
      case 'close-leg':
        this.#streams.get(event.leg.id)?.stream.abort();
        return;
      case 'allocation-created':
        if (event.leg.transport === 'udp') this.legs.hold(event.leg);
        return;
      case 'allocation-moved':
        if (event.to.transport === 'udp') this.legs.hold(event.to);
        return;
      case 'allocation-ended':
      case 'leg-released':
        this.legs.release(event.leg);
        return;
      case 'connect-peer':
        this.#tcpRelays.connect(event.connection, event.relay, event.to);
        return;
      case 'join-connection':
        this.#join(event.connection, event.leg);
        return;
      case 'close-connection':
        this.#tcpRelays.closeConnection(event.connection);
        return;
      case 'refused':
      case 'hand-over': // one machine has no sibling
      case 'want-credentials': // nobody is asked here
        return;
      default:
        unreachable(event);
    }
  }

  #join(connection: ConnectionId, leg: Leg): void {
    const joined = this.#streams.get(leg.id);
    this.#streams.delete(leg.id);
    if (joined) this.#tcpRelays.join(connection, joined.stream, joined.framer.takeRest());
  }

  #newTcpRelays(): TurnTcpRelays {
    const { machine } = this;
    const run = this.#driver.run.bind(this.#driver);
    return new TurnTcpRelays(this.#host, {
      onOpened: (relay) => run((now) => machine.handleRelayOpened(now, relay)),
      onFailed: (relay) => run((now) => machine.handleRelayFailed(now, relay, 'in-use')),
      onAccepted: (relay, from) => {
        let connection: ConnectionId | undefined;
        run((now) => {
          connection = machine.handlePeerAccepted(now, relay, from);
        });
        return connection;
      },
      onConnected: (connection) => run((now) => machine.handlePeerConnected(now, connection)),
      onConnectFailed: (connection) => run((now) => machine.handlePeerConnectFailed(now, connection)),
      onClosed: (connection) => run((now) => machine.handleConnectionClosed(now, connection)),
      mayPass: (connection, direction, bytes) => {
        let waitMs = 0;
        run((now) => {
          waitMs = machine.passConnectionData(now, connection, direction, bytes);
        });
        return waitMs;
      },
    });
  }

  #openRelay(relay: RelayId, local: SocketAddress): void {
    this.#relays.set(relay, undefined);
    this.#host.bindUdp(local, ({ value: socket, error }) => {
      if (this.#closed || !this.#relays.has(relay)) {
        socket?.close();
        return;
      }
      if (!socket) {
        this.#relays.delete(relay);
        const reason = 'code' in error && error.code === 'ADDRESS_IN_USE' ? 'in-use' : 'unavailable';
        this.#driver.run((now) => this.machine.handleRelayFailed(now, relay, reason));
        return;
      }
      this.#relays.set(relay, socket);
      socket.onDatagram((from, bytes) =>
        this.#driver.run((now) => this.machine.handlePeerDatagram(now, relay, from, bytes)),
      );
      socket.onIcmp((peer, error) =>
        this.#driver.run((now) => this.machine.handlePeerIcmp(now, relay, peer, error)),
      );
      this.#driver.run((now) => this.machine.handleRelayOpened(now, relay));
    });
  }

  #ipOf(family: 4 | 6): string | undefined {
    return this.#host.ips.find((ip) => familyOf(ip) === family);
  }
}
