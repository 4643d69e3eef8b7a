/**
 * Checks on the way: repeats them, gives them up, finds the one that an answer belongs to. Reads no messages.
 * RFC 8445 §14.3, RFC 8489 §6.2.
 */
import { type Millis, NEVER } from '../base/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { IceRole } from './events.ts';

/** RFC 7675 §5.1: a consent request is sent once; `consent` says that it is one. */
export type CheckKind = 'check' | 'consent';

export interface PendingCheck {
  /** Of its transaction id. */
  readonly key: string;
  readonly pair: CandidatePair;
  readonly kind: CheckKind;
  readonly role: IceRole;
  readonly useCandidate: boolean;
  readonly bytes: Uint8Array;
  readonly sentAt: Millis;
  readonly giveUpAt: Millis;
  sent: number;
  waitMs: Millis;
  resendAt: Millis;
  /** RFC 8445 §7.3.1.4: not repeated, and its failure means nothing; its answer still counts. */
  cancelled: boolean;
}

/** RFC 8489 §6.2.1: Rm. */
const LAST_WAIT_FACTOR = 16;
/** RFC 8489 §6.2.2: Ti, over a stream. */
const RELIABLE_WAIT_MS = 39_500;
/**
 * What waits for an answer at one time. 100 pairs at 5 ms would not reach it; a peer that triggers checks without end
 * only makes us forget the oldest.
 */
const MAX_PENDING = 256;

export interface CheckPlan {
  readonly kind: CheckKind;
  readonly role: IceRole;
  readonly useCandidate: boolean;
  readonly rtoMs: Millis;
  readonly maxRequests: number;
  readonly reliable: boolean;
}

export class PendingChecks {
  /** In the order of sending. */
  readonly #checks = new Map<string, PendingCheck>();

  get size(): number {
    return this.#checks.size;
  }

  /** `bytes` are kept and repeated; they have been sent. */
  start(
    now: Millis,
    transactionId: Uint8Array,
    pair: CandidatePair,
    bytes: Uint8Array,
    plan: CheckPlan,
  ): void {
    const { kind, role, useCandidate, rtoMs, maxRequests, reliable } = plan;
    const once = reliable || kind === 'consent' || maxRequests <= 1;
    const key = keyOf(transactionId, 0);
    const lifeMs = reliable ? RELIABLE_WAIT_MS : rtoMs * (2 ** (maxRequests - 1) - 1 + LAST_WAIT_FACTOR);
    if (this.#checks.size >= MAX_PENDING) this.#forgetOldest();
    this.#checks.set(key, {
      key,
      pair,
      kind,
      role,
      useCandidate,
      bytes,
      sentAt: now,
      giveUpAt: now + lifeMs,
      sent: 1,
      waitMs: rtoMs,
      resendAt: once ? NEVER : now + rtoMs,
      cancelled: false,
    });
  }

  /** The check that a message with this id (12 bytes from `at`) answers. It stays. */
  find(message: Uint8Array, at: number): PendingCheck | undefined {
    return this.#checks.get(keyOf(message, at));
  }

  /** It is answered. */
  end(check: PendingCheck): void {
    this.#checks.delete(check.key);
  }

  /** RFC 8445 §7.3.1.4, §8.1.2. */
  cancel(pair: CandidatePair): void {
    for (const check of this.#checks.values()) {
      if (check.pair !== pair) continue;
      check.cancelled = true;
      check.resendAt = NEVER;
    }
  }

  cancelAll(): void {
    for (const check of this.#checks.values()) this.cancel(check.pair);
  }

  /** Their answers mean nothing any more. */
  forget(pair: CandidatePair): void {
    for (const check of this.#checks.values()) if (check.pair === pair) this.end(check);
  }

  clear(): void {
    this.#checks.clear();
  }

  /** Whether one of them may still decide about this pair. */
  isOpen(pair: CandidatePair): boolean {
    for (const check of this.#checks.values()) {
      if (check.pair === pair && check.kind === 'check' && !check.cancelled) return true;
    }
    return false;
  }

  next(): Millis {
    if (this.#checks.size === 0) return NEVER; // asked after every packet
    let earliest = NEVER;
    for (const { resendAt, giveUpAt } of this.#checks.values()) {
      earliest = Math.min(earliest, resendAt, giveUpAt);
    }
    return earliest;
  }

  /** The next one that is due: to be sent again (its time is set anew), or to be given up (it is gone). */
  takeDue(now: Millis, maxRequests: number): { check: PendingCheck; expired: boolean } | undefined {
    for (const check of this.#checks.values()) {
      if (check.giveUpAt <= now) {
        this.end(check);
        return { check, expired: true };
      }
      if (check.resendAt > now) continue;
      check.sent += 1;
      check.waitMs *= 2;
      check.resendAt = check.sent < maxRequests ? now + check.waitMs : NEVER;
      return { check, expired: false };
    }
    return undefined;
  }

  #forgetOldest(): void {
    for (const check of this.#checks.values()) {
      this.end(check);
      return;
    }
  }
}

/** 12 bytes as text, two to a character. */
function keyOf(bytes: Uint8Array, at: number): string {
  let key = '';
  for (let i = at; i < at + 12; i += 2)
    key += String.fromCharCode(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  return key;
}
