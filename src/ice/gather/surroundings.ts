/** What the parts of the gatherer share: sockets by number, paths by number, and the ways out. No logic of its own. */
import type { Env, Millis, SocketAddress } from '../../base/index.ts';
import type { GathererEvent, PathFacts, PathId } from '../gatherer-port.ts';
import type { IceRequest, SocketFacts, SocketId } from '../io.ts';

/** Who opened a socket, or whose listener took it. `handleFailed` and `handleClosed`: it is gone, and forgotten. */
export interface SocketOwner {
  handleOpened(now: Millis, local: SocketAddress, facts: SocketFacts): void;
  handleFailed(now: Millis, code: string, message: string): void;
  handleClosed(now: Millis): void;
  /** Borrowed. */
  handleBytes(now: Millis, from: SocketAddress, bytes: Uint8Array): void;
  /** Of a listener: the number of the stream that it took. */
  handleAccepted?(now: Millis, remote: SocketAddress): SocketId;
}

/** A base that the checker sends from. */
export interface PathOwner {
  readonly facts: PathFacts;
  send(now: Millis, to: SocketAddress, bytes: Uint8Array): void;
  expect(now: Millis, remote: SocketAddress): void;
  select(now: Millis, remote: SocketAddress): void;
  release(now: Millis, remote: SocketAddress): void;
}

export interface Surroundings {
  readonly env: Env;
  /** Asks the shell for a socket. */
  open(owner: SocketOwner, request: (socket: SocketId) => IceRequest): SocketId;
  /** A number for a stream that a listener took. */
  adopt(owner: SocketOwner): SocketId;
  /** Asks the shell to close it; its owner hears no more of it. */
  close(socket: SocketId): void;
  transmit(socket: SocketId, to: SocketAddress, bytes: Uint8Array): void;
  push(event: GathererEvent): void;
  newPathId(): PathId;
  addPath(owner: PathOwner): void;
  /** Forgets the path and tells it. */
  losePath(path: PathId): void;
  /** What came for the checker. */
  deliver(now: Millis, path: PathId, from: SocketAddress, bytes: Uint8Array): void;
}
