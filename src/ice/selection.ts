/** Which pair carries the data, and when the controlling side says so. Pure. RFC 8445 §8.1.1, §12. */
import type { Millis } from '../base/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { IceTiming } from './options.ts';
import { comparePriorities } from './priority.ts';

/** What can still come while a pair waits to be nominated. */
export interface Prospect {
  /** A pair that is not decided yet has a higher priority. */
  readonly betterIsOpen: boolean;
  /** Neither side will have more candidates. */
  readonly allTold: boolean;
}

/** Waiting for a way without relay pays for itself: each byte over it is paid for twice. */
const RELAY_WAIT_FACTOR = 10;

/** Positive: `a` is to be used rather than `b`. Answers first, then what was agreed on, then priority. RFC 8445 §8.1.1. */
function comparePairs(a: CandidatePair, b: CandidatePair): number {
  return (
    Number(!a.silent) - Number(!b.silent) ||
    Number(isChosen(a)) - Number(isChosen(b)) ||
    comparePriorities(a.priority, b.priority)
  );
}

/** Nominated, or about to be: a second one at that moment would be one too many. RFC 8445 §8.1.1. */
function isChosen({ nominated, wanted }: CandidatePair): boolean {
  return nominated || wanted;
}

/** RFC 8445 §12: any valid pair before one is nominated. Where all are silent, the `current` one stays. */
export function bestPair(
  pairs: Iterable<CandidatePair>,
  current: CandidatePair | undefined,
): CandidatePair | undefined {
  let best = current?.usable ? current : undefined;
  for (const pair of pairs) {
    if (!pair.usable || (pair.silent && best?.silent)) continue;
    if (!best || comparePairs(pair, best) > 0) best = pair;
  }
  return best;
}

/** When to nominate a pair that has been valid since `validAt`. RFC 8445 §8.1.1 leaves it to us. */
export function nominationTime(
  pair: CandidatePair,
  validAt: Millis,
  { betterIsOpen, allTold }: Prospect,
  timing: IceTiming,
): Millis {
  const isDirect = !pair.relayed && pair.path.facts.protocol === 'udp';
  const isShort = isDirect && pair.local.type === 'host' && pair.remote.type === 'host';
  if (!betterIsOpen && (isShort || allTold)) return validAt;
  return validAt + timing.nominationWaitMs * (pair.relayed ? RELAY_WAIT_FACTOR : 1);
}
