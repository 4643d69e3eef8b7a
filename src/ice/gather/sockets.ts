/** The gatherer's sockets and paths by number, and the queues to its shell and its checker. */
import { type Env, type Millis, Queue, type SocketAddress } from '../../base/index.ts';
import type { GathererEvent, PathId, PathListener } from '../gatherer-port.ts';
import type { IceRequest, IceTransmit, SocketId } from '../io.ts';
import type { PathOwner, SocketOwner, Surroundings } from './surroundings.ts';

export class Sockets implements Surroundings {
  readonly env: Env;
  readonly transmits = new Queue<IceTransmit>();
  readonly events = new Queue<GathererEvent>();
  readonly #listener: PathListener;
  readonly #onPathLost: (path: PathId) => void;
  readonly #owners = new Map<SocketId, SocketOwner>();
  readonly #paths = new Map<PathId, PathOwner>();
  /** Paths that the checker has been told of: nobody else is heard. */
  readonly #told = new Set<PathId>();
  #lastSocket: SocketId = 0;
  #lastPath: PathId = 0;

  constructor(env: Env, listener: PathListener, onPathLost: (path: PathId) => void) {
    this.env = env;
    this.#listener = listener;
    this.#onPathLost = onPathLost;
  }

  ownerOf(socket: SocketId): SocketOwner | undefined {
    return this.#owners.get(socket);
  }

  pathOf(path: PathId): PathOwner | undefined {
    return this.#paths.get(path);
  }

  open(owner: SocketOwner, request: (socket: SocketId) => IceRequest): SocketId {
    const socket = this.adopt(owner);
    this.push({ type: 'request', request: request(socket) });
    return socket;
  }

  adopt(owner: SocketOwner): SocketId {
    this.#lastSocket += 1;
    this.#owners.set(this.#lastSocket, owner);
    return this.#lastSocket;
  }

  close(socket: SocketId): void {
    if (this.#owners.delete(socket)) this.push({ type: 'request', request: { kind: 'close', socket } });
  }

  /** The shell has told that it is gone. */
  forget(socket: SocketId): void {
    this.#owners.delete(socket);
  }

  transmit(socket: SocketId, to: SocketAddress, bytes: Uint8Array): void {
    this.transmits.push({ socket, to, bytes });
  }

  push(event: GathererEvent): void {
    if (event.type === 'candidate') this.#told.add(event.candidate.path.path);
    this.events.push(event);
  }

  newPathId(): PathId {
    this.#lastPath += 1;
    return this.#lastPath;
  }

  addPath(owner: PathOwner): void {
    this.#paths.set(owner.facts.path, owner);
  }

  losePath(path: PathId): void {
    this.#paths.delete(path);
    this.#onPathLost(path);
    if (this.#told.delete(path)) this.push({ type: 'path-lost', path });
  }

  deliver(now: Millis, path: PathId, from: SocketAddress, bytes: Uint8Array): void {
    if (this.#told.has(path)) this.#listener.handlePathBytes(now, path, from, bytes);
  }

  /** Every socket that is left. */
  closeAll(): void {
    for (const socket of [...this.#owners.keys()]) this.close(socket);
    this.#paths.clear();
    this.#told.clear();
  }
}
