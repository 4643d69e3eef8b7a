/** The candidates of this host: made from what was gathered, told once for each generation, redundant ones left out. RFC 8445 §5.1. */
import { familyOf, formatAddress, type SocketAddress } from '../../base/index.ts';
import type { LocalCandidate, PathFacts, PathId } from '../gatherer-port.ts';
import type { IcePolicy } from '../options.ts';
import { candidatePriority } from '../priority.ts';
import { foundationOf } from './foundation.ts';
import { MAX_CANDIDATES } from './limits.ts';

export interface NewCandidate {
  readonly type: LocalCandidate['type'];
  readonly path: PathFacts;
  readonly address: SocketAddress;
  readonly localPreference: number;
  readonly mdnsName?: string | undefined;
  /** What `raddr` tells where it may: the base, or what the TURN server sees of us. */
  readonly related?: SocketAddress;
  /** The address that a STUN or TURN server was reached at. */
  readonly serverIp?: string;
  readonly url?: string;
  readonly relayProtocol?: LocalCandidate['relayProtocol'];
}

export class CandidateBook {
  readonly #tell: (candidate: LocalCandidate) => void;
  readonly #salt: string;
  readonly #hideAddresses: boolean;
  /** With what may not be told. */
  #known: readonly LocalCandidate[] = [];
  #policy: IcePolicy = 'all';

  /** `hideAddresses`: host addresses are names of mDNS, so no other line may give them away. */
  constructor(salt: string, hideAddresses: boolean, tell: (candidate: LocalCandidate) => void) {
    this.#salt = salt;
    this.#hideAddresses = hideAddresses;
    this.#tell = tell;
  }

  /** Whether what we are called on our own network may be told. */
  get mayTellAddresses(): boolean {
    return !this.#hideAddresses && this.#policy === 'all';
  }

  /** A new generation: what is there is told again. */
  renew(policy: IcePolicy): void {
    this.#policy = policy;
    for (const candidate of this.#known) this.#tellIfAllowed(candidate);
  }

  add(fresh: NewCandidate): void {
    const { type, path, address, localPreference } = fresh;
    const candidate: LocalCandidate = {
      type,
      path,
      address,
      mdnsName: fresh.mdnsName,
      related: fresh.related,
      foundation: foundationOf(this.#salt, {
        type,
        baseIp: path.base.ip,
        serverIp: fresh.serverIp,
        protocol: path.protocol,
      }),
      localPreference,
      priority: candidatePriority(type, path.protocol, localPreference),
      url: fresh.url,
      relayProtocol: fresh.relayProtocol,
    };
    if (this.#known.length >= MAX_CANDIDATES || this.#known.some((it) => makesRedundant(it, candidate)))
      return;
    this.#known = [...this.#known, candidate];
    this.#tellIfAllowed(candidate);
  }

  /** The path is gone, and all that was on it. */
  drop(path: PathId): void {
    this.#known = this.#known.filter((candidate) => candidate.path.path !== path);
  }

  /** What this server has given on this path is gone. */
  dropOf(path: PathId, url: string): void {
    this.#known = this.#known.filter((it) => it.path.path !== path || it.url !== url);
  }

  #tellIfAllowed(candidate: LocalCandidate): void {
    if (this.#policy !== 'all' && candidate.type !== 'relay') return;
    const { related } = candidate;
    this.#tell(related && !this.mayTellAddresses ? { ...candidate, related: nowhere(related) } : candidate);
  }
}

/**
 * RFC 8445 §5.1.3: the same address on the same base. A host candidate under a name of mDNS keeps its reflexive twin: that
 * one is for those whom the name says nothing.
 */
function makesRedundant(known: LocalCandidate, candidate: LocalCandidate): boolean {
  if (formatAddress(known.address) !== formatAddress(candidate.address)) return false;
  // §5.1.1.2: a relayed address that is one of our own.
  if (known.type === 'host' && candidate.type === 'relay') return true;
  if (known.mdnsName !== undefined && candidate.type !== 'host') return false;
  return known.path.path === candidate.path.path;
}

/** As browsers write what they do not tell. */
function nowhere({ ip }: SocketAddress): SocketAddress {
  return { ip: familyOf(ip) === 6 ? '::' : '0.0.0.0', port: 0 };
}
