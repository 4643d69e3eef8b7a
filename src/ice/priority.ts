/** Priorities of candidates and of pairs. RFC 8445 §5.1.2, §6.1.2.3, RFC 6544 §4.2. */
import type { CandidateType, IceProtocol } from './gatherer-port.ts';

/** RFC 8445 §5.1.2.2. */
const TYPE_PREFERENCE: Readonly<Record<CandidateType, number>> = {
  host: 126,
  prflx: 110,
  srflx: 100,
  relay: 0,
};
/** RFC 6544 §4.2: below every UDP candidate that is not relayed, above every relayed one, so that direct comes first. */
const TCP_TYPE_PREFERENCE: Readonly<Record<CandidateType, number>> = {
  host: 90,
  prflx: 80,
  srflx: 70,
  relay: 0,
};

/** RFC 8445 §5.1.2.1, of component 1. `localPreference`: 0 … 65,535. At most 2³¹ − 1. */
export function candidatePriority(
  type: CandidateType,
  protocol: IceProtocol,
  localPreference: number,
): number {
  const preference = (protocol === 'tcp' ? TCP_TYPE_PREFERENCE : TYPE_PREFERENCE)[type];
  return preference * 2 ** 24 + localPreference * 2 ** 8 + 255;
}

/**
 * RFC 8445 §6.1.2.3: 2³² × min(G, D) + 2 × max(G, D) + (G > D ? 1 : 0). Priorities have 31 bits, so the sum is held as
 * two numbers; this compares two pairs. Positive: `a` comes first.
 */
export interface PairPriority {
  readonly high: number;
  readonly low: number;
}

export function pairPriority(controlling: number, controlled: number): PairPriority {
  return {
    high: Math.min(controlling, controlled),
    low: 2 * Math.max(controlling, controlled) + (controlling > controlled ? 1 : 0),
  };
}

export function comparePriorities(a: PairPriority, b: PairPriority): number {
  return a.high - b.high || a.low - b.low;
}
