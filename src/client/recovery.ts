/**
 * When to restart ICE, when to make a new connection, and what to call the state of a link meanwhile. Does neither
 * itself. RFC 8445 §2.4 (restarts), W3C webrtc §4.3.3 (RTCPeerConnectionState).
 */
import { Backoff } from './backoff.ts';
import type { Clock, TimerHandle } from './dependencies.ts';
import type { PeerLink as LinkStatus } from './state.ts';

export interface RecoveryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The polite side lets the other begin, so that offers collide less often. */
  readonly polite: boolean;
  readonly restart: () => void;
  /** A new RTCPeerConnection, with the first offer from this side. */
  readonly rebuild: () => void;
  readonly onStatus: (status: LinkStatus) => void;
}

/** `disconnected` often heals by itself within seconds (W3C webrtc §4.3.3); a person notices after about as long. */
const DISCONNECTED_GRACE_MS = 2500;
/** How long the polite side waits for the other's offer before it makes its own. */
const POLITE_DELAY_MS = 800;
/** From the first offer to `connected`: gathering through a relay over TLS and a slow network fit in. */
const FIRST_CONNECT_MS = 12_000;
/** How long one attempt may take before the next. */
const ATTEMPT_MS = 5000;
const RETRY = { firstMs: 1000, maxMs: 20_000 };
/** Two restarts, then a new connection; new credentials and new sockets may do what a restart cannot. */
const RESTARTS_BEFORE_REBUILD = 2;
/** After so many attempts (about 40 s) a person is told that it does not work. Attempts go on. */
const ATTEMPTS_BEFORE_FAILED = 5;

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #backoff: Backoff;
  #status: LinkStatus = 'connecting';
  #timer: TimerHandle | undefined;
  #deadlineMs = 0;
  #reachable = false;
  #connected = false;
  /** An attempt is due, and waits until the other side can be reached by signaling. */
  #due = false;
  #closed = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#backoff = new Backoff(RETRY, options.random);
  }

  get status(): LinkStatus {
    return this.#status;
  }

  /** A connection is being made for the first time, or anew. */
  begin(): void {
    if (this.#status === 'connected') this.#setStatus('reconnecting');
    this.#arm(FIRST_CONNECT_MS + this.#patienceMs());
  }

  /** Whether both sides can hear each other by signaling just now. */
  setReachable(reachable: boolean): void {
    const returned = reachable && !this.#reachable;
    this.#reachable = reachable;
    if (returned && this.#due) this.#attempt();
  }

  handleConnectionState(state: RTCPeerConnectionState, iceState: RTCIceConnectionState): void {
    if (this.#closed) return;
    this.#connected = state === 'connected';
    if (state === 'connected') {
      this.#disarm();
      this.#backoff.reset();
      this.#setStatus('connected');
    } else if (state === 'disconnected') {
      if (this.#status === 'connected') this.#setStatus('reconnecting');
      this.#armBy(DISCONNECTED_GRACE_MS + this.#patienceMs());
    } else if (state === 'failed') {
      if (this.#status === 'connected') this.#setStatus('reconnecting');
      // ICE works and DTLS does not: new candidates cannot help. RFC 8842 §5.
      if (iceState === 'connected' || iceState === 'completed') this.#arm(this.#patienceMs(), true);
      else if (this.#backoff.attempts === 0) this.#arm(this.#patienceMs());
    }
  }

  /** The other side is at it: its offer is given the time of an attempt. */
  handleRemoteOffer(): void {
    if (this.#timer !== undefined || this.#due) this.#armRetry(ATTEMPT_MS + this.#patienceMs());
  }

  /** Restarts without waiting for signs of trouble, once the other side can be reached. */
  restartNow(delayMs = 0): void {
    if (this.#closed) return;
    this.#backoff.reset();
    this.#arm(delayMs);
  }

  /** What this side can do has been done; attempts go on at their pace. */
  fail(): void {
    this.#setStatus('failed');
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #patienceMs(): number {
    return this.#options.polite ? POLITE_DELAY_MS : 0;
  }

  #attempt(rebuild = false): void {
    this.#disarm();
    if (this.#closed) return;
    if (!this.#reachable) {
      this.#due = true;
      return;
    }
    const retryMs = this.#backoff.next();
    const { attempts } = this.#backoff;
    if (attempts > ATTEMPTS_BEFORE_FAILED) this.#setStatus('failed');
    this.#armRetry(ATTEMPT_MS + retryMs + this.#patienceMs());
    // After the restarts every other attempt is a new connection.
    const stubborn = attempts > RESTARTS_BEFORE_REBUILD && (attempts - RESTARTS_BEFORE_REBUILD) % 2 === 1;
    if (rebuild || stubborn) this.#options.rebuild();
    else this.#options.restart();
  }

  /** Like `#arm`, unless something is to happen sooner. */
  #armBy(delayMs: number): void {
    const isSooner = this.#timer !== undefined && this.#deadlineMs <= this.#options.clock.now() + delayMs;
    if (!isSooner && !this.#due) this.#arm(delayMs);
  }

  #arm(delayMs: number, rebuild = false): void {
    this.#disarm();
    if (this.#closed) return;
    this.#deadlineMs = this.#options.clock.now() + delayMs;
    this.#timer = this.#options.clock.setTimeout(() => this.#attempt(rebuild), delayMs);
  }

  /** After a restart that nothing had forced, the connection may never have left `connected`: then it is done. */
  #armRetry(delayMs: number): void {
    this.#disarm();
    this.#deadlineMs = this.#options.clock.now() + delayMs;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#connected) this.#backoff.reset();
      else this.#attempt();
    }, delayMs);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
  }

  #setStatus(status: LinkStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#options.onStatus(status);
  }
}
