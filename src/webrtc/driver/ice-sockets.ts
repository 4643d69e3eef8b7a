/**
 * Carries out what an ICE agent asks of the network: opens and closes sockets and streams, looks up names, judges chains, and
 * hands in what comes of it. Decides nothing. `src/ice/io.ts` has the requests.
 */
import {
  type ByteStream,
  type DatagramSocket,
  type Millis,
  type Settled,
  type SocketAddress,
  StackError,
  type StreamListener,
  unreachable,
} from '../../base/index.ts';
import type { IceRequest, IceTransmit, SocketId } from '../../ice/index.ts';
import type { PeerSessionPort } from '../../peer/index.ts';
import type { WebRtcShell } from '../shell.ts';
import type { SharedPorts, SharedSocket } from './shared-ports.ts';

/** Where host candidates have their port in common with those of other connections. */
export interface SharedPlace {
  readonly ports: SharedPorts;
  readonly port: number;
}

/** Whoever asks for the sockets: a session, or an agent alone. */
export type SocketUser = Pick<
  PeerSessionPort,
  | 'handleOpened'
  | 'handleFailed'
  | 'handleClosed'
  | 'handleAccepted'
  | 'handleLookedUp'
  | 'handleVerified'
  | 'handleDatagram'
>;

/** How it is reached. */
export interface SessionAccess {
  /** Hands something in. What it throws is logged. */
  take(step: (now: Millis) => void): void;
  drain(): void;
}

type Held =
  | { readonly kind: 'opening' }
  | { readonly kind: 'datagrams'; readonly socket: DatagramSocket; readonly share: SharedSocket | undefined }
  | { readonly kind: 'stream'; readonly stream: ByteStream }
  | { readonly kind: 'listener'; readonly listener: StreamListener };

const OPENING: Held = { kind: 'opening' };

/** A quarter second of 100 Mbit/s: what the system may keep for us while JavaScript is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** What may wait in one TCP stream. Beyond it packets are dropped, as a full link does; SCTP sends them again. */
const MAX_STREAM_BYTES = 1024 * 1024;

export class IceSockets {
  readonly #shell: Pick<WebRtcShell, 'platform' | 'announceName'>;
  readonly #session: SocketUser;
  readonly #access: SessionAccess;
  readonly #shared: SharedPlace | undefined;
  #usernameFragment: string | undefined;
  readonly #held = new Map<SocketId, Held>();
  readonly #announced = new Map<string, { close(): void }>();
  #closed = false;

  constructor(
    shell: Pick<WebRtcShell, 'platform' | 'announceName'>,
    session: SocketUser,
    access: SessionAccess,
    shared: SharedPlace | undefined,
  ) {
    this.#shell = shell;
    this.#session = session;
    this.#access = access;
    this.#shared = shared;
  }

  /** Sockets, listeners and streams, those included that are being opened. */
  get size(): number {
    return this.#held.size;
  }

  /** Checks on a shared port that name this fragment are for the session. */
  expect(usernameFragment: string): void {
    if (usernameFragment === this.#usernameFragment) return;
    this.#usernameFragment = usernameFragment;
    for (const held of this.#held.values()) {
      if (held.kind === 'datagrams') held.share?.expect(usernameFragment);
    }
  }

  execute(request: IceRequest): void {
    switch (request.kind) {
      case 'open-udp':
        this.#held.set(request.socket, OPENING);
        this.#openUdp(request);
        break;
      case 'listen-tcp':
        this.#held.set(request.socket, OPENING);
        this.#listenTcp(request);
        break;
      case 'open-stream':
        this.#held.set(request.socket, OPENING);
        this.#openStream(request);
        break;
      case 'close':
        this.#closeSocket(request.socket);
        break;
      case 'lookup':
        this.#lookUp(request.lookup, request.name);
        break;
      case 'verify':
        this.#verify(request.check, request.chain, request.serverName);
        break;
      case 'announce':
        this.#withdraw(request.name);
        this.#announce(request.name, request.ip);
        break;
      case 'withdraw':
        this.#withdraw(request.name);
        break;
      default:
        unreachable(request);
    }
  }

  /** What cannot be sent is lost, as a packet may be. */
  transmit({ socket, to, bytes }: IceTransmit): void {
    const held = this.#held.get(socket);
    if (held?.kind === 'datagrams') held.socket.send(bytes, to);
    else if (held?.kind === 'stream' && held.stream.waitingBytes < MAX_STREAM_BYTES) held.stream.write(bytes);
  }

  close(): void {
    this.#closed = true;
    for (const socket of [...this.#held.keys()]) this.#closeSocket(socket);
    for (const name of [...this.#announced.keys()]) this.#withdraw(name);
  }

  /** Hands in what an operation brought, unless all is over. */
  #tell(step: (now: Millis) => void): void {
    if (this.#closed) return;
    this.#access.take(step);
    this.#access.drain();
  }

  #fail(socket: SocketId, error: Error): void {
    if (!this.#held.delete(socket)) return;
    const code = error instanceof StackError ? error.code : 'SOCKET_FAILED';
    this.#tell((now) => this.#session.handleFailed(now, socket, code, error.message));
  }

  #openUdp({ socket, ip, port, shared }: Extract<IceRequest, { kind: 'open-udp' }>): void {
    if (shared && this.#shared) {
      this.#openShared(socket, ip, this.#shared);
      return;
    }
    const binding = { ip, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES, batched: true };
    this.#shell.platform.bindUdp(binding, ({ value, error }) => {
      if (error) this.#fail(socket, error);
      else if (this.#held.get(socket) !== OPENING) value.close();
      else this.#holdDatagrams(socket, value);
    });
  }

  #openShared(socket: SocketId, ip: string, { ports, port }: SharedPlace): void {
    ports.open({ ip, port }, ({ value, error }) => {
      if (error) this.#fail(socket, error);
      else if (this.#held.get(socket) !== OPENING) value.close();
      else {
        if (this.#usernameFragment !== undefined) value.expect(this.#usernameFragment);
        this.#holdDatagrams(socket, value, value);
      }
    });
  }

  #holdDatagrams(id: SocketId, socket: DatagramSocket, share?: SharedSocket): void {
    this.#held.set(id, { kind: 'datagrams', socket, share });
    const session = this.#session;
    socket.onDatagram(
      (from, bytes) => this.#access.take((now) => session.handleDatagram(now, id, from, bytes)),
      () => this.#access.drain(),
    );
    const { neverFragments } = socket;
    this.#tell((now) => session.handleOpened(now, id, socket.local, { neverFragments }));
  }

  #listenTcp({ socket, ip, port }: Extract<IceRequest, { kind: 'listen-tcp' }>): void {
    const onStream = (stream: ByteStream): void => {
      if (this.#closed || this.#held.get(socket)?.kind !== 'listener') stream.abort();
      else
        this.#tell((now) =>
          this.#holdStream(this.#session.handleAccepted(now, socket, stream.remote), stream),
        );
    };
    this.#shell.platform.listenTcp({ ip, port }, onStream, ({ value, error }) => {
      if (error) this.#fail(socket, error);
      else if (this.#held.get(socket) !== OPENING) value.close();
      else {
        this.#held.set(socket, { kind: 'listener', listener: value });
        this.#tell((now) => this.#session.handleOpened(now, socket, value.local, { neverFragments: false }));
      }
    });
  }

  #openStream({ socket, to, fromIp, serverName }: Extract<IceRequest, { kind: 'open-stream' }>): void {
    const done: Settled<ByteStream> = ({ value, error }) => {
      if (error) this.#fail(socket, error);
      else if (this.#held.get(socket) !== OPENING) value.abort();
      else {
        this.#holdStream(socket, value);
        this.#tell((now) => this.#session.handleOpened(now, socket, value.local, { neverFragments: false }));
      }
    };
    const { platform } = this.#shell;
    const from: SocketAddress | undefined = fromIp === undefined ? undefined : { ip: fromIp, port: 0 };
    if (serverName !== undefined) platform.connectTls(to, { serverName }, done);
    else platform.connectTcp(to, done, from);
  }

  #holdStream(id: SocketId, stream: ByteStream): void {
    this.#held.set(id, { kind: 'stream', stream });
    const { remote } = stream;
    stream.listen({
      onBytes: (bytes) => this.#tell((now) => this.#session.handleDatagram(now, id, remote, bytes)),
      onEnded: () => stream.end(),
      onClosed: () => {
        if (this.#held.delete(id)) this.#tell((now) => this.#session.handleClosed(now, id));
      },
    });
  }

  #closeSocket(socket: SocketId): void {
    const held = this.#held.get(socket);
    this.#held.delete(socket);
    if (held?.kind === 'datagrams') held.socket.close();
    else if (held?.kind === 'listener') held.listener.close();
    // What was written just before, such as the end of an allocation, still goes out.
    else if (held?.kind === 'stream') held.stream.end();
  }

  #announce(name: string, ip: string): void {
    const announced = this.#shell.announceName?.(name, ip);
    if (announced) this.#announced.set(name, announced);
  }

  #withdraw(name: string): void {
    this.#announced.get(name)?.close();
    this.#announced.delete(name);
  }

  #lookUp(lookup: number, name: string): void {
    this.#shell.platform.lookup(name, ({ value }) =>
      this.#tell((now) => this.#session.handleLookedUp(now, lookup, value)),
    );
  }

  #verify(check: number, chain: readonly Uint8Array[], serverName: string): void {
    this.#shell.platform.verifyChain(chain, serverName, ({ value }) =>
      this.#tell((now) => this.#session.handleVerified(now, check, value === true)),
    );
  }
}
