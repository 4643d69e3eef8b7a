/** What a client may do after a refusal, and when. Does none of it. RFC 8656 §7.4, RFC 6062 §4.3. */
import type { Millis } from '../base/index.ts';
import type { TurnFailure } from './client-events.ts';

export type RetryAdvice =
  /** Not before somebody has put something right. */
  | { readonly kind: 'never' }
  /** The same to the same server, but not earlier. */
  | { readonly kind: 'wait'; readonly ms: Millis }
  /** At once, from another local address; after so many of them wait. */
  | { readonly kind: 'another-address'; readonly attempts: number; readonly thenWaitMs: Millis }
  /** At once, without what was refused: its attribute types. */
  | { readonly kind: 'without'; readonly attributes: readonly number[] }
  /** At once over another transport, or to another server. */
  | { readonly kind: 'another-way' };

/** RFC 8656 §7.4: "at least 1 minute". */
const AFTER_FULL_MS = 60_000;
/** RFC 8656 §7.4: "three different client transport addresses", then "not for 2 minutes". */
const MISMATCH_ATTEMPTS = 3;
const AFTER_MISMATCH_MS = 120_000;
/** RFC 6062 §4.3: "MUST wait at least 10 seconds". */
const AFTER_UNREACHABLE_MS = 10_000;

export function retryAdvice({ code, status, unknown = [] }: TurnFailure): RetryAdvice {
  switch (code) {
    case 'TURN_ALLOCATION_MISMATCH':
      return { kind: 'another-address', attempts: MISMATCH_ATTEMPTS, thenWaitMs: AFTER_MISMATCH_MS };
    case 'TURN_QUOTA_REACHED':
    case 'TURN_NO_CAPACITY':
      return { kind: 'wait', ms: AFTER_FULL_MS };
    case 'TURN_PEER_UNREACHABLE':
      return { kind: 'wait', ms: AFTER_UNREACHABLE_MS };
    case 'STUN_TIMED_OUT':
    case 'STUN_STREAM_INVALID':
    case 'TURN_CONNECTION_CLOSED':
      return { kind: 'another-way' };
    default:
      return status === 420 && unknown.length > 0
        ? { kind: 'without', attributes: unknown }
        : { kind: 'never' };
  }
}
