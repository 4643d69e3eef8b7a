/**
 * Answers to authenticated requests over UDP, kept so that a retransmission gets the same bytes. Bounded in time and
 * number. RFC 8489 §6.3.1.
 */
import { AgingMap, type Millis, NEVER, sameBytes } from '../base/index.ts';
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
  readonly #answers = new AgingMap<string, Remembered>();

  constructor(maxAnswers: number) {
    this.#maxAnswers = maxAnswers;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** Copies `answer`. When full the oldest makes room: its retransmission is then processed anew. */
  remember(now: Millis, ticket: RequestTicket, answer: Uint8Array): void {
    const { oldest } = this.#answers;
    if (oldest && this.#answers.size >= this.#maxAnswers) this.#answers.delete(oldest.key);
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
    for (let { oldest } = this.#answers; oldest && oldest.value.forgetAt <= now; { oldest } = this.#answers) {
      this.#answers.delete(oldest.key);
    }
  }

  nextForget(): Millis {
    return this.#answers.oldest?.value.forgetAt ?? NEVER;
  }

  clear(): void {
    this.#answers.clear();
  }
}

/** The 12 bytes of the transaction id as six characters, then the leg. */
function keyOf(leg: Leg, { transactionId: id }: StunMessage): string {
  let key = '';
  for (let i = 0; i < id.length; i += 2) key += String.fromCharCode(((id[i] ?? 0) << 8) | (id[i + 1] ?? 0));
  return `${key}${leg.id}`;
}

function sealOf(request: StunMessage): Uint8Array {
  return (
    request.get(StunAttribute.MESSAGE_INTEGRITY_SHA256) ??
    request.get(StunAttribute.MESSAGE_INTEGRITY) ??
    new Uint8Array(0)
  );
}
