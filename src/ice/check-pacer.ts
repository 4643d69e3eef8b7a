/** When the next check may go and which one it is, and how long its answer may take. Sends nothing. RFC 8445 §6.1.4.2, §14. */
import { type Millis, NEVER } from '../base/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { Checklist } from './checklist.ts';
import type { IceTiming } from './options.ts';

export class CheckPacer {
  readonly #list: Checklist;
  readonly #timing: IceTiming;
  #nextAt: Millis = 0;
  #firstAt: Millis = 0;
  #sent = 0;

  constructor(list: Checklist, timing: IceTiming) {
    this.#list = list;
    this.#timing = timing;
  }

  /** The pair to be checked now; `undefined`: none, or not yet. At the first opportunity at once, then each Ta. */
  take(now: Millis): CandidatePair | undefined {
    if (this.#nextAt > now) return undefined;
    const pair = this.#list.takeNext(this.#mayCheckStreams(now));
    if (!pair) return undefined;
    const { fastChecks, fastPacingMs, pacingMs } = this.#timing;
    if (this.#sent === 0) this.#firstAt = now;
    this.#nextAt = now + (this.#sent < fastChecks ? fastPacingMs : pacingMs);
    this.#sent += 1;
    return pair;
  }

  /** When to ask `take` again although nothing else has happened. */
  next(now: Millis): Millis {
    const { work, needsStreams } = this.#list;
    // What could not be taken although there is time waits for an answer, not for a deadline.
    if (work === 'none' || (work === 'streams' && needsStreams === 'no')) return NEVER;
    if (work === 'streams' && !this.#mayCheckStreams(now)) return this.#streamsAt;
    return this.#nextAt > now ? this.#nextAt : NEVER;
  }

  /** RFC 8445 §14.3: MAX(least, Ta × (Num-Waiting + Num-In-Progress)). */
  get rtoMs(): Millis {
    const { minRtoMs, pacingMs } = this.#timing;
    return Math.max(minRtoMs, pacingMs * (this.#list.count('waiting') + this.#list.count('in-progress')));
  }

  /** Datagrams have a start. RFC 6544 §6.2. */
  #mayCheckStreams(now: Millis): boolean {
    const { needsStreams } = this.#list;
    return needsStreams === 'yes' || (needsStreams === 'maybe' && now >= this.#streamsAt);
  }

  get #streamsAt(): Millis {
    return this.#firstAt + this.#timing.streamDelayMs;
  }
}
