/** What leaves the room server: events into outboxes and onto connections, facts to the shell. Decides nothing. */
import { type Env, Queue } from '../base/index.ts';
import type { ServerEvent, Welcome } from './messages.ts';
import type { ConnectionId, RoomServerEvent, RoomServerTransmit } from './room-server-event.ts';
import type { Session, StoredEvent } from './session.ts';
import type { SignalingError } from './signaling-errors.ts';

/**
 * 2,048 events that a connection took without confirming one: such a client cannot be resumed anyway, and what
 * waits in the socket for it must end somewhere.
 */
const MAX_UNACKNOWLEDGED = 2_048;

export class Post {
  readonly #env: Env;
  readonly #transmits = new Queue<RoomServerTransmit>();
  readonly #events = new Queue<RoomServerEvent>();

  constructor(env: Env) {
    this.#env = env;
  }

  pollTransmit(): RoomServerTransmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): RoomServerEvent | undefined {
    return this.#events.take();
  }

  emit(event: RoomServerEvent): void {
    this.#events.push(event);
  }

  /** Says `event` now, or keeps it until the session is back. Returns its number. */
  tell(session: Session, event: ServerEvent): number {
    return this.tellJson(session, JSON.stringify(event));
  }

  /** As `tell`, for an event that many get. */
  tellJson(session: Session, json: string): number {
    const item = session.outbox.push({ json, at: this.#env.wallClock() }, json.length);
    if (session.connection === undefined) return item.number;
    this.#send(session.connection, item.number, session.received, item.body);
    if (session.outbox.unacknowledged === MAX_UNACKNOWLEDGED) {
      this.emit({ type: 'close', connection: session.connection, reason: 'unacknowledged' });
    }
    return item.number;
  }

  /** Says again what the other side has not had. */
  repeat(session: Session, items: readonly { readonly number: number; readonly body: StoredEvent }[]): void {
    if (session.connection === undefined) return;
    for (const { number, body } of items) this.#send(session.connection, number, session.received, body);
  }

  /** Answers request `n`. A refusal is counted. */
  reply(
    session: Session,
    n: number,
    answer: { error?: SignalingError | undefined; status?: 'joined' | 'waiting' },
  ): void {
    this.tell(session, this.#replyOf(n, answer));
  }

  /** The error of something that has no number. */
  complain(session: Session, error: SignalingError): void {
    this.emit({ type: 'refused', code: error.code });
    this.tell(session, { type: 'error', error });
  }

  /** Speaks to a connection that has no session: such frames have the number 0 and are not repeated. */
  refuse(connection: ConnectionId, error: SignalingError, n: number | undefined): void {
    if (n === undefined) this.emit({ type: 'refused', code: error.code });
    const event: ServerEvent = n === undefined ? { type: 'error', error } : this.#replyOf(n, { error });
    this.#send(connection, 0, 0, { json: JSON.stringify(event), at: this.#env.wallClock() });
  }

  welcome(connection: ConnectionId, welcome: Omit<Welcome, 'type'>): void {
    this.#transmits.push({ to: connection, text: JSON.stringify({ type: 'welcome', ...welcome }) });
  }

  #replyOf(
    re: number,
    answer: { error?: SignalingError | undefined; status?: 'joined' | 'waiting' },
  ): ServerEvent {
    if (!answer.error)
      return { type: 'reply', re, ok: true, ...(answer.status && { status: answer.status }) };
    this.emit({ type: 'refused', code: answer.error.code });
    return { type: 'reply', re, ok: false, error: answer.error };
  }

  #send(to: ConnectionId, s: number, ack: number, { json, at }: StoredEvent): void {
    this.#transmits.push({ to, text: `{"type":"event","s":${s},"at":${at},"ack":${ack},"event":${json}}` });
  }
}
