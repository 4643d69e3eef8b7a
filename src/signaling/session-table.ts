/** All sessions, by their own id and by the person they seat, and which of them end when. Bounded. */
import type { Millis } from '../base/index.ts';
import { Deadlines } from './deadlines.ts';
import type { ParticipantId } from './ids.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import { Session } from './session.ts';
import type { SessionId, SessionTokens } from './session-token.ts';

export class SessionTable {
  readonly #tokens: SessionTokens;
  readonly #limits: RoomServerLimits;
  readonly #sessions = new Map<SessionId, Session>();
  readonly #byParticipant = new Map<ParticipantId, Session>();
  /** When sessions that are away end. */
  readonly #ends = new Deadlines<SessionId>();

  /** In the order in which they went. */
  readonly #away = new Set<Session>();

  constructor(tokens: SessionTokens, limits: RoomServerLimits) {
    this.#tokens = tokens;
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  has(session: Session): boolean {
    return this.#sessions.get(session.id) === session;
  }

  get isFull(): boolean {
    return this.#sessions.size >= this.#limits.maxSessions;
  }

  /** The session that is away for longest among those that lose nothing by ending. */
  spare(): Session | undefined {
    for (const session of this.#away) if (session.place.kind === 'lobby') return session;
    return undefined;
  }

  start(name: string, addressKey: string): Session {
    const { id, token } = this.#tokens.mint();
    const session = new Session(id, token, name, addressKey, this.#limits.outbox);
    this.#sessions.set(id, session);
    return session;
  }

  byToken(token: string): Session | undefined {
    const id = this.#tokens.read(token);
    return id && this.#sessions.get(id);
  }

  byParticipant(id: ParticipantId): Session | undefined {
    return this.#byParticipant.get(id);
  }

  /** From now on `participant` is who `session` speaks for. */
  assign(participant: ParticipantId, session: Session): void {
    this.#byParticipant.set(participant, session);
  }

  release(participant: ParticipantId): void {
    this.#byParticipant.delete(participant);
  }

  /** The connection is gone; the session ends unless it is continued in time. */
  away(now: Millis, session: Session): void {
    session.connection = undefined;
    this.#away.add(session);
    const { reloadMs, resumeMs } = this.#limits;
    this.#ends.set(session.id, now + (session.steppedOut ? reloadMs : resumeMs));
  }

  back(session: Session): void {
    session.steppedOut = false;
    this.#away.delete(session);
    this.#ends.clear(session.id);
  }

  delete(session: Session): void {
    this.back(session);
    this.#sessions.delete(session.id);
  }

  nextEnd(): Millis {
    return this.#ends.next();
  }

  takeEnded(now: Millis): Session | undefined {
    const id = this.#ends.takeDue(now);
    return id && this.#sessions.get(id);
  }
}
