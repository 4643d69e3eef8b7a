/**
 * One UDP socket on one address of this host: the base of its host candidate, of what STUN servers see of it, and the way to
 * TURN servers. RFC 8445 §5.1.1.1.
 */
import { type Millis, randomBelow, type SocketAddress, sameAddress } from '../../base/index.ts';
import type { PathFacts, PathId } from '../gatherer-port.ts';
import type { SocketFacts, SocketId } from '../io.ts';
import { MAX_PORT_TRIES } from './limits.ts';
import type { PathOwner, SocketOwner, Surroundings } from './surroundings.ts';

/** A server that answers to this socket. */
export interface ServerEar {
  readonly server: SocketAddress;
  /** Borrowed. Whether it was meant for it. */
  handleServerBytes(now: Millis, bytes: Uint8Array): boolean;
}

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

export interface UdpBaseOptions {
  readonly ip: string;
  readonly ports: PortRange | undefined;
  readonly shared: boolean;
}

export interface UdpBaseEvents {
  onOpened(now: Millis): void;
  /** It could not be opened, or is gone. */
  onLost(now: Millis): void;
}

export class UdpBase implements SocketOwner, PathOwner {
  readonly ip: string;
  readonly #around: Surroundings;
  readonly #events: UdpBaseEvents;
  readonly #ports: PortRange | undefined;
  readonly #shared: boolean;
  readonly #path: PathId;
  /** Few: a server each. */
  #ears: readonly ServerEar[] = [];
  #socket: SocketId;
  #nextPort: number;
  #triesLeft: number;
  #facts: PathFacts | undefined;
  #closed = false;

  /** Asks for the socket at once. `shared`: on a port that other agents have too. */
  constructor(around: Surroundings, { ip, ports, shared }: UdpBaseOptions, events: UdpBaseEvents) {
    this.#around = around;
    this.ip = ip;
    this.#ports = ports;
    this.#shared = shared;
    this.#events = events;
    this.#path = around.newPathId();
    const size = ports ? ports.max - ports.min + 1 : 1;
    // From anywhere in the range, so that many agents do not all begin at its start.
    this.#nextPort = ports ? ports.min + randomBelow(around.env.random, size) : 0;
    this.#triesLeft = Math.min(size, MAX_PORT_TRIES);
    this.#socket = this.#open();
  }

  /** Once it is open. */
  get opened(): boolean {
    return this.#facts !== undefined;
  }

  /** Only once it is open. */
  get facts(): PathFacts {
    if (!this.#facts) throw new Error('A socket that is not open has no address.');
    return this.#facts;
  }

  handleOpened(now: Millis, local: SocketAddress, { neverFragments }: SocketFacts): void {
    this.#facts = {
      path: this.#path,
      protocol: 'udp',
      tcpType: undefined,
      // Whatever the shell calls it, it was asked for on this address.
      base: { ip: this.ip, port: local.port },
      relayed: false,
      neverFragments,
      socket: this.#socket,
    };
    this.#around.addPath(this);
    this.#events.onOpened(now);
  }

  handleFailed(now: Millis, code: string, message: string): void {
    const { ip } = this;
    this.#around.env.log.debug('A socket for ICE could not be opened', { ip, code, message });
    this.#triesLeft -= 1;
    if (this.#ports && this.#triesLeft > 0) {
      this.#nextPort = this.#nextPort >= this.#ports.max ? this.#ports.min : this.#nextPort + 1;
      this.#socket = this.#open();
    } else this.handleClosed(now);
  }

  handleClosed(now: Millis): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#facts) this.#around.losePath(this.#path);
    this.#events.onLost(now);
  }

  handleBytes(now: Millis, from: SocketAddress, bytes: Uint8Array): void {
    let taken = false;
    // STUN and TURN of one server may both be asked: each knows its own transactions.
    for (const ear of this.#ears) {
      if (sameAddress(ear.server, from) && ear.handleServerBytes(now, bytes)) taken = true;
    }
    if (!taken) this.#around.deliver(now, this.#path, from, bytes);
  }

  /** `ear` hears its server from now on. */
  listen(ear: ServerEar): void {
    this.#ears = [...this.#ears, ear];
  }

  unlisten(ear: ServerEar): void {
    this.#ears = this.#ears.filter((it) => it !== ear);
  }

  send(_now: Millis, to: SocketAddress, bytes: Uint8Array): void {
    if (!this.#closed) this.#around.transmit(this.#socket, to, bytes);
  }

  /** A datagram needs nobody's leave. */
  expect(): void {}
  select(): void {}
  release(): void {}

  /** Without `onLost`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#facts) this.#around.losePath(this.#path);
    this.#around.close(this.#socket);
  }

  #open(): SocketId {
    const { ip } = this;
    const [port, shared] = [this.#nextPort, this.#shared];
    return this.#around.open(this, (socket) => ({ kind: 'open-udp', socket, ip, port, shared }));
  }
}
