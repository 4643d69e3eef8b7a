/**
 * Drives one session: takes what comes, drains once behind it, arms one timer. What the session says goes to `onEvent`, what
 * it wants of the network to `IceSockets`. ARCHITECTURE.md, law 1.
 */
import { type Millis, NEVER } from '../../base/index.ts';
import type { PeerEvent, PeerSessionPort } from '../../peer/index.ts';
import type { WebRtcShell } from '../shell.ts';
import { IceSockets, type SharedPlace } from './ice-sockets.ts';

/** Runtimes fire a timer at once when it is given more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A machine that fails at its own deadline would fail again at once: give the rest of the process room. */
const WAIT_AFTER_FAILURE_MS = 1_000;

/** Beyond what timers are late by on an idle machine. */
const LATE_MS = 20;

/** One bad item is skipped; a queue that throws again and again would never run dry. */
const MAX_FAILURES_PER_DRAIN = 16;

export class SessionDriver {
  readonly #shell: WebRtcShell;
  readonly #session: PeerSessionPort;
  readonly #onEvent: (event: PeerEvent) => void;
  readonly #sockets: IceSockets;
  #timer: { cancel(): void } | undefined;
  /** When the armed timer fires. It may be earlier than needed: moving a timer for every packet costs more than one idle wake-up. */
  #armedFor: Millis = NEVER;
  #quietUntil: Millis = 0;
  /** A deadline has passed, and is told to the session once the sockets have been read. */
  #catchesUp = false;
  #draining = false;
  #drainsSoon = false;
  #closed = false;

  /** `onEvent` gets no `request`, and calls back into nothing of this. */
  constructor(
    shell: WebRtcShell,
    session: PeerSessionPort,
    onEvent: (event: PeerEvent) => void,
    shared?: SharedPlace,
  ) {
    this.#shell = shell;
    this.#session = session;
    this.#onEvent = onEvent;
    const access = { take: (step: (now: Millis) => void) => this.#take(step), drain: () => this.#drain() };
    this.#sockets = new IceSockets(shell, session, access, shared);
  }

  /** A verb of the session, and at once what comes of it. What the verb throws comes out. */
  run<T>(verb: (now: Millis) => T): T {
    try {
      return verb(this.#shell.now());
    } finally {
      this.#drain();
    }
  }

  /** A verb of which many may come in one turn: they are sent together behind it. */
  runSoon<T>(verb: (now: Millis) => T): T {
    const result = verb(this.#shell.now());
    if (!this.#drainsSoon) {
      this.#drainsSoon = true;
      queueMicrotask(() => {
        this.#drainsSoon = false;
        this.#drain();
      });
    }
    return result;
  }

  /** Lets go of every socket and of the timer. Close the session before. */
  close(): void {
    if (this.#closed) return;
    this.#drain();
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sockets.close();
  }

  #take(step: (now: Millis) => void): void {
    if (!this.#closed) this.#attempt(() => step(this.#shell.now()));
  }

  #drain(): void {
    if (this.#closed || this.#draining) return;
    this.#draining = true;
    let failures = 0;
    for (let more: boolean | undefined = true; more !== false && failures < MAX_FAILURES_PER_DRAIN; ) {
      more = this.#attempt(() => this.#drainUntilEmpty());
      if (more === undefined) failures += 1;
    }
    this.#draining = false;
    this.#arm();
  }

  /** False once both queues are empty. */
  #drainUntilEmpty(): false {
    for (;;) {
      const out = this.#session.pollTransmit();
      if (out !== undefined) {
        this.#sockets.transmit(out);
        continue;
      }
      const event = this.#session.pollEvent();
      if (event === undefined) return false;
      if (event.type === 'request') {
        this.#sockets.execute(event.request);
        continue;
      }
      if (event.type === 'ice-candidate' && event.candidate)
        this.#sockets.expect(event.candidate.usernameFragment);
      this.#onEvent(event);
    }
  }

  #arm(): void {
    if (this.#closed || this.#catchesUp) return;
    const next = Math.max(this.#session.nextTimeout(), this.#quietUntil);
    if (next === NEVER) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined && this.#armedFor <= next) return;
    this.#timer?.cancel();
    this.#armedFor = next;
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(next - this.#shell.now())));
    this.#timer = this.#shell.setTimer(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#shell.now() - this.#armedFor < LATE_MS) {
      this.#elapse();
      return;
    }
    // The process was away. What has come meanwhile is read first, or answers that are here would count as lost.
    this.#catchesUp = true;
    this.#shell.queueTask(() => {
      this.#catchesUp = false;
      this.#elapse();
    });
  }

  #elapse(): void {
    this.#take((now) => this.#session.handleTimeout(now));
    this.#drain();
  }

  /** The result of `work`, or `undefined` after logging what it threw: a broken invariant, never the network's doing. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#quietUntil = this.#shell.now() + WAIT_AFTER_FAILURE_MS;
      this.#shell.env.log.error('A WebRTC session failed inside', { error });
      return undefined;
    }
  }
}
