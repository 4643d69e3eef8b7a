/** What each request does. One method for each; refusals are returned, never thrown. */
import { BucketTable, type Millis, unreachable } from '../base/index.ts';
import type { Door } from './door.ts';
import type { ParticipantId } from './ids.ts';
import type { Lobby } from './lobby.ts';
import type { ClientRequest } from './messages.ts';
import type { Passcodes } from './passcode.ts';
import type { Post } from './post.ts';
import type { Room } from './room.ts';
import type { RoomNames } from './room-id.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { RoomTable } from './room-table.ts';
import type { RoomSettings, Seat, SeatTokens } from './seat-token.ts';
import type { Seating } from './seating.ts';
import type { Session } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { type SignalingError, type SignalingErrorCode, signalingError } from './signaling-errors.ts';

/** How a request ended; `status` only for requests that want a seat. */
export interface Answer {
  readonly error?: SignalingError;
  readonly status?: 'joined' | 'waiting';
}

export interface RequestParts {
  readonly limits: RoomServerLimits;
  readonly sessions: SessionTable;
  readonly rooms: RoomTable;
  readonly lobby: Lobby;
  readonly post: Post;
  readonly door: Door;
  readonly names: RoomNames;
  readonly passcodes: Passcodes;
  readonly seats: SeatTokens;
  readonly seating: Seating;
}

type Request<Type extends ClientRequest['type']> = Extract<ClientRequest, { type: Type }>;

/** 3/4 of the outbox for signals; the rest is kept for what the room itself has to say. */
const MAILBOX_SHARE = 0.75;

const DONE: Answer = {};

export class Requests {
  readonly #parts: RequestParts;
  readonly #openings: BucketTable;
  #draining = false;

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.#openings = new BucketTable(parts.limits.roomRate);
  }

  /** From now on nobody gets a new seat. */
  drain(): void {
    this.#draining = true;
  }

  /** `wallNow`: milliseconds since 1970, for the expiry of seats. */
  carryOut(now: Millis, wallNow: Millis, session: Session, request: ClientRequest): Answer {
    switch (request.type) {
      case 'watch-lobby':
        return this.#watchLobby(now, session, request);
      case 'create-room':
        return this.#createRoom(now, session, request);
      case 'join-room':
        return this.#joinRoom(now, wallNow, session, request);
      case 'leave-room':
        return this.#leaveRoom(now, session);
      case 'step-out':
        session.steppedOut = true;
        return DONE;
      case 'signal':
        return this.#signal(session, request);
      case 'set-media':
        return this.#setMedia(now, session, request);
      case 'rename':
        return this.#rename(now, session, request);
      case 'set-room':
        return this.#setRoom(now, session, request);
      case 'admit':
        return this.#asMember(now, session, (room, self) =>
          room.admit(self, request.participant, request.allow),
        );
      case 'remove':
        return this.#asMember(now, session, (room, self) => room.remove(self, request.participant));
      case 'refresh-ice':
        return this.#refreshIce(session);
      case 'ping':
        return DONE;
      default:
        return unreachable(request);
    }
  }

  #watchLobby(now: Millis, session: Session, { on }: Request<'watch-lobby'>): Answer {
    if (on && !session.watchesLobby) this.#parts.lobby.watch(now, session);
    if (!on) this.#parts.lobby.unwatch(session);
    return DONE;
  }

  #createRoom(now: Millis, session: Session, request: Request<'create-room'>): Answer {
    const { limits, names, passcodes, seating } = this.#parts;
    if (session.place.kind !== 'lobby') return refused('ALREADY_IN_ROOM');
    const entry = request.entry ?? (request.visibility === 'public' ? 'ask' : 'open');
    const isProtected = entry === 'ask' || request.passcode !== undefined;
    const room = this.#open(now, session, names.mint(isProtected), 'open', {
      title: request.title ?? '',
      visibility: request.visibility,
      entry,
      locked: false,
      passcode: request.passcode === undefined ? null : passcodes.digest(request.passcode),
      limit: Math.min(request.limit ?? limits.roomPeople, limits.roomPeople),
      revision: 1,
    });
    if ('code' in room) return { error: room };
    if (request.media) session.media = request.media;
    seating.enter(now, session, room);
    return { status: 'joined' };
  }

  #joinRoom(now: Millis, wallNow: Millis, session: Session, request: Request<'join-room'>): Answer {
    const { door, names, seats, seating } = this.#parts;
    if (session.place.kind !== 'lobby') return refused('ALREADY_IN_ROOM');
    if (this.#draining) return refused('SERVER_DRAINING');
    const named = names.read(request.room.trim());
    if (!named) return refused('ROOM_UNKNOWN');
    const bar = session.barFrom(named.id, now);
    if (bar?.reason === 'removed') return refused('ROOM_REMOVED');
    if (bar) return refused('RATE_LIMITED', 'the host has just declined; wait before you knock again');
    // A seat that is of another room or has expired is as good as none: the door is asked as by a stranger.
    const claimed = request.seat === undefined ? undefined : seats.read(request.seat, wallNow);
    const seat = claimed?.room === named.id ? claimed : undefined;
    const room = this.#findRoom(now, session, named, seat);
    if ('code' in room) return { error: room };
    const { addressKey } = session;
    const answer = door.ask(now, room, { addressKey, passcode: request.passcode, seat });
    if (answer.kind === 'refused') return { error: answer.error };
    if (request.media) session.media = request.media;
    if (answer.kind === 'enter') {
      seating.enter(now, session, room, seat?.participant);
      return { status: 'joined' };
    }
    const error = seating.knock(now, session, room);
    return error ? { error } : { status: 'waiting' };
  }

  /** The room in memory, or one that comes back by a seat or, if it was never protected, by its link. */
  #findRoom(
    now: Millis,
    session: Session,
    named: { readonly id: Room['id']; readonly isProtected: boolean },
    seat: Seat | undefined,
  ): Room | SignalingError {
    const { limits, rooms, seating } = this.#parts;
    if (seat) return seating.roomOf(now, seat);
    const room = rooms.get(named.id);
    if (room) return room;
    if (named.isProtected) return signalingError('ROOM_UNKNOWN');
    return this.#open(now, session, named.id, 'revive', {
      title: '',
      visibility: 'private',
      entry: 'open',
      locked: false,
      passcode: null,
      limit: limits.roomPeople,
      revision: 0, // older than any seat's, so that whoever was inside before brings the true settings
    });
  }

  #open(
    now: Millis,
    session: Session,
    id: Room['id'],
    how: 'open' | 'revive',
    settings: RoomSettings,
  ): Room | SignalingError {
    if (this.#draining) return signalingError('SERVER_DRAINING');
    if (!this.#openings.take(session.addressKey, now)) {
      return signalingError('RATE_LIMITED', 'too many new rooms from this address');
    }
    const room = this.#parts.rooms[how](now, id, settings);
    if (!room) return signalingError('SERVER_FULL');
    this.#parts.post.emit({ type: 'room-opened', room: id });
    return room;
  }

  #leaveRoom(now: Millis, session: Session): Answer {
    if (session.place.kind === 'lobby') return refused('NOT_IN_ROOM');
    this.#parts.seating.leave(now, session, 'left');
    return DONE;
  }

  #signal(session: Session, { to, signal }: Request<'signal'>): Answer {
    const { place } = session;
    if (place.kind !== 'seated') return refused('NOT_IN_ROOM');
    // The room is asked, not the table of sessions: whoever waits at the door, or sits elsewhere, hears nothing.
    const other = place.room.has(to) ? this.#parts.sessions.byParticipant(to) : undefined;
    if (!other || to === place.participant) return refused('PARTICIPANT_UNKNOWN');
    const json = JSON.stringify({ type: 'signal', from: place.participant, signal });
    if (other.connection === undefined && !other.outbox.fits(json.length, MAILBOX_SHARE)) {
      return refused('MAILBOX_FULL');
    }
    this.#parts.post.tellJson(other, json);
    return DONE;
  }

  #setMedia(now: Millis, session: Session, { media }: Request<'set-media'>): Answer {
    session.media = media;
    if (session.place.kind === 'lobby') return DONE;
    session.place.room.setMedia(session.place.participant, media);
    this.#parts.seating.settle(now, session.place.room);
    return DONE;
  }

  #rename(now: Millis, session: Session, { name }: Request<'rename'>): Answer {
    this.#parts.seating.rename(now, session, name);
    return DONE;
  }

  #setRoom(now: Millis, session: Session, { type: _, passcode, ...change }: Request<'set-room'>): Answer {
    return this.#asMember(now, session, (room, self) => {
      if (room.host !== self) return signalingError('NOT_HOST'); // before a digest is made for nothing
      const digest = typeof passcode === 'string' ? this.#parts.passcodes.digest(passcode) : passcode;
      return room.change(self, { ...change, passcode: digest });
    });
  }

  #refreshIce(session: Session): Answer {
    if (session.connection !== undefined) {
      this.#parts.post.emit({ type: 'issue-ice', connection: session.connection, session: session.id });
    }
    return DONE;
  }

  #asMember(
    now: Millis,
    session: Session,
    act: (room: Room, self: ParticipantId) => SignalingError | undefined,
  ): Answer {
    if (session.place.kind !== 'seated') return refused('NOT_IN_ROOM');
    const { room, participant } = session.place;
    const error = act(room, participant);
    this.#parts.seating.settle(now, room);
    return error ? { error } : DONE;
  }
}

function refused(code: SignalingErrorCode, detail?: string): Answer {
  return { error: signalingError(code, detail) };
}
