/**
 * The other side's candidates of one generation: told, or learned from its checks. Bounded, because every one costs checks.
 * RFC 8445 §5.3, §7.3.1.3, RFC 8838 §11.
 */

import { formatAddress, formatIp, type SocketAddress } from '../base/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import type { CandidateType, IceProtocol, TcpType } from './candidate-types.ts';
import type { PairEnd } from './events.ts';

import type { IceLimits } from './options.ts';

/** One of theirs. A learned one becomes what it is told to be, should it be told. */
export interface RemoteCandidate extends PairEnd {
  type: CandidateType;
  related: SocketAddress | undefined;
  priority: number;
  foundation: string;
  /** `protocol address:port`: which one it is. */
  readonly key: string;
  /** Of the check it was learned from: whose it is. */
  readonly usernameFragment: string | undefined;
}

/** What is told is either added, or known already, or no use to us. */
export type RemoteOutcome =
  | { readonly kind: 'added' | 'changed'; readonly candidate: RemoteCandidate }
  | { readonly kind: 'ignored' };

const IGNORED: RemoteOutcome = { kind: 'ignored' };

export class RemoteBook {
  readonly #limits: IceLimits;
  readonly #newId: () => string;
  readonly #byKey = new Map<string, RemoteCandidate>();
  #learned = 0;

  /** `newId` numbers the candidates of all generations. */
  constructor(limits: IceLimits, newId: () => string) {
    this.#limits = limits;
    this.#newId = newId;
  }

  get size(): number {
    return this.#byKey.size;
  }

  all(): Iterable<RemoteCandidate> {
    return this.#byKey.values();
  }

  find(protocol: IceProtocol, address: SocketAddress): RemoteCandidate | undefined {
    return this.#byKey.get(keyOf(protocol, address));
  }

  /** `ip`: what the address, or its name, stands for: 4 or 16 bytes. */
  add(told: CandidateAttribute, ip: Uint8Array): RemoteOutcome {
    const usable = usableCandidate(told, ip);
    if (!usable) return IGNORED;
    const key = keyOf(usable.protocol, usable.address);
    const known = this.#byKey.get(key);
    if (known) return known.type === 'prflx' && usable.type !== 'prflx' ? settle(known, usable) : IGNORED;
    if (this.#byKey.size >= this.#limits.maxRemoteCandidates) return IGNORED;
    return { kind: 'added', candidate: this.#hold({ ...usable, key, usernameFragment: undefined }) };
  }

  /** A check came from an address that nobody told us of. `undefined`: enough of them. RFC 8445 §7.3.1.3. */
  learn(
    protocol: IceProtocol,
    address: SocketAddress,
    priority: number,
    usernameFragment: string,
  ): RemoteCandidate | undefined {
    if (this.#learned >= this.#limits.maxPeerReflexive) return undefined;
    if (this.#byKey.size >= this.#limits.maxRemoteCandidates) return undefined;
    this.#learned += 1;
    return this.#hold({
      type: 'prflx',
      protocol,
      // RFC 6544 §7.2: who connects to us is active.
      tcpType: protocol === 'tcp' ? 'active' : undefined,
      address: { ip: address.ip, port: address.port },
      related: undefined,
      priority,
      // RFC 8445 §7.3.1.3: different from all others, and of ice-chars: it is shown. Nobody writes one that begins so.
      foundation: `//${this.#learned}`,
      url: undefined,
      relayProtocol: undefined,
      key: keyOf(protocol, address),
      usernameFragment,
    });
  }

  remove(candidate: RemoteCandidate): void {
    const wasLearned = candidate.usernameFragment !== undefined;
    if (this.#byKey.delete(candidate.key) && wasLearned) this.#learned -= 1;
  }

  #hold(candidate: Omit<RemoteCandidate, 'id'>): RemoteCandidate {
    const held: RemoteCandidate = { ...candidate, id: this.#newId() };
    this.#byKey.set(held.key, held);
    return held;
  }
}

type Usable = Omit<RemoteCandidate, 'id' | 'key' | 'usernameFragment'>;

/** RFC 8838 §11: told after it was learned, it takes over what it is told to be. */
function settle(known: RemoteCandidate, told: Usable): RemoteOutcome {
  known.type = told.type;
  known.related = told.related;
  known.priority = told.priority;
  known.foundation = told.foundation;
  return { kind: 'changed', candidate: known };
}

function keyOf(protocol: IceProtocol, address: SocketAddress): string {
  return `${protocol} ${formatAddress(address)}`;
}

const TYPES: ReadonlySet<string> = new Set(['host', 'srflx', 'prflx', 'relay']);
const TCP_TYPES: ReadonlySet<string> = new Set(['active', 'passive', 'so']);

function isType(text: string): text is CandidateType {
  return TYPES.has(text);
}

function isTcpType(text: string | undefined): text is TcpType {
  return text !== undefined && TCP_TYPES.has(text);
}

/** RFC 8839 §5.1: what is not understood is ignored; so is what no packet can be sent to. */
function usableCandidate(told: CandidateAttribute, ip: Uint8Array): Usable | undefined {
  const { component, transport, type, port, priority, foundation, related, tcpType } = told;
  if (component !== 1 || port === 0 || !isType(type) || !isUnicast(ip)) return undefined;
  if (transport !== 'udp' && transport !== 'tcp') return undefined;
  // RFC 6544 §4.5: without `tcptype` it is no candidate. One that only connects is nobody to connect to (§6.2).
  if (transport === 'tcp' && (!isTcpType(tcpType) || tcpType === 'active')) return undefined;
  return {
    type,
    protocol: transport,
    tcpType: transport === 'tcp' && isTcpType(tcpType) ? tcpType : undefined,
    address: { ip: formatIp(ip), port },
    related,
    priority,
    foundation,
    url: undefined,
    relayProtocol: undefined,
  };
}

/** Neither `0.0.0.0` nor multicast nor broadcast: a check must not become many. */
function isUnicast(ip: Uint8Array): boolean {
  if (ip.every((byte) => byte === 0)) return false;
  const first = ip[0] ?? 0;
  return ip.length === 4 ? first !== 0 && first < 224 : first !== 0xff;
}
