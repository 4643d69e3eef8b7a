/**
 * The one TCP port. Tells TLS, STUN and HTTP apart by first bytes, inside TLS once more, and hands each connection to
 * whom it is for. Serves no protocol itself. ARCHITECTURE.md, "The server"; ALPN of STUN: RFC 7443 §3.
 */
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Log, SocketAddress } from '../../base/index.ts';
import { bindError } from '../../node/index.ts';
import { addressKey } from '../../signaling/index.ts';
import { AddressQuota } from '../signaling/address-quota.ts';
import { endsOf, tellClient, toldClient } from './stream-ends.ts';
import { WaitingRoom, type WaitingRoomLimits } from './waiting-room.ts';

/** PEM texts. `cert` is the chain, the leaf first. */
interface FrontCredentials {
  readonly key: string;
  readonly cert: string;
}

export interface FrontLimits extends WaitingRoomLimits {
  readonly handshakeMs: number;
  readonly maxConnections: number;
  /** For each address (IPv6: each /64), whatever its connections speak; beyond it newcomers are refused. */
  readonly maxConnectionsPerAddress: number;
}

/** Sockets come paused on their first bytes, with an `error` listener; the taker owns them, and resumes by reading. */
export interface FrontOptions {
  /** A local address, `0.0.0.0`, or `::` for every address of both families. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** Without it the port speaks no TLS. */
  readonly credentials?: FrontCredentials | undefined;
  /** HTTP inside TLS. Usually `(socket) => httpServer.emit('connection', socket)`. Without it such connections end. */
  readonly onHttps?: ((socket: TLSSocket) => void) | undefined;
  /** HTTP in the clear. Without it such connections end. */
  readonly onHttp?: ((socket: Socket) => void) | undefined;
  /** STUN and TURN. Without it such connections end. */
  readonly onStun?: ((socket: Socket, transport: 'tcp' | 'tls') => void) | undefined;
  /** Who is let in, by canonical address: asked before anything is read. Default: everybody. */
  readonly admits?: ((ip: string) => boolean) | undefined;
  /** Load balancers, by canonical address: their connections begin with the PROXY protocol. Default: none. */
  readonly isBalancer?: ((ip: string) => boolean) | undefined;
  /** Whether this address speaks for many, as a trusted proxy does: limits by address are not for it. */
  readonly isProxy?: ((ip: string) => boolean) | undefined;
  readonly limits?: Partial<FrontLimits>;
}

export interface Front {
  readonly local: SocketAddress;
  /** Everything that is open, whatever it speaks. */
  readonly connections: number;
  /** Those that have not said what they speak, on either side of TLS. */
  readonly undecided: number;
  /** New connections get it from now on; old ones keep theirs. Throws what node:tls throws when it is unusable. */
  setCredentials(credentials: FrontCredentials): void;
  /** Frees the port and ends who has not spoken yet; everybody else stays. */
  stopAccepting(): void;
  /** Frees the port and ends every connection. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: FrontLimits = {
  firstBytesMs: 10_000,
  /** The same patience again for the handshake, which takes two round trips and some arithmetic. */
  handshakeMs: 10_000,
  /** A connection that waits costs about 10 KB, in TLS 40: 80 MB at the worst. */
  maxWaiting: 2_048,
  /** An office behind one address opens some dozens at once when all come back after a restart. */
  maxWaitingPerAddress: 256,
  /** 40 KB each over TLS: 400 MB at the worst, and below the usual limits of open files. */
  maxConnections: 10_000,
  /** A quarter, so that nobody alone keeps others out. An office of 300 has some 2,000 in the worst minute. */
  maxConnectionsPerAddress: 2_500,
};

/**
 * No Nagle: signaling and media are small and urgent. Keep-alive: a phone that left its network is noticed one day.
 * Half-open as node:http has it for its own sockets: a client may close its side and still get its answer.
 */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, allowHalfOpen: true };

/** The two labels of RFC 7443 §3 beside HTTP's. A client that offers others only is not served. */
const ALPN_PROTOCOLS = ['http/1.1', 'stun.turn', 'stun.nat-discovery'];

/** Rejects with a StackError of `bindError`. */
export function openFront(options: FrontOptions): Promise<Front> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const tcp = createTcpServer(SOCKET_OPTIONS);
    tcp.once('error', (cause) => reject(bindError('TCP', { ip: host, port }, cause)));
    tcp.listen({ host, port }, () => {
      tcp.removeAllListeners('error');
      resolve(new OnePort(tcp, options));
    });
  });
}

interface Handshake {
  readonly socket: Socket;
  readonly done: () => void;
}

class OnePort implements Front {
  readonly local: SocketAddress;
  readonly #tcp: TcpServer;
  readonly #tls: TlsServer | undefined;
  readonly #options: FrontOptions;
  readonly #limits: FrontLimits;
  readonly #waiting: WaitingRoom;
  readonly #sockets = new Set<Socket>();
  readonly #perAddress: AddressQuota;
  /** node:tls does not say which TCP socket a TLS socket came from; their addresses do. */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(tcp: TcpServer, options: FrontOptions) {
    const bound = tcp.address();
    this.local = {
      ip: options.host,
      port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    };
    this.#tcp = tcp;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#waiting = new WaitingRoom(this.#limits);
    this.#perAddress = new AddressQuota(this.#limits.maxConnectionsPerAddress);
    this.#tls = options.credentials && this.#createTls(options.credentials);
    tcp.maxConnections = this.#limits.maxConnections;
    tcp.on('connection', (socket) => this.#accept(socket));
    // Accepting failed (no file descriptor left): the next attempt may work.
    tcp.on('error', (error) => options.log.error('The TCP port could not accept.', { error: String(error) }));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get undecided(): number {
    return this.#waiting.size;
  }

  setCredentials(credentials: FrontCredentials): void {
    this.#tls?.setSecureContext({ key: credentials.key, cert: credentials.cert });
  }

  stopAccepting(): void {
    this.#tcp.close();
    this.#waiting.clear();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#tcp.close(() => resolve());
      this.#waiting.clear();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** A TLS server that listens on nothing. */
  #createTls({ key, cert }: FrontCredentials): TlsServer {
    const server = createTlsServer({
      key,
      cert,
      ALPNProtocols: ALPN_PROTOCOLS,
      allowHalfOpen: true,
      minVersion: 'TLSv1.2', // RFC 8996
    });
    server.on('secureConnection', (socket) => {
      const handshake = this.#handshakes.get(connectionKey(socket));
      const client = handshake && toldClient(handshake.socket);
      if (client) tellClient(socket, client);
      handshake?.done();
      socket.on('error', () => socket.destroy());
      this.#waiting.receive(socket, addressOf(socket), (speech) => {
        if (speech === 'http') this.#hand(socket, this.#options.onHttps);
        else if (speech === 'stun') this.#handStun(socket, 'tls');
        else socket.destroy(); // TLS inside TLS
      });
    });
    // Noise, scanners and browsers that distrust our certificate; Node has not always ended the connection.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #accept(socket: Socket): void {
    const ends = endsOf(socket);
    if (!ends) socket.destroy();
    else if (this.#options.isBalancer?.(ends.client.ip)) this.#hearBalancer(socket, ends.client.ip);
    else this.#admit(socket, ends.client.ip);
  }

  /** It speaks for many, so that limits by address come after it has said for whom. The seat bounds its time. */
  #hearBalancer(socket: Socket, ip: string): void {
    socket.on('error', () => socket.destroy());
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#waiting.receiveProxyHeader(socket, (client) => {
      if (client) tellClient(socket, client);
      this.#admit(socket, client?.ip ?? ip);
      socket.resume();
    });
  }

  #admit(socket: Socket, ip: string): void {
    if (this.#options.admits?.(ip) === false) {
      socket.destroy();
      return;
    }
    const address = addressOf(socket);
    const isProxy = this.#options.isProxy?.(ip) ?? false;
    if (!isProxy && !this.#perAddress.has(address)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#perAddress.add(address);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#perAddress.remove(address);
    });
    // A reset, a broken pipe: the connection is over, and nobody needs to hear of it.
    socket.on('error', () => socket.destroy());
    this.#waiting.receive(socket, address, (speech) => {
      if (speech === 'http') this.#hand(socket, this.#options.onHttp);
      else if (speech === 'stun') this.#handStun(socket, 'tcp');
      else if (this.#tls) this.#shakeHands(socket, this.#tls);
      else socket.destroy();
    });
  }

  /** The seat is kept until TLS is up: a stalled handshake costs more than silence. */
  #shakeHands(socket: Socket, server: TlsServer): void {
    const leave = this.#waiting.enter(socket, addressOf(socket), this.#limits.handshakeMs);
    if (!leave) return;
    const key = connectionKey(socket);
    const done = (): void => {
      // A client may come again from the same port before we have seen its old connection close.
      if (this.#handshakes.get(key)?.done === done) this.#handshakes.delete(key);
      leave();
    };
    this.#handshakes.set(key, { socket, done });
    socket.once('close', done);
    server.emit('connection', socket);
  }

  #handStun(socket: Socket, transport: 'tcp' | 'tls'): void {
    const { onStun } = this.#options;
    this.#hand(socket, onStun && ((stream: Socket) => onStun(stream, transport)));
  }

  #hand<S extends Socket>(socket: S, taker: ((socket: S) => void) | undefined): void {
    if (!taker) {
      socket.destroy();
      return;
    }
    try {
      taker(socket);
    } catch (error) {
      this.#options.log.error('A connection could not be taken.', { error: String(error) });
      socket.destroy();
      return;
    }
    // Takers attach their listeners at once; the bytes that were put back come with the next turn.
    process.nextTick(() => {
      if (!socket.destroyed) socket.resume();
    });
  }
}

function connectionKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

function addressOf(socket: Socket): string {
  return addressKey(toldClient(socket)?.ip ?? socket.remoteAddress ?? '');
}
