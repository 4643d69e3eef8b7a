/**
 * Answers to authenticated requests over UDP, kept so that a retransmission gets the same bytes. Bounded in time and
 * number. RFC 8489 §6.3.1.
 */
import { type Millis, NEVER, sameBytes } from '../base/index.ts';
import { StunAttribute, type StunMessage } from '../stun/index.ts';
import type { Leg } from './leg.ts';

/** RFC 8489 §6.3.1: "in the last 40 seconds". */
const REMEMBER_MS = 40_000;

/** Which request it was: where it came from, its transaction id, and its integrity, since an id alone can be guessed. */
export interface RequestTicket {
  readonly key: string;
  readonly seal: Uint8Array;
}

/** Copies what it needs. */
export function ticketOf(leg: Leg, request: StunMessage): RequestTicket {
  return { key: keyOf(leg, request), seal: sealOf(request).slice() };
}

export function isTicketOf(ticket: RequestTicket, leg: Leg, request: StunMessage): boolean {
  return ticket.key === keyOf(leg, request) && sameBytes(ticket.seal, sealOf(request));
}

interface Remembered {
  readonly seal: Uint8Array;
  readonly answer: Uint8Array;
  readonly forgetAt: Millis;
}

export class AnswerMemory {
  readonly #maxAnswers: number;
  /** In order of age, since every answer is kept equally long. */
  readonly #answers = new Map<string, Remembered>();

  constructor(maxAnswers: number) {
    this.#maxAnswers = maxAnswers;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** Copies `answer`. When full the oldest makes room: its retransmission is then processed anew. */
  remember(now: Millis, ticket: RequestTicket, answer: Uint8Array): void {
    this.#answers.delete(ticket.key);
    if (this.#answers.size >= this.#maxAnswers) {
      const oldest = this.#answers.keys().next();
      if (!oldest.done) this.#answers.delete(oldest.value);
    }
    const forgetAt = now + REMEMBER_MS;
    this.#answers.set(ticket.key, { seal: ticket.seal, answer: answer.slice(), forgetAt });
  }

  /** A copy of the answer, if this very request was answered before. */
  recall(now: Millis, leg: Leg, request: StunMessage): Uint8Array | undefined {
    const remembered = this.#answers.get(keyOf(leg, request));
    if (!remembered || remembered.forgetAt <= now || !sameBytes(remembered.seal, sealOf(request))) {
      return undefined;
    }
    return remembered.answer.slice();
  }

  forgetOld(now: Millis): void {
    for (const [key, remembered] of this.#answers) {
      if (remembered.forgetAt > now) return;
      this.#answers.delete(key);
    }
  }

  nextForget(): Millis {
    for (const remembered of this.#answers.values()) return remembered.forgetAt;
    return NEVER;
  }

  clear(): void {
    this.#answers.clear();
  }
}

function keyOf(leg: Leg, request: StunMessage): string {
  return `${leg.id} ${String.fromCharCode(...request.transactionId)}`;
}

function sealOf(request: StunMessage): Uint8Array {
  return (
    request.get(StunAttribute.MESSAGE_INTEGRITY_SHA256) ??
    request.get(StunAttribute.MESSAGE_INTEGRITY) ??
    new Uint8Array(0)
  );
}
