/** A relayed address as a path of the checker. RFC 8445 §5.1.1.2: the base of a relayed candidate is that candidate itself. */
import { familyOf, type Millis, type SocketAddress } from '../../base/index.ts';
import type { PathFacts, PathId } from '../gatherer-port.ts';
import type { PathOwner } from './surroundings.ts';

/** The allocation, or both relayed addresses of one. */
export interface PathRelay {
  send(now: Millis, to: SocketAddress, bytes: Uint8Array): void;
  expect(now: Millis, path: RelayPath, remote: SocketAddress): void;
  select(now: Millis, remote: SocketAddress): void;
}

export class RelayPath implements PathOwner {
  readonly facts: PathFacts;
  readonly #relay: PathRelay;

  constructor(path: PathId, base: SocketAddress, relay: PathRelay) {
    this.#relay = relay;
    // How the relay sends on nobody knows, so the path is not to be probed.
    const facts = { protocol: 'udp', tcpType: undefined, neverFragments: false, socket: undefined } as const;
    this.facts = { path, base, relayed: true, ...facts };
  }

  send(now: Millis, to: SocketAddress, bytes: Uint8Array): void {
    if (this.#reaches(to)) this.#relay.send(now, to, bytes);
  }

  expect(now: Millis, remote: SocketAddress): void {
    if (this.#reaches(remote)) this.#relay.expect(now, this, remote);
  }

  select(now: Millis, remote: SocketAddress): void {
    if (this.#reaches(remote)) this.#relay.select(now, remote);
  }

  /** Permissions end by themselves once nobody refreshes them: with the allocation. */
  release(): void {}

  #reaches({ ip }: SocketAddress): boolean {
    return familyOf(ip) === familyOf(this.facts.base.ip);
  }
}
