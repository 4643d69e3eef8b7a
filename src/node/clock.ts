/** The monotonic clock: milliseconds (fractions included) since the process began. Never goes backwards. */
import type { Millis } from '../base/index.ts';

export function monotonicNow(): Millis {
  return performance.now();
}
