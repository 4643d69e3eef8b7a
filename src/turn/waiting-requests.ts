/**
 * Requests that cannot be judged before somebody outside has said whose they are. Bounded in names, in requests of each
 * name, and in time. Judges nothing.
 */
import { type Millis, NEVER, sameBytes } from '../base/index.ts';
import type { Leg, LegId } from './leg.ts';

export interface WaitingRequest {
  readonly leg: Leg;
  /** The whole message, owned. */
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly giveUpAt: Millis;
  requests: WaitingRequest[];
}

/** What a user of several tabs starts within one look-up; repetitions are not kept twice. */
const MAX_REQUESTS_PER_NAME = 16;

export class WaitingRequests {
  readonly #maxNames: number;
  readonly #waitMs: Millis;
  /** In order of their deadlines, since all wait equally long. */
  readonly #names = new Map<string, Waiting>();

  constructor(maxNames: number, waitMs: Millis) {
    this.#maxNames = maxNames;
    this.#waitMs = waitMs;
  }

  /** Copies `bytes`. `first`: somebody has to ask; `joined`: they are asking already; `full`: the request was not kept. */
  add(now: Millis, name: string, leg: Leg, bytes: Uint8Array): 'first' | 'joined' | 'full' {
    const waiting = this.#names.get(name);
    if (!waiting) {
      if (this.#names.size >= this.#maxNames) return 'full';
      this.#names.set(name, { giveUpAt: now + this.#waitMs, requests: [{ leg, bytes: bytes.slice() }] });
      return 'first';
    }
    const { requests } = waiting;
    if (requests.some((other) => other.leg.id === leg.id && sameBytes(other.bytes, bytes))) return 'joined';
    if (requests.length >= MAX_REQUESTS_PER_NAME) return 'full';
    requests.push({ leg, bytes: bytes.slice() });
    return 'joined';
  }

  /** Whether somebody is asking for this name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Those who have waited for this name; they wait no longer. */
  take(name: string): readonly WaitingRequest[] {
    const requests = this.#names.get(name)?.requests ?? [];
    this.#names.delete(name);
    return requests;
  }

  /** Those who have waited too long. */
  takeOverdue(now: Millis): readonly WaitingRequest[] {
    const overdue: WaitingRequest[] = [];
    for (const [name, { giveUpAt }] of this.#names) {
      if (giveUpAt > now) break;
      overdue.push(...this.take(name));
    }
    return overdue;
  }

  get earliestDeadline(): Millis {
    for (const { giveUpAt } of this.#names.values()) return giveUpAt;
    return NEVER;
  }

  /** The stream has ended. The question that was asked stays asked: its answer is worth remembering. */
  forgetLeg(leg: LegId): void {
    for (const waiting of this.#names.values()) {
      waiting.requests = waiting.requests.filter((request) => request.leg.id !== leg);
    }
  }

  clear(): void {
    this.#names.clear();
  }
}
