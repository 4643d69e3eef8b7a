/**
 * Whether the other side still wants what is sent over the selected pair: when to ask, when to doubt, when to stop. Sends
 * nothing itself. RFC 7675 §5.1.
 */
import { type Millis, type Random, TimerTable } from '../base/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { IceTiming } from './options.ts';

export type ConsentStep =
  /** A consent request is due. */
  | 'ask'
  /** It was not answered in the usual time: ask by checks, which are repeated, and see what other pairs there are. */
  | 'doubt'
  /** Nor were those: for now there is no connection. */
  | 'silent'
  /** Nothing may be sent any more. */
  | 'expire';

/** RFC 7675 §5.1: 0.8 … 1.2 times the basic period. */
const LEAST_SHARE = 0.8;
const SHARE_RANGE = 0.4;
/** A lite agent does not ask; it hears the other side's requests, 4 … 6 s apart. Two of them missing is silence. */
const PASSIVE_PERIODS = 2.6;

export class Consent {
  readonly pair: CandidatePair;
  readonly #timing: IceTiming;
  readonly #random: Random;
  readonly #passive: boolean;
  readonly #deadlines = new TimerTable<ConsentStep>();

  /** `passive`: what is heard from the other side counts as its consent; nothing is asked. */
  constructor(now: Millis, pair: CandidatePair, timing: IceTiming, random: Random, passive: boolean) {
    this.pair = pair;
    this.#timing = timing;
    this.#random = random;
    this.#passive = passive;
    this.handleAnswer(pair.lastAnswerAt ?? now);
    if (!passive) this.#askLater(now);
  }

  /** An answer, to whatever check, has come from there at `answeredAt`. */
  handleAnswer(answeredAt: Millis): void {
    this.#deadlines.clear('doubt');
    this.#deadlines.clear('silent');
    this.#deadlines.set('expire', answeredAt + this.#timing.consentLifeMs);
    if (this.#passive) this.#deadlines.set('silent', answeredAt + PASSIVE_PERIODS * this.#timing.consentMs);
  }

  /** Something speaks against this pair: ask at once, and wait no longer than it takes to repeat that a few times. */
  suspect(now: Millis): void {
    if (this.#passive || this.#deadlines.has('doubt') || this.#deadlines.has('silent')) return;
    const usualMs = 2 * (this.pair.counts.currentRoundTripMs ?? 0);
    this.#deadlines.set('doubt', now);
    this.#deadlines.set('silent', now + Math.max(this.#timing.suspicionMs, 2 * usualMs));
  }

  next(): Millis {
    return this.#deadlines.next();
  }

  takeDue(now: Millis): ConsentStep | undefined {
    const due = this.#deadlines.takeDue(now);
    if (due === 'expire') this.#deadlines.clearAll();
    if (due === 'ask') {
      this.#askLater(now);
      const isWaiting = this.#deadlines.has('doubt') || this.#deadlines.has('silent');
      if (!isWaiting) {
        const { doubtMs, silentMs } = this.#timing;
        const usualMs = 2 * (this.pair.counts.currentRoundTripMs ?? 0);
        this.#deadlines.set('doubt', now + Math.max(doubtMs, usualMs));
        this.#deadlines.set('silent', now + Math.max(silentMs, 2 * usualMs));
      }
    }
    return due;
  }

  #askLater(now: Millis): void {
    const share = LEAST_SHARE + SHARE_RANGE * (this.#random.uint32() / 2 ** 32);
    this.#deadlines.set('ask', now + this.#timing.consentMs * share);
  }
}
