/**
 * Our own side: paths and the candidates on them, over all generations of an agent. Learned (peer-reflexive) ones too.
 * RFC 8445 §5.1, §7.2.5.3.1.
 */
import { formatAddress, type SocketAddress } from '../base/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import type { PairEnd } from './events.ts';
import type { LocalCandidate, PathFacts, PathId } from './gatherer-port.ts';
import { candidatePriority } from './priority.ts';

/** What is learned of one path: a NAT that gives another address for each remote would fill the memory. */
const MAX_LEARNED_PER_PATH = 16;

/** A path, and how it counts: as the best candidate that was gathered on it. RFC 8445 §6.1.2.4: pairs have bases. */
export interface LocalPath {
  readonly facts: PathFacts;
  readonly base: PairEnd;
  readonly localPreference: number;
  /** PRIORITY of checks that are sent from here. RFC 8445 §7.1.1. */
  readonly checkPriority: number;
  /** By mapped address. */
  readonly ends: Map<string, PairEnd>;
  learned: number;
}

export class LocalBook {
  readonly #paths = new Map<PathId, LocalPath>();
  #lastId = 0;

  find(path: PathId): LocalPath | undefined {
    return this.#paths.get(path);
  }

  /** Every end of every path, for statistics. */
  *ends(): Iterable<PairEnd> {
    for (const path of this.#paths.values()) yield* path.ends.values();
  }

  /** A candidate was gathered; one that is known already is told again in a new generation. */
  add(candidate: LocalCandidate): LocalPath {
    const { facts, key } = { facts: candidate.path, key: formatAddress(candidate.address) };
    const known = this.#paths.get(facts.path);
    if (known) {
      if (!known.ends.has(key)) known.ends.set(key, this.#endOf(candidate));
      return known;
    }
    const base = this.#endOf(candidate);
    const path: LocalPath = {
      facts,
      base,
      localPreference: candidate.localPreference,
      checkPriority: candidatePriority('prflx', facts.protocol, candidate.localPreference),
      ends: new Map([[key, base]]),
      learned: 0,
    };
    this.#paths.set(facts.path, path);
    return path;
  }

  /** The end that the other side sees us as: a candidate of ours, or one that is learned from this. RFC 8445 §7.2.5.3.1. */
  endAt(path: LocalPath, mapped: SocketAddress): PairEnd {
    const key = formatAddress(mapped);
    const known = path.ends.get(key);
    if (known) return known;
    if (path.learned >= MAX_LEARNED_PER_PATH) return path.base;
    const learned: PairEnd = {
      ...path.base,
      id: this.#newId(),
      type: 'prflx',
      address: mapped,
      related: path.facts.base,
      priority: path.checkPriority,
      url: undefined,
    };
    path.ends.set(key, learned);
    path.learned += 1;
    return learned;
  }

  remove(path: PathId): void {
    this.#paths.delete(path);
  }

  #endOf(candidate: LocalCandidate): PairEnd {
    const { type, path, address, related, priority, foundation, url, relayProtocol } = candidate;
    const { protocol, tcpType } = path;
    const id = this.#newId();
    return {
      id,
      type,
      protocol,
      tcpType,
      address,
      related,
      priority,
      foundation,
      url,
      relayProtocol,
    };
  }

  #newId(): string {
    this.#lastId += 1;
    return `local-${this.#lastId}`;
  }
}

/** As it is told to the other side. RFC 8839 §5.1. */
export function describeCandidate(candidate: LocalCandidate, usernameFragment: string): CandidateAttribute {
  return {
    foundation: candidate.foundation,
    component: 1,
    transport: candidate.path.protocol,
    priority: candidate.priority,
    address: candidate.mdnsName ?? candidate.address.ip,
    port: candidate.address.port,
    type: candidate.type,
    related: candidate.related,
    tcpType: candidate.path.tcpType,
    usernameFragment,
    extensions: [],
  };
}
