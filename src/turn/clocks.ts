/** The two times of one moment. */
import type { Millis } from '../base/index.ts';

export interface Clocks {
  /** Monotonic: for what lasts. */
  readonly now: Millis;
  /** Since 1970: for what must mean something to others. */
  readonly wallNow: Millis;
}
