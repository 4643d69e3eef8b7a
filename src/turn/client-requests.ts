/**
 * The requests of a TURN client that wait for answers: sends, repeats, authenticates, tries again after 401 and 438.
 * Knows nothing of what they are for. RFC 8489 §6.3.3, §6.3.4, §9.2.5.
 */
import { type Env, type Millis, NEVER, Queue, type SocketAddress, type Transmit } from '../base/index.ts';
import {
  decodeErrorCode,
  decodeUnknownAttributes,
  type ErrorCode,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  TRANSACTION_ID_BYTES,
  Transaction,
} from '../stun/index.ts';
import type { TurnClientErrorCode, TurnFailure } from './client-events.ts';
import type { ClientSession } from './client-session.ts';
import { unknownRequired } from './known-attributes.ts';

/** What becomes of a request. The message is borrowed from the caller of `handleAnswer`. */
export type RequestOutcome<Task> =
  | {
      readonly task: Task;
      readonly answer: StunMessage;
      readonly roundTripMs: Millis | undefined;
    }
  | {
      readonly task: Task;
      readonly failure: TurnFailure;
      /** The error response, where there was one. */
      readonly refusal?: StunMessage;
    };

interface Pending<Task> {
  readonly task: Task;
  readonly method: number;
  readonly fill: (writer: MessageWriter) => void;
  readonly transaction: Transaction;
  readonly authenticated: boolean;
  /** 401s and 438s so far. */
  readonly challenges: number;
  /** An answer came whose integrity was wrong. */
  tampered: boolean;
}

interface Waiting<Task> {
  readonly task: Task;
  readonly method: number;
  readonly fill: (writer: MessageWriter) => void;
}

/** RFC 8489 §6.2: no more outstanding transactions with one server than ten. */
const MAX_OUTSTANDING = 10;

/** One 401 to begin with, and a nonce that may go stale once or twice while a request is on its way. */
const MAX_CHALLENGES = 3;

const CODES: ReadonlyMap<number, TurnClientErrorCode> = new Map([
  [300, 'TURN_REDIRECT_REFUSED'],
  [401, 'TURN_UNAUTHENTICATED'],
  [403, 'TURN_FORBIDDEN'],
  [405, 'TURN_MOBILITY_FORBIDDEN'],
  [437, 'TURN_ALLOCATION_MISMATCH'],
  [438, 'TURN_UNAUTHENTICATED'],
  [440, 'TURN_FAMILY_UNSUPPORTED'],
  [441, 'TURN_WRONG_CREDENTIALS'],
  [442, 'TURN_TRANSPORT_UNSUPPORTED'],
  [443, 'TURN_FAMILY_UNSUPPORTED'],
  [446, 'TURN_CONNECTION_EXISTS'],
  [447, 'TURN_PEER_UNREACHABLE'],
  [486, 'TURN_QUOTA_REACHED'],
  [508, 'TURN_NO_CAPACITY'],
]);

export class ClientRequests<Task> {
  readonly #env: Env;
  #session: ClientSession | undefined;
  #server: SocketAddress;
  readonly #reliable: boolean;
  readonly #transmits: Queue<Transmit>;
  readonly #pending = new Map<string, Pending<Task>>();
  /** As long as its owner makes it: one entry for each permission group and channel. */
  readonly #waiting = new Queue<Waiting<Task>>();
  #held = false;

  constructor(
    env: Env,
    session: ClientSession | undefined,
    server: SocketAddress,
    reliable: boolean,
    transmits: Queue<Transmit>,
  ) {
    this.#env = env;
    this.#session = session;
    this.#server = server;
    this.#reliable = reliable;
    this.#transmits = transmits;
  }

  /** What is known of realm, nonce and key. */
  get session(): ClientSession | undefined {
    return this.#session;
  }

  /** `fill` writes the attributes of the method; it is called again when the request has to be made anew. */
  start(now: Millis, task: Task, method: number, fill: (writer: MessageWriter) => void): void {
    this.#start(now, task, method, fill, 0);
  }

  /** Like `start`, but waits its turn while ten others are outstanding. */
  enqueue(now: Millis, task: Task, method: number, fill: (writer: MessageWriter) => void): void {
    this.#waiting.push({ task, method, fill });
    this.#startWaiting(now);
  }

  /** Forgets what is under way, for another server: `session` knows none of its nonces. */
  retarget(server: SocketAddress, session: ClientSession | undefined): void {
    this.clear();
    this.#server = server;
    this.#session = session;
  }

  /** What is under way is asked again later, and nothing is begun but by `start`: the way to the server has changed. */
  hold(): void {
    this.#held = true;
    for (const { task, method, fill } of this.#pending.values()) this.#waiting.push({ task, method, fill });
    this.#pending.clear();
  }

  /** Of what waits, forgets what need not be asked any more. */
  dropWaiting(isNeedless: (task: Task) => boolean): void {
    for (let left = this.#waiting.length; left > 0; left--) {
      const next = this.#waiting.take();
      if (next && !isNeedless(next.task)) this.#waiting.push(next);
    }
  }

  release(now: Millis): void {
    this.#held = false;
    this.#startWaiting(now);
  }

  /** A response. `undefined` when it decides nothing: unknown, discarded, or the request was tried again. */
  handleAnswer(now: Millis, answer: StunMessage): RequestOutcome<Task> | undefined {
    const outcome = this.#decide(now, answer);
    this.#startWaiting(now);
    return outcome;
  }

  #decide(now: Millis, answer: StunMessage): RequestOutcome<Task> | undefined {
    const key = keyOf(answer.transactionId);
    const pending = this.#pending.get(key);
    if (!pending || pending.method !== answer.method) return undefined;
    const errorValue = answer.get(StunAttribute.ERROR_CODE);
    const error = errorValue && decodeErrorCode(errorValue);
    const status = answer.class === MessageClass.ERROR ? error?.code : undefined;
    const challenged = status === 401 || status === 438;

    // RFC 8489 §9.2.5: an answer to an authenticated request must be sealed, a challenge aside.
    if (pending.authenticated && !challenged && !this.#session?.verify(answer)) {
      pending.tampered = true;
      // A forgery, or a 400 that the server could not seal: over UDP wait for a better one; after the 400 anywhere.
      if (!this.#reliable || status === 400) return undefined;
      this.#pending.delete(key);
      return { task: pending.task, failure: failure('STUN_INTEGRITY_VIOLATED') };
    }
    pending.transaction.handleAnswer(now);
    this.#pending.delete(key);
    if (challenged && this.#tryAgain(now, pending, answer)) return undefined;
    if (answer.class === MessageClass.SUCCESS) {
      if (unknownRequired(answer).length > 0)
        return { task: pending.task, failure: failure('STUN_ANSWER_INVALID') };
      const event = pending.transaction.pollEvent();
      const clean = event?.type === 'answered' && !event.retransmitted;
      return { task: pending.task, answer, roundTripMs: clean ? event.afterMs : undefined };
    }
    if (!error) return { task: pending.task, failure: failure('STUN_ANSWER_INVALID') };
    return { task: pending.task, failure: refusedBy(answer, error), refusal: answer };
  }

  /** Repeats what is due. Returns the requests that are given up. */
  handleTimeout(now: Millis): RequestOutcome<Task>[] {
    const outcomes: RequestOutcome<Task>[] = [];
    for (const [key, pending] of this.#pending) {
      pending.transaction.handleTimeout(now);
      this.#drain(pending.transaction);
      if (pending.transaction.pollEvent()?.type !== 'timed-out') continue;
      this.#pending.delete(key);
      // RFC 8489 §9.2.5: if answers were discarded, it is not silence that must be reported.
      const code = pending.tampered ? 'STUN_INTEGRITY_VIOLATED' : 'STUN_TIMED_OUT';
      outcomes.push({ task: pending.task, failure: failure(code) });
    }
    this.#startWaiting(now);
    return outcomes;
  }

  nextTimeout(): Millis {
    let next = NEVER;
    for (const pending of this.#pending.values()) next = Math.min(next, pending.transaction.nextTimeout());
    return next;
  }

  clear(): void {
    this.#pending.clear();
    this.#waiting.clear();
  }

  #startWaiting(now: Millis): void {
    while (!this.#held && this.#pending.size < MAX_OUTSTANDING) {
      const next = this.#waiting.take();
      if (!next) return;
      this.#start(now, next.task, next.method, next.fill, 0);
    }
  }

  #start(
    now: Millis,
    task: Task,
    method: number,
    fill: (writer: MessageWriter) => void,
    challenges: number,
  ): void {
    const id = this.#env.random.bytes(TRANSACTION_ID_BYTES);
    const writer = new MessageWriter(method, MessageClass.REQUEST, id);
    fill(writer);
    this.#session?.sign(writer, method);
    const authenticated = this.#session?.ready ?? false;
    const transaction = new Transaction(now, writer.finish(), this.#server, { reliable: this.#reliable });
    this.#pending.set(keyOf(id), {
      task,
      method,
      fill,
      transaction,
      authenticated,
      challenges,
      tampered: false,
    });
    this.#drain(transaction);
  }

  #tryAgain(now: Millis, pending: Pending<Task>, answer: StunMessage): boolean {
    const status = decodeErrorCode(answer.get(StunAttribute.ERROR_CODE) ?? new Uint8Array(0))?.code;
    // RFC 8489 §9.2.5: after a 401 with credentials nothing has changed, so no further attempt.
    if (status === 401 && pending.authenticated) return false;
    if (pending.challenges + 1 > MAX_CHALLENGES || !this.#session?.learn(answer)) return false;
    this.#start(now, pending.task, pending.method, pending.fill, pending.challenges + 1);
    return true;
  }

  #drain(transaction: Transaction): void {
    for (let out = transaction.pollTransmit(); out; out = transaction.pollTransmit())
      this.#transmits.push(out);
  }
}

export function failure(code: TurnClientErrorCode): TurnFailure {
  return { code, status: undefined, reason: '' };
}

function refusedBy(answer: StunMessage, { code: status, reason }: ErrorCode): TurnFailure {
  const code = CODES.get(status) ?? 'TURN_REQUEST_REFUSED';
  const unknown = status === 420 ? answer.get(StunAttribute.UNKNOWN_ATTRIBUTES) : undefined;
  return { code, status, reason, ...(unknown && { unknown: decodeUnknownAttributes(unknown) }) };
}

function keyOf(transactionId: Uint8Array): string {
  return String.fromCharCode(...transactionId);
}
