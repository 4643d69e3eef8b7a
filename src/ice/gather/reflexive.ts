/** A STUN server asked where it sees one of our sockets, and asked again so that the mapping stays. RFC 8445 §5.1.1.2, §5.1.1.4. */
import { type Env, type Millis, NEVER, type SocketAddress, TimerTable } from '../../base/index.ts';
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
import type { OpenLink, ServerLink } from './server-link.ts';

export interface ReflexiveEvents extends AttemptEvents {
  /** Once; before `onSucceeded`. */
  onMapped(now: Millis, address: SocketAddress): void;
}

/** RFC 8489 §6.2.1 with Rc = 5: the last request at 7.5 s, given up at 9.5 s, as browsers do. */
const SCHEDULE = { reliable: false, maxRequests: 5, lastWaitFactor: 4 } as const;

export class ReflexiveAttempt implements Attempt {
  readonly server: SocketAddress;
  readonly #env: Env;
  readonly #events: ReflexiveEvents;
  readonly #link: ServerLink;
  readonly #timers = new TimerTable<'keep-alive'>();
  #transaction: Transaction | undefined;
  #id: Uint8Array = new Uint8Array(TRANSACTION_ID_BYTES);
  #mapped = false;
  #over = false;

  /** Asks as soon as the link is open. `serverName` is what the server's certificate must be for. */
  constructor(
    now: Millis,
    env: Env,
    server: SocketAddress,
    serverName: string,
    openLink: OpenLink,
    events: ReflexiveEvents,
  ) {
    this.#env = env;
    this.server = server;
    this.#events = events;
    this.#link = openLink(now, server, serverName, {
      onOpened: (at) => this.#ask(at),
      onBytes: (at, bytes) => this.#handleBytes(at, bytes),
      onEnded: (at, why) => this.#fail(at, NOT_REACHED, why),
    });
    if (this.#link.opened) this.#ask(now);
  }

  get over(): boolean {
    return this.#over;
  }

  /** What is told by a STUN server leaves by the base itself. */
  carries(): boolean {
    return false;
  }

  handleTimeout(now: Millis): void {
    if (this.#over) return;
    this.#link.handleTimeout(now);
    this.#transaction?.handleTimeout(now);
    this.#drain(now);
    if (this.#transaction?.pollEvent()?.type === 'timed-out') {
      // Later the server may be back: the mapping is kept alive by what is sent, not by what is answered.
      if (this.#mapped) this.#timers.set('keep-alive', now + KEEPALIVE_MS);
      else {
        const why = 'The STUN server does not answer. Check its address and port, and whether UDP gets out.';
        this.#fail(now, NOT_REACHED, why);
      }
    }
    if (this.#timers.takeDue(now)) this.#ask(now);
  }

  nextTimeout(): Millis {
    if (this.#over) return NEVER;
    const asked = this.#transaction?.nextTimeout() ?? NEVER;
    return Math.min(asked, this.#timers.next(), this.#link.nextTimeout());
  }

  close(now: Millis): void {
    if (this.#over) return;
    this.#over = true;
    this.#link.close(now);
  }

  /** Whether it was an answer to us. */
  #handleBytes(now: Millis, bytes: Uint8Array): boolean {
    if (this.#over || !looksLikeStun(bytes)) return false;
    const message = decodeMessage(bytes);
    if (!message || !isAnswerTo(this.#id, message)) return false;
    if (!this.#transaction?.pending) return true;
    this.#transaction.handleAnswer(now);
    if (message.class === MessageClass.ERROR) this.#handleRefusal(now, message);
    else this.#handleAnswer(now, message);
    return true;
  }

  #ask(now: Millis): void {
    this.#id = this.#env.random.bytes(TRANSACTION_ID_BYTES);
    const request = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, this.#id).finish();
    this.#transaction = new Transaction(now, request, this.server, SCHEDULE);
    this.#drain(now);
  }

  #handleAnswer(now: Millis, message: StunMessage): void {
    const address = readMapped(message);
    if (!address && !this.#mapped) {
      this.#fail(now, NOT_REACHED, 'The answer of the STUN server names no address.');
      return;
    }
    this.#timers.set('keep-alive', now + KEEPALIVE_MS);
    if (this.#mapped || !address) return;
    this.#mapped = true;
    this.#events.onMapped(now, address);
    this.#events.onSucceeded(now);
  }

  #handleRefusal(now: Millis, message: StunMessage): void {
    // RFC 8445 §5.1.1.2: ALTERNATE-SERVER in the answer to a Binding request is not followed.
    const error = decodeErrorCode(message.get(StunAttribute.ERROR_CODE) ?? new Uint8Array(0));
    if (this.#mapped) this.#timers.set('keep-alive', now + KEEPALIVE_MS);
    else {
      const why = `The STUN server refuses: ${error?.reason || 'it gives no reason'}.`;
      this.#fail(now, error?.code ?? NOT_REACHED, why);
    }
  }

  #fail(now: Millis, errorCode: number, errorText: string): void {
    if (this.#over) return;
    this.close(now);
    this.#events.onFailed(now, { errorCode, errorText });
  }

  #drain(now: Millis): void {
    const transaction = this.#transaction;
    for (let out = transaction?.pollTransmit(); out; out = transaction?.pollTransmit()) {
      this.#link.send(now, out.bytes);
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
  return message.transactionId.every((byte, i) => byte === id[i]);
}
