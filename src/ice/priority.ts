/** Priorities of candidates and of pairs. RFC 8445 §5.1.2, §6.1.2.3, RFC 6544 §4.2. */

type Preferences = Readonly<Record<CandidateType, number>>;

/** RFC 8445 §5.1.2.2. */
const TYPE_PREFERENCE: Preferences = { host: 126, prflx: 110, srflx: 100, relay: 0 };
/** RFC 6544 §4.2: below all UDP that is not relayed, above all that is relayed. */
const TCP_TYPE_PREFERENCE: Preferences = { host: 90, prflx: 80, srflx: 70, relay: 0 };

/** RFC 8445 §5.1.2.1, for component 1. `localPreference`: 0 … 65,535. At most 2³¹ − 1. */
import type { CandidateType, IceProtocol } from './candidate-types.ts';
export function candidatePriority(
  type: CandidateType,
  protocol: IceProtocol,
  localPreference: number,
): number {
  const preference = (protocol === 'tcp' ? TCP_TYPE_PREFERENCE : TYPE_PREFERENCE)[type];
  return preference * 2 ** 24 + localPreference * 2 ** 8 + 255;
}

/** 64 bits as two numbers of 32: one JavaScript number cannot hold them. */
export interface PairPriority {
  readonly high: number;
  readonly low: number;
}

/** RFC 8445 §6.1.2.3: 2³² × min(G, D) + 2 × max(G, D) + (G > D ? 1 : 0). */
export function pairPriority(controlling: number, controlled: number): PairPriority {
  const low = 2 * Math.max(controlling, controlled) + (controlling > controlled ? 1 : 0);
  return { high: Math.min(controlling, controlled) + Math.floor(low / 2 ** 32), low: low % 2 ** 32 };
}

/** Positive: `a` comes first. */
export function comparePriorities(a: PairPriority, b: PairPriority): number {
  return a.high - b.high || a.low - b.low;
}
