/**
 * One server asked from one place: its addresses one after the other until one answers, each for a while; then what it gave is
 * kept. RFC 8445 §5.1.1.2.
 */
import { type Millis, NEVER, type SocketAddress, TimerTable } from '../../base/index.ts';
import type { PathId } from '../gatherer-port.ts';
import { type Attempt, type AttemptEvents, type AttemptFailure, NOT_REACHED } from './attempt.ts';
import { ATTEMPT_MS, ATTEMPT_WITH_ALTERNATIVE_MS, STRAGGLER_MS } from './limits.ts';

export interface InquiryEvents {
  /** The server has given something. */
  onReached(now: Millis): void;
  /** It is over: nothing came of it, or what came is lost. */
  onFailed(now: Millis, failure: AttemptFailure): void;
}

export type StartAttempt = (now: Millis, server: SocketAddress, events: AttemptEvents) => Attempt;

type State = 'waiting' | 'asking' | 'held' | 'failed' | 'closed';

export class Inquiry {
  readonly #addresses: SocketAddress[];
  readonly #start: StartAttempt;
  readonly #events: InquiryEvents;
  readonly #timers = new TimerTable<'give-up'>();
  #attempt: Attempt | undefined;
  #state: State = 'waiting';
  /** Fails here are of an attempt that is over. */
  #generation = 0;

  /** `addresses`: at least one, best first. Does nothing before `begin`. */
  constructor(addresses: readonly SocketAddress[], start: StartAttempt, events: InquiryEvents) {
    this.#addresses = [...addresses];
    this.#start = start;
    this.#events = events;
  }

  /** Neither answered nor given up. */
  get pending(): boolean {
    return this.#state === 'waiting' || this.#state === 'asking';
  }

  get held(): boolean {
    return this.#state === 'held';
  }

  /** Whether the path is one that came of it. */
  carries(path: PathId): boolean {
    return this.#attempt?.carries(path) ?? false;
  }

  begin(now: Millis): void {
    if (this.#state === 'waiting') this.#next(now);
  }

  /** Somebody else has reached the server: it answers soon, or there is no way from here. */
  hurry(now: Millis): void {
    if (!this.pending) return;
    this.#addresses.splice(this.#state === 'waiting' ? 1 : 0);
    if (this.#state === 'waiting') return;
    this.#timers.set('give-up', Math.min(now + STRAGGLER_MS, this.#timers.next()));
  }

  handleTimeout(now: Millis): void {
    this.#attempt?.handleTimeout(now);
    if (!this.#timers.takeDue(now)) return;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#generation += 1;
    attempt?.close(now);
    const errorText =
      'The server did not answer in time. Check its address and port, and what is in the way.';
    this.#fail(now, { errorCode: NOT_REACHED, errorText });
  }

  nextTimeout(): Millis {
    return Math.min(this.#attempt?.nextTimeout() ?? NEVER, this.#timers.next());
  }

  /** What the server gave is given back. The attempt, which may have something left to say. */
  close(now: Millis): Attempt | undefined {
    if (this.#state === 'closed') return undefined;
    this.#state = 'closed';
    this.#timers.clearAll();
    this.#generation += 1;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.close(now);
    return attempt;
  }

  #next(now: Millis): void {
    const server = this.#addresses.shift();
    if (!server) return;
    this.#state = 'asking';
    this.#generation += 1;
    const generation = this.#generation;
    const within = this.#addresses.length > 0 ? ATTEMPT_WITH_ALTERNATIVE_MS : ATTEMPT_MS;
    this.#timers.set('give-up', now + within);
    this.#attempt = this.#start(now, server, {
      onSucceeded: (at) => {
        if (generation === this.#generation) this.#hold(at);
      },
      onFailed: (at, failure) => {
        if (generation === this.#generation) this.#handleFailed(at, failure);
      },
    });
  }

  #hold(now: Millis): void {
    this.#timers.clearAll();
    this.#state = 'held';
    this.#events.onReached(now);
  }

  #handleFailed(now: Millis, failure: AttemptFailure): void {
    this.#attempt = undefined;
    this.#generation += 1;
    this.#timers.clearAll();
    this.#fail(now, failure);
  }

  #fail(now: Millis, failure: AttemptFailure): void {
    // Who refuses under one address refuses under all: they are one server.
    const another =
      this.#state === 'asking' && failure.errorCode === NOT_REACHED && this.#addresses.length > 0;
    if (another) {
      this.#next(now);
      return;
    }
    this.#state = 'failed';
    this.#events.onFailed(now, failure);
  }
}
