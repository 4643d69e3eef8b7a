/**
 * The network between fake peer connections: who reaches whom by which candidate, and what dies with the TURN server.
 * Knows no SDP. The times are those of a browser: RFC 7675 §5.1 (consent), libwebrtc's 5 s to `disconnected`.
 */
import type { VirtualClock } from './virtual-clock.ts';

export interface IceEndpoint {
  readonly id: number;
  /** In the current local and the current remote description. */
  readonly localUfrag: () => string | undefined;
  readonly remoteUfrag: () => string | undefined;
  /** Ports of own candidates of the current generation, and of those that the other side has told. */
  readonly localPorts: () => readonly number[];
  readonly remotePorts: () => readonly number[];
  readonly setIce: (state: 'checking' | 'connected' | 'disconnected' | 'failed') => void;
  readonly pairChanged: () => void;
  /** Ports of the pair in use, own first. */
  pair: readonly [number, number] | undefined;
  silentSince: number | undefined;
}

const CHECK_EVERY_MS = 50;
const DISCONNECTED_AFTER_MS = 5000;
const FAILED_AFTER_MS = 15_000;

export class FakeNetwork {
  readonly clock: VirtualClock;
  /** Whether the TURN server answers. */
  turnUp = true;
  readonly #endpoints = new Map<number, IceEndpoint>();
  readonly #relayPorts = new Set<number>();
  readonly #deadPorts = new Set<number>();
  #lastPort = 1000;
  #watching = false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  nextId(): number {
    this.#lastPort += 1;
    return this.#lastPort;
  }

  /** A port of a new candidate. */
  open(kind: 'host' | 'relay'): number {
    const port = this.nextId();
    if (kind === 'relay') this.#relayPorts.add(port);
    return port;
  }

  isRelay(port: number): boolean {
    return this.#relayPorts.has(port);
  }

  isAlive(port: number): boolean {
    return !this.#deadPorts.has(port);
  }

  /** The TURN server is gone, and all allocations with it. */
  killTurn(): void {
    this.turnUp = false;
    for (const port of this.#relayPorts) this.#deadPorts.add(port);
  }

  /** The socket is gone, as after a change of network. */
  kill(ports: readonly number[]): void {
    for (const port of ports) this.#deadPorts.add(port);
  }

  attach(endpoint: IceEndpoint): void {
    this.#endpoints.set(endpoint.id, endpoint);
    if (this.#watching) return;
    this.#watching = true;
    this.#tick();
  }

  detach(id: number): void {
    this.#endpoints.delete(id);
  }

  /** Who talks with `endpoint` by the credentials of both. */
  peerOf(endpoint: IceEndpoint): IceEndpoint | undefined {
    const local = endpoint.localUfrag();
    const remote = endpoint.remoteUfrag();
    if (local === undefined || remote === undefined) return undefined;
    for (const other of this.#endpoints.values()) {
      if (other.localUfrag() === remote && other.remoteUfrag() === local) return other;
    }
    return undefined;
  }

  #tick(): void {
    for (const endpoint of this.#endpoints.values()) this.#check(endpoint);
    if (this.#endpoints.size === 0) this.#watching = false;
    else this.clock.setTimeout(() => this.#tick(), CHECK_EVERY_MS);
  }

  #check(endpoint: IceEndpoint): void {
    const now = this.clock.now();
    const peer = this.peerOf(endpoint);
    const fresh = peer && this.#freshPair(endpoint, peer);
    if (fresh && fresh.join() !== endpoint.pair?.join()) {
      endpoint.pair = fresh;
      endpoint.pairChanged();
    }
    // A pair in use outlives the descriptions that made it, until a new generation has a pair of its own.
    const alive = endpoint.pair?.every((port) => !this.#deadPorts.has(port)) && this.#isAnswered(endpoint);
    if (alive) {
      endpoint.silentSince = undefined;
      endpoint.setIce('connected');
      return;
    }
    if (endpoint.remoteUfrag() === undefined) return;
    endpoint.silentSince ??= now;
    const silentMs = now - endpoint.silentSince;
    if (silentMs >= FAILED_AFTER_MS) endpoint.setIce('failed');
    else if (endpoint.pair === undefined) endpoint.setIce('checking');
    else if (silentMs >= DISCONNECTED_AFTER_MS) endpoint.setIce('disconnected');
  }

  #freshPair(endpoint: IceEndpoint, peer: IceEndpoint): readonly [number, number] | undefined {
    const usable = (ports: readonly number[], told: readonly number[]): number | undefined =>
      ports.find((port) => !this.#deadPorts.has(port) && told.includes(port));
    const own = usable(endpoint.localPorts(), peer.remotePorts());
    const theirs = usable(peer.localPorts(), endpoint.remotePorts());
    return own === undefined || theirs === undefined ? undefined : [own, theirs];
  }

  #isAnswered(endpoint: IceEndpoint): boolean {
    const other = endpoint.pair?.[1];
    for (const candidate of this.#endpoints.values()) {
      if (candidate.pair?.[0] === other && candidate.pair?.[1] === endpoint.pair?.[0]) return true;
      if (candidate.pair === undefined && other !== undefined && candidate.localPorts().includes(other))
        return true;
    }
    return false;
  }
}
