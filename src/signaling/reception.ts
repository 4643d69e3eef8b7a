/**
 * Hello, and what follows from it: sessions begin, continue on another connection, and end. Knows nothing of what
 * requests do.
 */
import type { Env, Millis } from '../base/index.ts';
import type { Connection, ConnectionTable } from './connection-table.ts';
import { MAX_MESSAGE_BYTES } from './frames.ts';
import type { Lobby } from './lobby.ts';
import { type Hello, type IceConfiguration, PROTOCOL_VERSION } from './messages.ts';
import type { OutboxItem } from './outbox.ts';
import type { Post } from './post.ts';
import type { ConnectionId } from './room-server-event.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { SeatTokens } from './seat-token.ts';
import type { Seating } from './seating.ts';
import type { Session, StoredEvent } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

export interface ReceptionParts {
  readonly env: Env;
  readonly limits: RoomServerLimits;
  readonly connections: ConnectionTable;
  readonly sessions: SessionTable;
  readonly seating: Seating;
  readonly lobby: Lobby;
  readonly post: Post;
  readonly seats: SeatTokens;
}

export class Reception {
  readonly #parts: ReceptionParts;
  #draining = false;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** From now on nobody gets in. */
  drain(): void {
    this.#draining = true;
  }

  /** Returns why the hello is refused. */
  hello(now: Millis, connection: Connection, hello: Hello): SignalingError | undefined {
    const { connections, sessions } = this.#parts;
    if (connection.session) return signalingError('MESSAGE_MALFORMED', 'hello was said already');
    if (hello.v !== PROTOCOL_VERSION) {
      return signalingError('VERSION_UNSUPPORTED', `expected ${PROTOCOL_VERSION}`);
    }
    if (this.#draining) return signalingError('SERVER_DRAINING');
    const old = hello.session && sessions.byToken(hello.session.token);
    if (!old && !this.#makeRoom(now)) return signalingError('SERVER_FULL');
    const current = old?.connection === undefined ? undefined : connections.get(old.connection);
    if (current && current.order > connection.order) {
      // A hello that was long under way must not take the session from a connection that was opened after its own.
      this.close(connection.id, 'replaced');
      return undefined;
    }
    const missed = hello.session && old?.outbox.after(hello.session.received);
    if (old && missed) this.#resume(now, connection, old, hello, missed);
    else this.#start(now, connection, old, hello);
    return undefined;
  }

  /** The second half of hello, when it is known which STUN and TURN servers there are; later only those. */
  equip(now: Millis, connection: Connection, ice: IceConfiguration): void {
    const { connections, post, seating } = this.#parts;
    const { session, pending } = connection;
    if (!session) return;
    post.tell(session, { type: 'ice', ice });
    seating.renewSeat(session);
    // Half of their life: late enough to be rare, early enough to miss one and still be in time.
    connections.iceUntil(connection, now + Math.max(1, ice.ttlSeconds / 2) * 1_000);
    connection.pending = undefined;
    if (pending?.seat !== undefined) this.#restoreSeat(now, session, pending.seat);
    if (pending?.abandoned) this.end(now, pending.abandoned);
  }

  /** The connection is gone; the session stays for a while. */
  disconnected(now: Millis, connection: Connection): void {
    const { connections, sessions, seating } = this.#parts;
    const { session, pending } = connection;
    connections.delete(connection.id);
    if (pending?.abandoned) this.end(now, pending.abandoned);
    if (!session) return;
    sessions.away(now, session);
    seating.setAway(now, session, true);
  }

  issueIce(connection: Connection): void {
    if (!connection.session) return;
    this.#parts.post.emit({
      type: 'issue-ice',
      connection: connection.id,
      session: connection.session.id,
    });
  }

  close(id: ConnectionId, reason: 'silent' | 'replaced'): void {
    this.#parts.connections.delete(id);
    this.#parts.post.emit({ type: 'close', connection: id, reason });
  }

  end(now: Millis, session: Session): void {
    const { sessions, seating, lobby, post } = this.#parts;
    // It may have ended already, or live again on another connection, while this end was pending.
    if (session.connection !== undefined || !sessions.has(session)) return;
    seating.leave(now, session, session.steppedOut ? 'left' : 'lost');
    lobby.unwatch(session);
    sessions.delete(session);
    post.emit({ type: 'session-ended', session: session.id });
  }

  #resume(
    now: Millis,
    connection: Connection,
    session: Session,
    hello: Hello,
    missed: readonly OutboxItem<StoredEvent>[],
  ): void {
    const { lobby, post, seating } = this.#parts;
    this.#replaceConnectionOf(session);
    this.#attach(connection, session);
    session.outbox.acknowledge(hello.session?.received ?? 0);
    this.#welcome(connection, session, true);
    post.repeat(session, missed);
    post.emit({ type: 'session-resumed', session: session.id });
    seating.rename(now, session, hello.name);
    seating.setAway(now, session, false);
    this.issueIce(connection);
    if (session.watchesLobby) lobby.watch(now, session);
  }

  /** `old`: the same person's session that cannot be continued. It ends, once its seat has been taken over. */
  #start(now: Millis, connection: Connection, old: Session | undefined, hello: Hello): void {
    const { sessions, post } = this.#parts;
    if (old) {
      this.#replaceConnectionOf(old);
      sessions.away(now, old);
    }
    const session = sessions.start(hello.name, connection.addressKey);
    this.#attach(connection, session);
    connection.pending = { seat: hello.seat, abandoned: old };
    this.#welcome(connection, session, false);
    post.emit({ type: 'session-started', session: session.id });
    this.issueIce(connection);
  }

  #welcome(connection: Connection, session: Session, resumed: boolean): void {
    const { limits, post } = this.#parts;
    post.welcome(connection.id, {
      v: PROTOCOL_VERSION,
      session: session.token,
      resumed,
      received: session.received,
      limits: {
        messageBytes: MAX_MESSAGE_BYTES,
        roomPeople: limits.roomPeople,
        resumeSeconds: limits.resumeMs / 1_000,
      },
    });
  }

  /** After a restart of the server, or when the session is lost: the seat in hello is taken again. */
  #restoreSeat(now: Millis, session: Session, token: string): void {
    const { env, post, seating, seats } = this.#parts;
    const seat = seats.read(token, env.wallClock());
    const error = seat ? seating.restore(now, session, seat) : signalingError('SEAT_STALE');
    if (error) post.complain(session, error);
  }

  /** For one more session. Who is away and has no seat goes first: else a flood of hellos could fill the server. */
  #makeRoom(now: Millis): boolean {
    const { sessions } = this.#parts;
    const spare = sessions.isFull ? sessions.spare() : undefined;
    if (spare) this.end(now, spare);
    return !sessions.isFull;
  }

  #attach(connection: Connection, session: Session): void {
    this.#parts.connections.greeted(connection, session);
    this.#parts.sessions.back(session);
  }

  /** The newer connection wins: an older one of the same session is most often dead and does not know it yet. */
  #replaceConnectionOf(session: Session): void {
    if (session.connection !== undefined) this.close(session.connection, 'replaced');
    session.connection = undefined;
  }
}
