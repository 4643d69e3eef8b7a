/**
 * The signaling server as one machine: connections say hello, sessions continue across cuts, requests are answered
 * once and in order. The rules of rooms are in room.ts, what requests do in requests.ts. docs/signaling.md.
 */
import { BucketTable, type Env, type Machine, type Millis, randomBelow, TokenBucket } from '../base/index.ts';
import { addressKey } from './address-key.ts';
import { Deadlines } from './deadlines.ts';
import { Door } from './door.ts';
import { MAX_MESSAGE_BYTES, parseClientFrame } from './frames.ts';
import { Lobby } from './lobby.ts';
import { type ClientRequest, type Hello, type IceConfiguration, PROTOCOL_VERSION } from './messages.ts';
import { Passcodes } from './passcode.ts';
import { Post } from './post.ts';
import { Requests } from './requests.ts';
import { RoomNames } from './room-id.ts';
import type { ConnectionId, RoomServerEvent, RoomServerTransmit } from './room-server-event.ts';
import { type RoomServerLimits, type RoomServerOptions, roomServerLimits } from './room-server-options.ts';
import { RoomTable } from './room-table.ts';
import { SeatTokens } from './seat-token.ts';
import { Seating } from './seating.ts';
import type { Session } from './session.ts';
import { SessionTable } from './session-table.ts';
import { SessionTokens } from './session-token.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

/** A message costs one token, and one more for each 4 KiB, so that large ones cannot flood either. */
const BYTES_PER_TOKEN = 4_096;

/** A hello makes a session, which is kept for a while. */
const HELLO_TOKENS = 10;

interface Connection {
  readonly id: ConnectionId;
  /** Counts connections in the order in which they were opened. */
  readonly order: number;
  readonly addressKey: string;
  readonly rate: TokenBucket;
  session: Session | undefined;
  /** What hello asked for and is done when the ICE configuration is there. */
  pending: { readonly seat: string | undefined; readonly abandoned: Session | undefined } | undefined;
}

export interface RoomServerStats {
  readonly connections: number;
  readonly sessions: number;
  readonly participants: number;
  /** Rooms with somebody inside. */
  readonly rooms: number;
  readonly emptyRooms: number;
  readonly lobbyWatchers: number;
}

export class RoomServer implements Machine<RoomServerEvent, RoomServerTransmit> {
  readonly #env: Env;
  readonly #limits: RoomServerLimits;
  readonly #post: Post;
  readonly #sessions: SessionTable;
  readonly #rooms: RoomTable;
  readonly #lobby: Lobby;
  readonly #seats: SeatTokens;
  readonly #seating: Seating;
  readonly #requests: Requests;
  readonly #connections = new Map<ConnectionId, Connection>();
  /** When connections that said nothing are ended. */
  readonly #silent = new Deadlines<ConnectionId>();
  /** When connections need a fresh ICE configuration. */
  readonly #ice = new Deadlines<ConnectionId>();
  readonly #addressRates: BucketTable;
  #now: Millis = Number.NEGATIVE_INFINITY;
  #opened = 0;
  #draining = false;

  constructor(env: Env, options: RoomServerOptions) {
    if (options.secret.length < 16) throw new RangeError('The signaling secret must have at least 16 bytes.');
    const { crypto, random } = env;
    const limits = roomServerLimits(options);
    this.#env = env;
    this.#limits = limits;
    this.#post = new Post(env);
    this.#sessions = new SessionTable(new SessionTokens(crypto, random, options.secret), limits);
    this.#rooms = new RoomTable(limits, (room) => this.#post.emit({ type: 'room-forgotten', room }));
    this.#lobby = new Lobby(limits, this.#rooms, this.#post);
    this.#seats = new SeatTokens(crypto, options.secret);
    const passcodes = new Passcodes(crypto, random, options.secret);
    const door = new Door(passcodes, limits);
    const shared = {
      limits,
      rooms: this.#rooms,
      sessions: this.#sessions,
      lobby: this.#lobby,
      post: this.#post,
      seats: this.#seats,
      door,
    };
    this.#seating = new Seating({ ...shared, env });
    const names = new RoomNames(crypto, random, options.secret);
    this.#requests = new Requests({ ...shared, seating: this.#seating, names, passcodes });
    this.#addressRates = new BucketTable(limits.addressRate);
  }

  get stats(): RoomServerStats {
    let participants = 0;
    for (const room of this.#rooms.values()) participants += room.people;
    return {
      connections: this.#connections.size,
      sessions: this.#sessions.size,
      participants,
      rooms: this.#rooms.size - this.#rooms.emptyRooms,
      emptyRooms: this.#rooms.emptyRooms,
      lobbyWatchers: this.#lobby.watchers,
    };
  }

  // --- input ----------------------------------------------------------------------------------------------------

  /** A transport connection is open. `address`: the client's IP address as text, for rates only. */
  handleConnect(now: Millis, id: ConnectionId, address: string): void {
    const at = this.#advance(now);
    this.#opened += 1;
    this.#connections.set(id, {
      id,
      order: this.#opened,
      addressKey: addressKey(address),
      rate: new TokenBucket(this.#limits.connectionRate, at),
      session: undefined,
      pending: undefined,
    });
    this.#silent.set(id, at + this.#limits.helloMs);
  }

  /** One message, of any length and content. */
  handleText(now: Millis, id: ConnectionId, text: string): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (!connection) return; // its end is under way
    const parsed = parseClientFrame(text);
    const isHello = parsed.ok && parsed.frame.type === 'hello';
    const isWithinRate = this.#pay(
      at,
      connection,
      (isHello ? HELLO_TOKENS : 1) + Math.floor(text.length / BYTES_PER_TOKEN),
    );
    if (!parsed.ok) {
      this.#post.emit({ type: 'received', message: 'unreadable' });
      this.#refuse(connection, isWithinRate ? parsed.error : signalingError('RATE_LIMITED'), parsed.n);
    } else if (parsed.frame.type === 'hello') {
      this.#post.emit({ type: 'received', message: 'hello' });
      if (isWithinRate) this.#hello(at, connection, parsed.frame);
      else this.#refuse(connection, signalingError('RATE_LIMITED'), undefined);
    } else {
      const { n, ack, request } = parsed.frame;
      this.#post.emit({ type: 'received', message: request.type });
      if (isWithinRate) this.#request(at, connection, n, ack, request);
      else this.#refuse(connection, signalingError('RATE_LIMITED'), n);
    }
  }

  /** The connection pays first: one that floods cannot spend what its neighbours behind the same router have. */
  #pay(now: Millis, { rate, addressKey: key }: Connection, tokens: number): boolean {
    const { connectionRate, addressRate } = this.#limits;
    return (
      rate.take(now, Math.min(tokens, connectionRate.burst)) &&
      this.#addressRates.take(key, now, Math.min(tokens, addressRate.burst))
    );
  }

  /** The connection is gone. Its session is kept for a while. */
  handleDisconnect(now: Millis, id: ConnectionId): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (!connection) return;
    const { session, pending } = connection;
    this.#detach(connection);
    if (pending?.abandoned) this.#end(at, pending.abandoned);
    if (!session) return;
    this.#sessions.away(at, session);
    this.#seating.setAway(at, session, true);
  }

  /** The answer to `issue-ice`. */
  handleIce(now: Millis, id: ConnectionId, ice: IceConfiguration): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (!connection?.session) return;
    this.#post.tell(connection.session, { type: 'ice', ice });
    this.#seating.renewSeat(connection.session);
    // Half of their life: late enough to be rare, early enough to miss one and still be in time.
    this.#ice.set(id, at + Math.max(1, ice.ttlSeconds / 2) * 1_000);
    const { pending, session } = connection;
    connection.pending = undefined;
    if (pending?.seat !== undefined) this.#restoreSeat(at, session, pending.seat);
    if (pending?.abandoned) this.#end(at, pending.abandoned);
  }

  /** Says that the server is about to end; from now on nobody gets in. */
  drain(now: Millis, reconnectInMs: Millis): void {
    this.#advance(now);
    this.#draining = true;
    this.#requests.drain();
    for (const session of this.#sessions.values()) {
      // Spread over twice the time, so that not everybody knocks at the new server in the same moment.
      const jitterMs = randomBelow(this.#env.random, Math.max(1, Math.round(reconnectInMs)));
      if (session.connection !== undefined) {
        this.#post.tell(session, { type: 'draining', reconnectInMs: reconnectInMs + jitterMs });
      }
    }
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
  }

  // --- output ---------------------------------------------------------------------------------------------------

  nextTimeout(): Millis {
    return Math.min(
      this.#silent.next(),
      this.#ice.next(),
      this.#sessions.nextEnd(),
      this.#rooms.nextForget(),
      this.#lobby.nextTimeout(),
    );
  }

  pollTransmit(): RoomServerTransmit | undefined {
    return this.#post.pollTransmit();
  }

  pollEvent(): RoomServerEvent | undefined {
    return this.#post.pollEvent();
  }

  // --- time -----------------------------------------------------------------------------------------------------

  /** Does everything that was due before the input that comes now, in the order of its deadlines. */
  #advance(now: Millis): Millis {
    for (let due = this.nextTimeout(); due <= now; due = this.nextTimeout()) {
      this.#now = Math.max(this.#now, due);
      this.#fireDue(this.#now);
    }
    this.#now = Math.max(this.#now, now);
    return this.#now;
  }

  #fireDue(now: Millis): void {
    const silent = this.#silent.takeDue(now);
    if (silent !== undefined) this.#close(silent, 'silent');
    const ended = this.#sessions.takeEnded(now);
    if (ended) this.#end(now, ended);
    const ice = this.#ice.takeDue(now);
    if (ice !== undefined) this.#issueIce(this.#connections.get(ice));
    if (this.#lobby.nextTimeout() <= now) this.#lobby.push(now);
    this.#rooms.forgetDue(now);
  }

  // --- hello ----------------------------------------------------------------------------------------------------

  #hello(now: Millis, connection: Connection, hello: Hello): void {
    const old = hello.session && this.#sessions.byToken(hello.session.token);
    const error = this.#checkHello(connection, hello);
    if (error) {
      this.#refuse(connection, error, undefined);
      return;
    }
    if (old && this.#isSpokenForSince(connection, old)) {
      this.#close(connection.id, 'replaced');
      return;
    }
    if (!old && !this.#makeRoom(now)) {
      this.#refuse(connection, signalingError('SERVER_FULL'), undefined);
      return;
    }
    const missed = hello.session && old?.outbox.after(hello.session.received);
    if (old && missed) this.#resume(now, connection, old, hello, missed);
    else this.#start(now, connection, old, hello);
  }

  #checkHello(connection: Connection, hello: Hello): SignalingError | undefined {
    if (connection.session) return signalingError('MESSAGE_MALFORMED', 'hello was said already');
    if (hello.v !== PROTOCOL_VERSION) {
      return signalingError('VERSION_UNSUPPORTED', `expected ${PROTOCOL_VERSION}`);
    }
    if (this.#draining) return signalingError('SERVER_DRAINING');
    return undefined;
  }

  /** A hello that was long under way must not take the session from a connection that was opened after its own. */
  #isSpokenForSince(connection: Connection, session: Session): boolean {
    const current = session.connection === undefined ? undefined : this.#connections.get(session.connection);
    return current !== undefined && current.order > connection.order;
  }

  /** For one more session. Who is away and has no seat goes first: else a flood of hellos could fill the server. */
  #makeRoom(now: Millis): boolean {
    const spare = this.#sessions.isFull ? this.#sessions.spare() : undefined;
    if (spare) this.#end(now, spare);
    return !this.#sessions.isFull;
  }

  #resume(
    now: Millis,
    connection: Connection,
    session: Session,
    hello: Hello,
    missed: NonNullable<ReturnType<Session['outbox']['after']>>,
  ): void {
    this.#replaceConnectionOf(session);
    this.#attach(connection, session);
    session.outbox.acknowledge(hello.session?.received ?? 0);
    this.#welcome(connection, session, true);
    this.#post.repeat(session, missed);
    this.#post.emit({ type: 'session-resumed', session: session.id });
    this.#requests.rename(now, session, hello.name);
    this.#seating.setAway(now, session, false);
    this.#issueIce(connection);
    if (session.watchesLobby) this.#lobby.watch(now, session);
  }

  /** `old`: the same person's session that cannot be continued. It ends, once its seat has been taken over. */
  #start(now: Millis, connection: Connection, old: Session | undefined, hello: Hello): void {
    if (old) {
      this.#replaceConnectionOf(old);
      this.#sessions.away(now, old);
    }
    const session = this.#sessions.start(hello.name, connection.addressKey);
    this.#attach(connection, session);
    connection.pending = { seat: hello.seat, abandoned: old };
    this.#welcome(connection, session, false);
    this.#post.emit({ type: 'session-started', session: session.id });
    this.#issueIce(connection);
  }

  #welcome(connection: Connection, session: Session, resumed: boolean): void {
    this.#post.welcome(connection.id, {
      v: PROTOCOL_VERSION,
      session: session.token,
      resumed,
      received: session.received,
      limits: {
        messageBytes: MAX_MESSAGE_BYTES,
        roomPeople: this.#limits.roomPeople,
        resumeSeconds: this.#limits.resumeMs / 1_000,
      },
    });
  }

  /** After a restart of the server, or when the session is lost: the seat in hello is taken again. */
  #restoreSeat(now: Millis, session: Session, token: string): void {
    const seat = this.#seats.read(token, this.#env.wallClock());
    const error = seat ? this.#seating.restore(now, session, seat) : signalingError('SEAT_STALE');
    if (error) this.#post.complain(session, error);
  }

  // --- requests -------------------------------------------------------------------------------------------------

  #request(now: Millis, connection: Connection, n: number, ack: number, request: ClientRequest): void {
    const { session } = connection;
    if (!session) {
      this.#post.refuse(connection.id, signalingError('HELLO_REQUIRED'), n);
      return;
    }
    if (n <= session.received) return; // said again after a cut, and answered already
    session.received = n;
    const answer = session.outbox.acknowledge(ack)
      ? this.#requests.carryOut(now, this.#env.wallClock(), session, request)
      : { error: signalingError('MESSAGE_MALFORMED', 'ack is beyond what was sent') };
    this.#post.reply(session, n, answer);
  }

  /** An error for something that was not carried out: as a reply where there is a number, else as an event. */
  #refuse(connection: Connection, error: SignalingError, n: number | undefined): void {
    const { session } = connection;
    if (!session) this.#post.refuse(connection.id, error, n);
    else if (n === undefined) this.#post.complain(session, error);
    else if (n > session.received) {
      session.received = n;
      this.#post.reply(session, n, { error });
    }
  }

  // --- connections and sessions ---------------------------------------------------------------------------------

  #attach(connection: Connection, session: Session): void {
    this.#silent.clear(connection.id);
    connection.session = session;
    session.connection = connection.id;
    session.addressKey = connection.addressKey;
    this.#sessions.back(session);
  }

  /** The newer connection wins: an older one of the same session is most often dead and does not know it yet. */
  #replaceConnectionOf(session: Session): void {
    if (session.connection !== undefined) this.#close(session.connection, 'replaced');
    session.connection = undefined;
  }

  #close(id: ConnectionId, reason: 'silent' | 'replaced'): void {
    const connection = this.#connections.get(id);
    if (connection) this.#detach(connection);
    this.#post.emit({ type: 'close', connection: id, reason });
  }

  #detach(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#silent.clear(connection.id);
    this.#ice.clear(connection.id);
  }

  #issueIce(connection: Connection | undefined): void {
    if (!connection?.session) return;
    this.#post.emit({ type: 'issue-ice', connection: connection.id, session: connection.session.id });
  }

  #end(now: Millis, session: Session): void {
    // It may have ended already, or live again on another connection, while this end was pending.
    if (session.connection !== undefined || !this.#sessions.has(session)) return;
    this.#seating.leave(now, session, 'lost');
    this.#lobby.unwatch(session);
    this.#sessions.delete(session);
    this.#post.emit({ type: 'session-ended', session: session.id });
  }
}
