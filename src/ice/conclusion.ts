/**
 * What becomes of valid pairs: one carries the data, is nominated, and is asked for consent; some are kept in reserve for the
 * day it falls silent. RFC 8445 §8, §11, §12, RFC 7675.
 */
import { type Millis, NEVER, TimerTable } from '../base/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { CheckSender } from './check-sender.ts';
import type { Checklist } from './checklist.ts';
import { Consent } from './consent.ts';
import type { IceContext } from './context.ts';
import type { RemoteCredentials } from './credentials.ts';
import { bestPair, nominationTime } from './selection.ts';

/** Valid pairs beside the selected one that are kept alive: enough for another interface and a relay. */
const MAX_RESERVES = 4;

export class Conclusion {
  readonly #context: IceContext;
  readonly #list: Checklist;
  readonly #sender: CheckSender;
  readonly #deadlines = new TimerTable<'nominate' | 'reserve'>();
  #selected: CandidatePair | undefined;
  #consent: Consent | undefined;
  #firstValidAt: Millis = NEVER;
  #doubtedAt: Millis = 0;
  /** An old generation: it keeps what it has, and looks for nothing. */
  #retired = false;

  constructor(context: IceContext, list: Checklist, sender: CheckSender) {
    this.#context = context;
    this.#list = list;
    this.#sender = sender;
  }

  /** Carries the data. */
  get selected(): CandidatePair | undefined {
    return this.#selected;
  }

  /** There was a way, be it lost. */
  get wasConnected(): boolean {
    return this.#firstValidAt !== NEVER;
  }

  /** An authentic answer came by this pair; of a lite agent: a request. RFC 8445 §7.2.5.3.2, §7.3.2. */
  handleAnswer(now: Millis, pair: CandidatePair): void {
    this.#firstValidAt = Math.min(this.#firstValidAt, now);
    pair.valid = true;
    pair.heard = true;
    pair.state = 'succeeded';
    pair.silent = false;
    pair.lastAnswerAt = now;
    if (this.#consent?.pair === pair) this.#consent.handleAnswer(now);
    // What was woken in doubt may rest again.
    if (this.#selected === pair && pair.nominated) this.#list.resting = true;
  }

  /** RFC 8445 §7.2.5.3.4, §7.3.1.5, §8.1.2. */
  setNominated(pair: CandidatePair): void {
    if (pair.nominated) return;
    pair.nominated = true;
    this.#list.resting = true;
    for (const other of this.#list.pairs) {
      if (other.state !== 'in-progress') continue;
      this.#sender.pending.cancel(other);
      other.state = 'frozen';
    }
  }

  /** The other side looks for another way although there is one: maybe it has moved, and this one leads nowhere. */
  suspect(now: Millis): void {
    this.#consent?.suspect(now);
  }

  /** Consent has ended, or was taken back: these credentials are not used there again. RFC 7675 §5.1, §5.2. */
  expire(pair: CandidatePair): void {
    pair.fail();
    pair.dead = true;
    this.#sender.pending.forget(pair);
    if (this.#consent?.pair === pair) this.#consent = undefined;
    this.#list.wake();
  }

  /** Decides what carries the data, and whether to say so. `allTold`: neither side will have more candidates. */
  settle(now: Millis, remote: RemoteCredentials | undefined, allTold: boolean): void {
    const isBlind = this.#context.lite && remote?.lite === true;
    if (isBlind) this.#trustAll(now);
    this.#select(now, isBlind);
    this.#nominate(now, allTold);
  }

  handleTimeout(now: Millis, remote: RemoteCredentials | undefined, rtoMs: Millis): void {
    for (let due = this.#deadlines.takeDue(now); due; due = this.#deadlines.takeDue(now)) {
      if (due === 'reserve') this.#askReserves(now);
    }
    for (let step = this.#consent?.takeDue(now); step; step = this.#consent?.takeDue(now)) {
      const pair = this.#consent?.pair;
      if (!pair || !remote) return;
      if (step === 'ask') this.#sender.send(now, pair, remote, 'consent', rtoMs);
      else if (step === 'doubt') this.#doubt(now, pair);
      else if (step === 'silent') this.#fallSilent(pair);
      else this.expire(pair);
    }
  }

  nextTimeout(): Millis {
    return Math.min(this.#deadlines.next(), this.#consent?.next() ?? NEVER);
  }

  retire(): void {
    this.#retired = true;
    this.#deadlines.clearAll();
  }

  /** Not old after all. */
  resume(now: Millis): void {
    this.#retired = false;
    if (this.#selected && !this.#context.lite)
      this.#deadlines.set('reserve', now + this.#context.timing.reserveMs);
  }

  /** Nothing carries data any more. */
  close(): void {
    this.retire();
    this.#selected = undefined;
    this.#consent = undefined;
  }

  #select(now: Millis, isBlind: boolean): void {
    const best = bestPair(this.#list.pairs, this.#selected);
    if (best === this.#selected) return;
    this.#selected = best;
    this.#consent = undefined;
    if (!best) {
      this.#list.wake();
      return;
    }
    const { env, timing, lite, gatherer } = this.#context;
    if (!isBlind) this.#consent = new Consent(now, best, timing, env.random, lite);
    gatherer.select(now, best.path.facts.path, best.remote.address);
    if (!lite && !this.#retired && !this.#deadlines.has('reserve')) {
      this.#deadlines.set('reserve', now + timing.reserveMs);
    }
  }

  /** RFC 8445 §8.1.1. */
  #nominate(now: Millis, allTold: boolean): void {
    this.#deadlines.clear('nominate');
    const pair = this.#selected;
    const { role, timing, lite } = this.#context;
    if (!pair || pair.nominated || pair.wanted) return;
    if (lite || this.#retired || role.role !== 'controlling') return;
    const prospect = { betterIsOpen: this.#list.hasOpenBetterThan(pair), allTold };
    // The nominated one is silent, and this one answers: there is nothing to wait for.
    const isReplacement = this.#list.pairs.some(({ nominated }) => nominated);
    const at = isReplacement ? now : nominationTime(pair, this.#firstValidAt, prospect, timing);
    if (at > now) this.#deadlines.set('nominate', at);
    else {
      pair.wanted = true;
      this.#list.trigger(pair);
      this.#list.resting = true; // RFC 8445 §8.1.1: checks go on until there is a reason to pick.
    }
  }

  /** No answer as usual: ask again, by checks that are repeated, and everywhere else too. */
  #doubt(now: Millis, pair: CandidatePair): void {
    if (this.#retired) return;
    this.#doubtedAt = now;
    this.#list.trigger(pair);
    for (const other of this.#list.pairs) if (other.usable && other !== pair) this.#list.trigger(other);
    this.#list.wake();
  }

  /** Whoever was asked in doubt and has not answered since is no better than the selected one. */
  #fallSilent({ lastAnswerAt = 0 }: CandidatePair): void {
    const since = Math.max(this.#doubtedAt, lastAnswerAt);
    for (const pair of this.#list.pairs) if ((pair.lastAnswerAt ?? 0) <= since) pair.silent = true;
  }

  /** RFC 8445 §6.2: two lite agents check nothing; the pair of the highest priority is the one. */
  #trustAll(now: Millis): void {
    for (const pair of this.#list.pairs) {
      if (pair.valid || pair.dead) continue;
      this.handleAnswer(now, pair);
      pair.nominated = true;
    }
    this.#list.resting = true;
  }

  #askReserves(now: Millis): void {
    const reserves = this.#list.pairs.filter((pair) => pair.usable && pair !== this.#selected);
    for (const pair of reserves.slice(0, MAX_RESERVES)) this.#list.trigger(pair);
    this.#deadlines.set('reserve', now + this.#context.timing.reserveMs);
  }
}
