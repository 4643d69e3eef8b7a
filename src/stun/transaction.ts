/** One STUN request of a client: sends, repeats, gives up. Does not read messages. RFC 8489 §6.2.1, §6.2.2. */
import {
  type Machine,
  type Millis,
  NEVER,
  Queue,
  type SocketAddress,
  TimerTable,
  type Transmit,
} from '../base/index.ts';

export type TransactionEvent =
  /** `retransmitted` tells whether the time may serve as a round-trip time (Karn's algorithm). */
  | { readonly type: 'answered'; readonly afterMs: Millis; readonly retransmitted: boolean }
  | { readonly type: 'timed-out' };

export interface TransactionOptions {
  /** TCP and TLS repeat for themselves. */
  readonly reliable: boolean;
  /** RFC 8489 §6.2.1: the first wait, doubled after each request. */
  readonly rtoMs?: Millis;
  /** Rc: how many requests in all. */
  readonly maxRequests?: number;
  /** Rm: after the last request, wait this many times the first RTO. */
  readonly lastWaitFactor?: number;
  /** Ti: how long to wait over a reliable transport. */
  readonly reliableTimeoutMs?: Millis;
}

const DEFAULTS = { rtoMs: 500, maxRequests: 7, lastWaitFactor: 16, reliableTimeoutMs: 39_500 } as const;

export class Transaction implements Machine<TransactionEvent> {
  readonly #to: SocketAddress;
  readonly #request: Uint8Array;
  readonly #options: Required<TransactionOptions>;
  readonly #timers = new TimerTable<'resend' | 'give-up'>();
  readonly #transmits = new Queue<Transmit>();
  readonly #events = new Queue<TransactionEvent>();
  readonly #startedAt: Millis;
  #sent = 0;
  #waitMs: Millis;
  #now: Millis;

  /** Takes over `request` (a whole message) and sends it at once. */
  constructor(now: Millis, request: Uint8Array, to: SocketAddress, options: TransactionOptions) {
    this.#to = to;
    this.#request = request;
    this.#options = { ...DEFAULTS, ...options };
    this.#waitMs = this.#options.rtoMs;
    this.#startedAt = now;
    this.#now = now;
    this.#send();
  }

  /** Whether it still waits for an answer. */
  get pending(): boolean {
    return this.#timers.next() !== NEVER;
  }

  /** The owner has matched an answer to this request. */
  handleAnswer(now: Millis): void {
    this.#advance(now);
    if (!this.pending) return;
    this.#timers.clearAll();
    this.#transmits.clear();
    const afterMs = this.#now - this.#startedAt;
    this.#events.push({ type: 'answered', afterMs, retransmitted: this.#sent > 1 });
  }

  /** Forgets the request without an event. */
  abort(): void {
    this.#timers.clearAll();
    this.#transmits.clear();
    this.#events.clear();
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
    for (let due = this.#timers.takeDue(this.#now); due; due = this.#timers.takeDue(this.#now)) {
      if (due === 'resend') this.#send();
      else this.#events.push({ type: 'timed-out' });
    }
  }

  nextTimeout(): Millis {
    return this.#timers.next();
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): TransactionEvent | undefined {
    return this.#events.take();
  }

  #advance(now: Millis): void {
    this.#now = Math.max(this.#now, now);
  }

  #send(): void {
    this.#transmits.push({ to: this.#to, bytes: this.#request.slice() });
    this.#sent += 1;
    const { reliable, maxRequests, rtoMs, lastWaitFactor, reliableTimeoutMs } = this.#options;
    if (reliable) {
      this.#timers.set('give-up', this.#now + reliableTimeoutMs); // RFC 8489 §6.2.2: Ti, no repetition.
    } else if (this.#sent < maxRequests) {
      this.#timers.set('resend', this.#now + this.#waitMs);
      this.#waitMs *= 2;
    } else {
      this.#timers.set('give-up', this.#now + lastWaitFactor * rtoMs);
    }
  }
}
