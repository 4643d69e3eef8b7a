/** A candidate pair: a path of ours, a candidate of theirs, and what is known of the way between. RFC 8445 §6.1.2. */
import { familyOf, type Millis } from '../base/index.ts';
import type { IceRole, PairEnd } from './events.ts';
import type { LocalPath } from './local-book.ts';
import { type PairPriority, pairPriority } from './priority.ts';
import type { RemoteCandidate } from './remote-book.ts';

/** RFC 8445 §6.1.2.6. */
export type PairState = 'frozen' | 'waiting' | 'in-progress' | 'succeeded' | 'failed';

/** As RTCIceCandidatePairStats counts. webrtc-stats.html §8.11. */
export interface PairCounts {
  packetsSent: number;
  packetsReceived: number;
  bytesSent: number;
  bytesReceived: number;
  requestsSent: number;
  requestsReceived: number;
  responsesSent: number;
  responsesReceived: number;
  consentRequestsSent: number;
  totalRoundTripMs: number;
  currentRoundTripMs: number | undefined;
  lastPacketSentAt: Millis | undefined;
  lastPacketReceivedAt: Millis | undefined;
}

export class CandidatePair {
  readonly id: string;
  readonly path: LocalPath;
  readonly remote: RemoteCandidate;
  /** The end we are seen as, once that is known. RFC 8445 §7.2.5.3.2. */
  local: PairEnd;
  priority: PairPriority;
  state: PairState = 'frozen';
  /** In the valid list. RFC 8445 §7.2.5.3.2. */
  valid = false;
  nominated = false;
  /** The controlling side has asked for it, or we, being controlling, do with the next check. RFC 8445 §7.3.1.5. */
  wanted = false;
  /** The other side has shown that it knows our password, from there: what comes from there is data. */
  heard = false;
  /** Asked again and again without an answer: another one is better. */
  silent = false;
  /** Consent has ended: nothing is sent there again with these credentials. RFC 7675 §5.1. */
  dead = false;
  lastAnswerAt: Millis | undefined;
  readonly counts: PairCounts = {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    requestsSent: 0,
    requestsReceived: 0,
    responsesSent: 0,
    responsesReceived: 0,
    consentRequestsSent: 0,
    totalRoundTripMs: 0,
    currentRoundTripMs: undefined,
    lastPacketSentAt: undefined,
    lastPacketReceivedAt: undefined,
  };

  constructor(id: string, path: LocalPath, remote: RemoteCandidate, role: IceRole) {
    this.id = id;
    this.path = path;
    this.remote = remote;
    this.local = path.base;
    this.priority = this.#priorityFor(role);
  }

  /** RFC 8445 §6.1.2.6: the foundations of both ends. */
  get foundation(): string {
    return `${this.path.base.foundation} ${this.remote.foundation}`;
  }

  get relayed(): boolean {
    return this.path.facts.relayed || this.remote.type === 'relay';
  }

  /** Data may go there. RFC 8445 §12. */
  get usable(): boolean {
    return this.valid && !this.dead;
  }

  /** RFC 8445 §7.2.5.2. */
  fail(): void {
    this.valid = false;
    this.nominated = false;
    this.state = 'failed';
  }

  /** The role has changed, or what is known of the remote end. RFC 8445 §7.2.5.1. */
  reprioritise(role: IceRole): void {
    this.priority = this.#priorityFor(role);
  }

  #priorityFor(role: IceRole): PairPriority {
    const [ours, theirs] = [this.path.base.priority, this.remote.priority];
    return role === 'controlling' ? pairPriority(ours, theirs) : pairPriority(theirs, ours);
  }
}

/** Whether the two can make a pair. RFC 8445 §6.1.2.2, RFC 6544 §6.2. */
export function canPair({ facts }: LocalPath, remote: RemoteCandidate): boolean {
  const { base, protocol, tcpType } = facts;
  if (protocol !== remote.protocol || familyOf(base.ip) !== familyOf(remote.address.ip)) return false;
  if (isLoopback(base.ip) !== isLoopback(remote.address.ip) && !facts.relayed) return false;
  if (isLinkLocal(base.ip) !== isLinkLocal(remote.address.ip)) return false;
  if (protocol === 'udp') return true;
  // RFC 6544 §6.2: active with passive, and simultaneous-open with its like. Who waits, waits.
  return tcpType === 'active' ? remote.tcpType === 'passive' : tcpType === 'so' && remote.tcpType === 'so';
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}

/** RFC 8445 §6.1.2.2: IPv6 link-local addresses pair with their like only. */
function isLinkLocal(ip: string): boolean {
  return /^fe[89ab]/.test(ip);
}
