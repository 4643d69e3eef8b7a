/**
 * The signaling server as one machine: connections say hello, sessions continue across cuts, requests are answered
 * once and in order. The rules of rooms are in room.ts, what requests do in requests.ts. docs/signaling.md.
 */
import { type Env, type Machine, type Millis, randomBelow } from '../base/index.ts';
import { type Connection, ConnectionTable } from './connection-table.ts';
import { Door } from './door.ts';
import { parseClientFrame } from './frames.ts';
import { Lobby } from './lobby.ts';
import type { ClientFrame, ClientRequest, Hello, IceConfiguration, RequestType } from './messages.ts';
import { Passcodes } from './passcode.ts';
import { Post } from './post.ts';
import { Reception } from './reception.ts';
import { Requests } from './requests.ts';
import { RoomNames } from './room-id.ts';
import type { ConnectionId, RoomServerEvent, RoomServerTransmit } from './room-server-event.ts';
import { type RoomServerOptions, roomServerLimits } from './room-server-options.ts';
import { RoomTable } from './room-table.ts';
import { SeatTokens } from './seat-token.ts';
import { Seating } from './seating.ts';
import { SessionTable } from './session-table.ts';
import { SessionTokens } from './session-token.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

/** A message costs one token, and one more for each 4 KiB, so that large ones cannot flood either. */
const BYTES_PER_TOKEN = 4_096;

/**
 * A hello makes a session, which is kept for a while. A new name goes to the host or the whole room: a full door of
 * people who rename themselves in circles must not bury a host.
 */
const TOKENS: Partial<Record<RequestType | 'hello', number>> = { hello: 10, rename: 10, 'set-media': 4 };

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
  readonly #post: Post;
  readonly #connections: ConnectionTable;
  readonly #sessions: SessionTable;
  readonly #rooms: RoomTable;
  readonly #lobby: Lobby;
  readonly #reception: Reception;
  readonly #requests: Requests;
  #now: Millis = Number.NEGATIVE_INFINITY;

  /** Throws a RangeError when the secret is too short. */
  constructor(env: Env, options: RoomServerOptions) {
    const { secret } = options;
    if (secret.length < 16) throw new RangeError('The signaling secret must have at least 16 bytes.');
    const { crypto, random } = env;
    const limits = roomServerLimits(options);
    const post = new Post(env);
    const connections = new ConnectionTable(limits);
    const sessions = new SessionTable(new SessionTokens(crypto, random, secret), limits);
    const rooms = new RoomTable(limits, (room) => post.emit({ type: 'room-forgotten', room }));
    const lobby = new Lobby(limits, rooms, post);
    const seats = new SeatTokens(crypto, secret);
    const passcodes = new Passcodes(crypto, random, secret);
    const names = new RoomNames(crypto, random, secret);
    const door = new Door(passcodes, limits);
    const parts = { env, limits, post, connections, sessions, rooms, lobby, seats, passcodes, names, door };
    const seating = new Seating(parts);
    this.#env = env;
    this.#post = post;
    this.#connections = connections;
    this.#sessions = sessions;
    this.#rooms = rooms;
    this.#lobby = lobby;
    this.#reception = new Reception({ ...parts, seating });
    this.#requests = new Requests({ ...parts, seating });
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
    this.#connections.open(this.#advance(now), id, address);
  }

  /** One message, of any length and content. */
  handleText(now: Millis, id: ConnectionId, text: string): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (!connection) return; // its end is under way
    const parsed = parseClientFrame(text);
    const tokens = (parsed.ok ? tokensOf(parsed.frame) : 1) + Math.floor(text.length / BYTES_PER_TOKEN);
    const isWithinRate = this.#connections.pay(at, connection, tokens);
    if (!parsed.ok) {
      this.#post.emit({ type: 'received', message: 'unreadable' });
      this.#refuse(connection, isWithinRate ? parsed.error : signalingError('RATE_LIMITED'), parsed.n);
    } else if (parsed.frame.type === 'hello') {
      this.#post.emit({ type: 'received', message: 'hello' });
      this.#hello(at, connection, parsed.frame, isWithinRate);
    } else {
      const { n, ack, request } = parsed.frame;
      this.#post.emit({ type: 'received', message: request.type });
      if (isWithinRate) this.#request(at, connection, n, ack, request);
      else this.#refuse(connection, signalingError('RATE_LIMITED'), n);
    }
  }

  /** The connection is gone. Its session is kept for a while. */
  handleDisconnect(now: Millis, id: ConnectionId): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (connection) this.#reception.disconnected(at, connection);
  }

  /** The answer to `issue-ice`. */
  handleIce(now: Millis, id: ConnectionId, ice: IceConfiguration): void {
    const at = this.#advance(now);
    const connection = this.#connections.get(id);
    if (connection) this.#reception.equip(at, connection, ice);
  }

  /** Says that the server is about to end; from now on nobody gets in. */
  drain(now: Millis, reconnectInMs: Millis): void {
    this.#advance(now);
    this.#reception.drain();
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
      this.#connections.nextTimeout(),
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
    const silent = this.#connections.takeSilent(now);
    if (silent !== undefined) this.#reception.close(silent, 'silent');
    const ended = this.#sessions.takeEnded(now);
    if (ended) this.#reception.end(now, ended);
    const ice = this.#connections.takeIceDue(now);
    if (ice) this.#reception.issueIce(ice);
    if (this.#lobby.nextTimeout() <= now) this.#lobby.push(now);
    this.#rooms.forgetDue(now);
  }

  // --- messages -------------------------------------------------------------------------------------------------

  #hello(now: Millis, connection: Connection, hello: Hello, isWithinRate: boolean): void {
    const error = isWithinRate
      ? this.#reception.hello(now, connection, hello)
      : signalingError('RATE_LIMITED');
    if (error) this.#refuse(connection, error, undefined);
  }

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
}

function tokensOf(frame: ClientFrame): number {
  return TOKENS[frame.type === 'hello' ? 'hello' : frame.request.type] ?? 1;
}
