/**
 * The second stream of a TCP allocation, from its opening to the moment when it carries the peer's bytes: proves who we
 * are and names the connection. What it carries then is not its business. RFC 6062 §4.3, §4.4.
 */
import {
  type Env,
  type Machine,
  type Millis,
  Queue,
  type SocketAddress,
  type Transmit,
} from '../base/index.ts';
import { checkFingerprint, decodeMessage, MessageClass, StreamFramer } from '../stun/index.ts';
import type { TurnFailure } from './client-events.ts';
import { ClientRequests, failure } from './client-requests.ts';
import type { ClientSession } from './client-session.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import type { ConnectionId } from './connection-id.ts';

export interface DataConnectionOptions {
  /** The address that the control connection goes to. */
  readonly server: SocketAddress;
  /**
   * What the control connection knows, a copy. A request that names nobody would do, says the RFC; coturn ends the
   * stream for it.
   */
  readonly session: ClientSession | undefined;
  readonly connection: ConnectionId;
}

export type DataConnectionEvent =
  /** From now on the stream is the peer's, in both directions. `rest` has come from it already; given. */
  | { readonly type: 'bound'; readonly rest: Uint8Array }
  /** Nothing comes after it: close the stream. */
  | { readonly type: 'closed'; readonly failure: TurnFailure };

export class TurnDataConnection implements Machine<DataConnectionEvent> {
  readonly #requests: ClientRequests<'bind'>;
  readonly #framer = new StreamFramer();
  readonly #transmits = new Queue<Transmit>();
  readonly #events = new Queue<DataConnectionEvent>();
  #now: Millis;
  #done = false;

  /** For a stream that is open, as the other one is: TCP or TLS. */
  constructor(now: Millis, env: Env, options: DataConnectionOptions) {
    const { server, session, connection } = options;
    this.#now = now;
    this.#requests = new ClientRequests(env, session, server, true, this.#transmits);
    this.#requests.start(now, 'bind', TurnMethod.CONNECTION_BIND, (writer) =>
      writer.u32(TurnAttribute.CONNECTION_ID, connection),
    );
  }

  /** The next chunk of the stream, borrowed. After `bound` the stream is the caller's: nothing may come here. */
  handleBytes(now: Millis, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    this.#framer.push(bytes);
    while (!this.#done) {
      const frame = this.#framer.next();
      if (!frame) break;
      this.#handleFrame(frame);
    }
    if (!this.#done && this.#framer.fault) this.#fail(failure('STUN_STREAM_INVALID'));
  }

  handleConnectionClosed(now: Millis): void {
    if (this.#advance(now)) this.#fail(failure('TURN_CONNECTION_CLOSED'));
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    for (const outcome of this.#requests.handleTimeout(this.#now)) {
      if ('failure' in outcome) this.#fail(outcome.failure);
    }
  }

  nextTimeout(): Millis {
    return this.#requests.nextTimeout();
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): DataConnectionEvent | undefined {
    return this.#events.take();
  }

  #handleFrame(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (!message || checkFingerprint(message) === 'wrong') return;
    if (message.class !== MessageClass.SUCCESS && message.class !== MessageClass.ERROR) return;
    const outcome = this.#requests.handleAnswer(this.#now, message);
    if (!outcome) return;
    if ('failure' in outcome) this.#fail(outcome.failure);
    else {
      this.#done = true;
      this.#events.push({ type: 'bound', rest: this.#framer.takeRest() });
    }
  }

  #advance(now: Millis): boolean {
    this.#now = Math.max(this.#now, now);
    return !this.#done;
  }

  #fail(why: TurnFailure): void {
    this.#done = true;
    this.#requests.clear();
    this.#transmits.clear();
    this.#events.push({ type: 'closed', failure: why });
  }
}
