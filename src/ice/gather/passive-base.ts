/** A TCP listener on one address: what active candidates connect to. RFC 6544 §5.1, §8. */
import type { Millis, SocketAddress } from '../../base/index.ts';
import type { PathFacts, PathId } from '../gatherer-port.ts';
import type { SocketId } from '../io.ts';
import { PeerStreams, refuseStream, streamFacts } from './stream-base.ts';
import type { PathOwner, SocketOwner, Surroundings } from './surroundings.ts';

export interface PassiveBaseEvents {
  onOpened(now: Millis): void;
  /** It could not be opened, or is gone. */
  onLost(now: Millis): void;
}

export class PassiveBase implements SocketOwner, PathOwner {
  readonly streams: PeerStreams;
  readonly #around: Surroundings;
  readonly #ip: string;
  readonly #events: PassiveBaseEvents;
  readonly #path: PathId;
  readonly #listener: SocketId;
  #facts: PathFacts | undefined;
  #closed = false;

  /** Asks for the listener at once. */
  constructor(around: Surroundings, ip: string, events: PassiveBaseEvents) {
    this.#around = around;
    this.#ip = ip;
    this.#events = events;
    this.#path = around.newPathId();
    this.streams = new PeerStreams(around, this.#path);
    this.#listener = around.open(this, (socket) => ({ kind: 'listen-tcp', socket, ip, port: 0 }));
  }

  get opened(): boolean {
    return this.#facts !== undefined;
  }

  /** Only once it is open. */
  get facts(): PathFacts {
    if (!this.#facts) throw new Error('A listener that is not open has no address.');
    return this.#facts;
  }

  handleOpened(now: Millis, local: SocketAddress): void {
    this.#facts = streamFacts(this.#path, 'passive', { ip: this.#ip, port: local.port });
    this.#around.addPath(this);
    this.#events.onOpened(now);
  }

  handleFailed(now: Millis, code: string, message: string): void {
    this.#around.env.log.debug('A listener for ICE could not be opened', { ip: this.#ip, code, message });
    this.handleClosed(now);
  }

  handleClosed(now: Millis): void {
    if (this.#closed) return;
    this.close();
    this.#events.onLost(now);
  }

  handleAccepted(now: Millis, remote: SocketAddress): SocketId {
    return this.streams.add(now, remote, undefined)?.socket ?? refuseStream(this.#around);
  }

  /** A listener has no bytes. */
  handleBytes(): void {}

  send(_now: Millis, to: SocketAddress, bytes: Uint8Array): void {
    this.streams.get(to)?.send(bytes);
  }

  expect(): void {}
  select(): void {}

  release(_now: Millis, remote: SocketAddress): void {
    this.streams.close(remote);
  }

  /** Without `onLost`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.streams.closeAll();
    if (this.#facts) this.#around.losePath(this.#path);
    this.#around.close(this.#listener);
  }
}
