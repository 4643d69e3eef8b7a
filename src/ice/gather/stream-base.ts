/** The TCP connections of one base with its peers, by the address of the peer: what active and passive bases share. RFC 6544 §3. */

import { formatAddress, type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import type { TcpType } from '../candidate-types.ts';
import type { PathFacts, PathId } from '../gatherer-port.ts';
import type { SocketId } from '../io.ts';
import { MAX_PEER_STREAMS } from './limits.ts';
import { PeerStream } from './peer-stream.ts';
import type { Surroundings } from './surroundings.ts';

export class PeerStreams {
  readonly #around: Surroundings;
  readonly #path: PathId;
  readonly #streams = new Map<string, PeerStream>();

  constructor(around: Surroundings, path: PathId) {
    this.#around = around;
    this.#path = path;
  }

  get(remote: SocketAddress): PeerStream | undefined {
    return this.#streams.get(formatAddress(remote));
  }

  /** `undefined` when there are too many of which all have been talked to. */
  add(now: Millis, remote: SocketAddress, fromIp: string | undefined): PeerStream | undefined {
    const key = formatAddress(remote);
    this.#drop(key);
    if (this.#streams.size >= MAX_PEER_STREAMS && !this.#makeRoom()) return undefined;
    const path = this.#path;
    const stream: PeerStream = new PeerStream(now, this.#around, remote, fromIp, {
      onFrame: (at, bytes) => this.#around.deliver(at, path, remote, bytes),
      onEnded: () => {
        if (this.#streams.get(key) !== stream) return;
        this.#streams.delete(key);
        this.#around.push({ type: 'remote-lost', path, remote });
      },
    });
    this.#streams.set(key, stream);
    return stream;
  }

  close(remote: SocketAddress): void {
    this.#drop(formatAddress(remote));
  }

  closeAll(): void {
    for (const key of [...this.#streams.keys()]) this.#drop(key);
  }

  handleTimeout(now: Millis): void {
    for (const stream of [...this.#streams.values()]) stream.handleTimeout(now);
  }

  nextTimeout(): Millis {
    let next = NEVER;
    for (const stream of this.#streams.values()) next = Math.min(next, stream.nextTimeout());
    return next;
  }

  #drop(key: string): void {
    const stream = this.#streams.get(key);
    this.#streams.delete(key);
    stream?.close();
  }

  /** Whoever is there longest without having proven anything. */
  #makeRoom(): boolean {
    for (const [key, stream] of this.#streams) {
      if (stream.answered) continue;
      this.#drop(key);
      return true;
    }
    return false;
  }
}

export function streamFacts(path: PathId, tcpType: TcpType, base: SocketAddress): PathFacts {
  const plain = { relayed: false, neverFragments: false, socket: undefined } as const;
  return { path, protocol: 'tcp', tcpType, base, ...plain };
}

/** Closes at once what a listener took and nobody wants. */
export function refuseStream(around: Surroundings): SocketId {
  const ignore = (): void => {};
  const owner = {
    handleOpened: ignore,
    handleFailed: ignore,
    handleClosed: ignore,
    handleBytes: ignore,
  };
  const socket = around.adopt(owner);
  around.close(socket);
  return socket;
}
