/** A STUN server asked where it sees one of our sockets, and asked again so that the mapping stays. RFC 8445 §5.1.1.2, §5.1.1.4. */
import { type Env, type Millis, type SocketAddress, TimerTable } from '../../base/index.ts';
import {
  decodeErrorCode,
  decodeMessage,
  decodePlainAddress,
  decodeXorAddress,
  looksLikeStun,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
  TRANSACTION_ID_BYTES,
  Transaction,
} from '../../stun/index.ts';
import { type Attempt, type AttemptEvents, NOT_REACHED } from './attempt.ts';
import { KEEPALIVE_MS } from './limits.ts';
import type { ServerEar, UdpBase } from './udp-base.ts';

export interface ReflexiveEvents extends AttemptEvents {
  /** Once; before `onSucceeded`. */
  onMapped(now: Millis, address: SocketAddress): void;
}

/** RFC 8489 §6.2.1 with Rc = 5: the last request at 7.5 s, given up at 9.5 s, as browsers do. */
const SCHEDULE = { reliable: false, maxRequests: 5, lastWaitFactor: 4 } as const;

export class ReflexiveAttempt implements Attempt, ServerEar {
  readonly server: SocketAddress;
  readonly selected = false;
  readonly #env: Env;
  readonly #base: UdpBase;
  readonly #events: ReflexiveEvents;
  readonly #timers = new TimerTable<'keep-alive'>();
  #id: Uint8Array;
  #transaction: Transaction;
  #mapped = false;
  #over = false;

  /** Asks at once. */
  constructor(now: Millis, env: Env, base: UdpBase, server: SocketAddress, events: ReflexiveEvents) {
    this.#env = env;
    this.#base = base;
    this.server = server;
    this.#events = events;
    base.listen(this);
    this.#id = env.random.bytes(TRANSACTION_ID_BYTES);
    this.#transaction = this.#ask(now);
  }

  get over(): boolean {
    return this.#over;
  }

  handleServerBytes(now: Millis, bytes: Uint8Array): boolean {
    if (!looksLikeStun(bytes)) return false;
    const message = decodeMessage(bytes);
    if (!message || !isAnswerTo(this.#id, message)) return false;
    if (!this.#transaction.pending) return true;
    this.#transaction.handleAnswer(now);
    if (message.class === MessageClass.ERROR) this.#handleRefusal(now, message);
    else this.#handleAnswer(now, message);
    return true;
  }

  handleTimeout(now: Millis): void {
    this.#transaction.handleTimeout(now);
    this.#drain(now);
    if (this.#transaction.pollEvent()?.type === 'timed-out') {
      // Later the server may be back: the mapping is kept alive by what is sent, not by what is answered.
      if (this.#mapped) this.#timers.set('keep-alive', now + KEEPALIVE_MS);
      else
        this.#fail(now, NOT_REACHED, 'The STUN server does not answer. Check its address and port, and UDP.');
    }
    if (this.#timers.takeDue(now)) this.#askAgain(now);
  }

  nextTimeout(): Millis {
    return Math.min(this.#transaction.nextTimeout(), this.#timers.next());
  }

  close(): void {
    this.#over = true;
    this.#base.unlisten(this);
    this.#timers.clearAll();
    this.#transaction.abort();
  }

  #askAgain(now: Millis): void {
    this.#id = this.#env.random.bytes(TRANSACTION_ID_BYTES);
    this.#transaction = this.#ask(now);
  }

  #ask(now: Millis): Transaction {
    const request = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, this.#id).finish();
    this.#transaction = new Transaction(now, request, this.server, SCHEDULE);
    this.#drain(now);
    return this.#transaction;
  }

  #handleAnswer(now: Millis, message: StunMessage): void {
    const address = readMapped(message);
    if (!address) {
      if (!this.#mapped) this.#fail(now, NOT_REACHED, 'The answer of the STUN server names no address.');
      return;
    }
    this.#timers.set('keep-alive', now + KEEPALIVE_MS);
    if (this.#mapped) return;
    this.#mapped = true;
    this.#events.onMapped(now, address);
    this.#events.onSucceeded(now);
  }

  #handleRefusal(now: Millis, message: StunMessage): void {
    // RFC 8445 §5.1.1.2: ALTERNATE-SERVER in the answer to a Binding request is not followed.
    const error = decodeErrorCode(message.get(StunAttribute.ERROR_CODE) ?? new Uint8Array(0));
    if (this.#mapped) this.#timers.set('keep-alive', now + KEEPALIVE_MS);
    else
      this.#fail(
        now,
        error?.code ?? NOT_REACHED,
        `The STUN server refuses: ${error?.reason ?? 'no reason given'}.`,
      );
  }

  #fail(now: Millis, errorCode: number, errorText: string): void {
    this.close();
    this.#events.onFailed(now, { errorCode, errorText });
  }

  #drain(now: Millis): void {
    for (let out = this.#transaction.pollTransmit(); out; out = this.#transaction.pollTransmit()) {
      this.#base.send(now, out.to, out.bytes);
    }
  }
}

/** RFC 8489 §11: servers of RFC 3489 know the plain one only. */
function readMapped(message: StunMessage): SocketAddress | undefined {
  const value = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
  if (value) return decodeXorAddress(value, message.transactionId);
  const plain = message.get(StunAttribute.MAPPED_ADDRESS);
  return plain && decodePlainAddress(plain);
}

function isAnswerTo(id: Uint8Array, message: StunMessage): boolean {
  if (message.method !== StunMethod.BINDING) return false;
  if (message.class !== MessageClass.SUCCESS && message.class !== MessageClass.ERROR) return false;
  const { transactionId } = message;
  return transactionId.every((byte, i) => byte === id[i]);
}
