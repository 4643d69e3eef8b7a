/**
 * Answers on their way out: sent, kept for retransmissions, noted when they refuse. Decides nothing.
 * RFC 8489 §6.3.1.
 */
import type { Millis, Queue } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import { type AnswerMemory, type RequestTicket, ticketOf } from './answer-memory.ts';
import type { Answers } from './answers.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { isReliable, type Leg } from './leg.ts';
import type { TurnServerEvent, TurnTransmit } from './server-events.ts';

export class Replies {
  readonly #answers: Answers;
  readonly #memory: AnswerMemory;
  readonly #transmits: Queue<TurnTransmit>;
  readonly #events: Queue<TurnServerEvent>;
  retransmissions = 0;

  constructor(
    answers: Answers,
    memory: AnswerMemory,
    transmits: Queue<TurnTransmit>,
    events: Queue<TurnServerEvent>,
  ) {
    this.#answers = answers;
    this.#memory = memory;
    this.#transmits = transmits;
    this.#events = events;
  }

  /** The answer that this very request has had already. Over a stream nobody asks twice. */
  recall(now: Millis, leg: Leg, request: StunMessage): Uint8Array | undefined {
    const remembered = isReliable(leg) ? undefined : this.#memory.recall(now, leg, request);
    if (remembered) this.retransmissions += 1;
    return remembered;
  }

  /** An answer to somebody who has proved who they are is kept for retransmissions, where there can be any. */
  remember(now: Millis, leg: Leg, ticket: RequestTicket, answer: Uint8Array): Uint8Array {
    if (!isReliable(leg)) this.#memory.remember(now, ticket, answer);
    return answer;
  }

  refuse(
    now: Millis,
    leg: Leg,
    request: StunMessage,
    user: AuthenticatedUser,
    code: number,
    unknown: readonly number[] = [],
  ): Uint8Array {
    this.note(leg, request.method, code);
    const answer = this.#answers.error(request, user, code, unknown);
    return this.remember(now, leg, ticketOf(leg, request), answer);
  }

  note(leg: Leg, method: number, code: number): void {
    this.#events.push({ type: 'refused', leg, method, code });
  }

  send(leg: Leg, bytes: Uint8Array): void {
    this.#transmits.push({ kind: 'client', leg, bytes });
  }
}
