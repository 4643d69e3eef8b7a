/**
 * Brings sessions and rooms together: seats people, carries what rooms say to the sessions concerned, writes seat
 * tokens. The rules are the room's; who may enter is the door's.
 */
import { type Env, encodeBase32, invariant, type Millis, unreachable } from '../base/index.ts';
import type { Door } from './door.ts';
import type { ParticipantId } from './ids.ts';
import type { Lobby } from './lobby.ts';
import type { LeaveReason } from './messages.ts';
import type { Post } from './post.ts';
import type { Person, Room, RoomNotice } from './room.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { RoomTable } from './room-table.ts';
import type { Seat, SeatTokens } from './seat-token.ts';
import type { Session } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

export interface SeatingParts {
  readonly env: Env;
  readonly limits: RoomServerLimits;
  readonly rooms: RoomTable;
  readonly sessions: SessionTable;
  readonly lobby: Lobby;
  readonly post: Post;
  readonly seats: SeatTokens;
  readonly door: Door;
}

export class Seating {
  readonly #parts: SeatingParts;

  constructor(parts: SeatingParts) {
    this.#parts = parts;
  }

  /** A seat under a new id; `old` is the earlier stay of the same person, which ends. */
  enter(now: Millis, session: Session, room: Room, old?: ParticipantId): void {
    const person = this.#person(session, this.#mintParticipant());
    this.#place(session, room, person.id, 'seated');
    if (old) room.reseat(old, person);
    else room.seat(person);
    this.settle(now, room);
  }

  /**
   * Takes the place again that `seat` speaks of: the same stay while it is there or shortly after a restart, else a
   * new one if the door lets in who has been inside. ROOM_REMOVED, ROOM_LOCKED, ROOM_FULL, SERVER_FULL, SEAT_STALE.
   */
  restore(now: Millis, session: Session, seat: Seat): SignalingError | undefined {
    const { rooms, door } = this.#parts;
    if (session.place.kind !== 'lobby') return signalingError('ALREADY_IN_ROOM');
    const room = this.roomOf(now, seat);
    if ('code' in room) return room;
    const answer = door.ask(now, room, { addressKey: session.addressKey, seat });
    if (answer.kind === 'refused') return answer.error;
    if (answer.kind === 'knock') return signalingError('SEAT_STALE'); // to knock is a wish of its own
    const id = seat.participant;
    if (room.has(id)) this.#takeOver(now, session, room, id);
    else if (rooms.mayResume(now, room.id, id)) this.#resume(now, session, room, id);
    else this.enter(now, session, room, id);
    return undefined;
  }

  /** The room of a seat: as it is in memory, brought up to what the seat knows; or out of the seat. SERVER_FULL. */
  roomOf(now: Millis, seat: Seat): Room | SignalingError {
    const known = this.#parts.rooms.get(seat.room);
    if (known) {
      known.adopt(seat.settings, seat.removed, seat.host);
      this.settle(now, known);
      return known;
    }
    const room = this.#parts.rooms.revive(now, seat.room, seat.settings);
    if (!room) return signalingError('SERVER_FULL');
    this.#parts.post.emit({ type: 'room-opened', room: room.id });
    room.remember(seat.removed, seat.host);
    return room;
  }

  /** A seat under the id of before the restart. */
  #resume(now: Millis, session: Session, room: Room, id: ParticipantId): void {
    this.#place(session, room, id, 'seated');
    room.seat(this.#person(session, id));
    this.settle(now, room);
  }

  /** The stay that another session of the same person holds goes over to this one. */
  #takeOver(now: Millis, session: Session, room: Room, id: ParticipantId): void {
    const holder = this.#parts.sessions.byParticipant(id);
    if (holder) {
      holder.place = { kind: 'lobby' };
      this.#parts.post.tell(holder, { type: 'out', reason: 'replaced' });
    }
    session.media = room.member(id)?.media ?? session.media;
    this.#place(session, room, id, 'seated');
    room.retake(id, session.name);
    this.settle(now, room);
  }

  /** Puts the session at the door of a room whose host decides. */
  knock(now: Millis, session: Session, room: Room): SignalingError | undefined {
    const person = this.#person(session, this.#mintParticipant());
    const refusal = room.knock(person);
    if (refusal) return refusal;
    this.#place(session, room, person.id, 'waiting');
    this.settle(now, room);
    return undefined;
  }

  /** Out of the room or away from its door; harmless in the lobby. */
  leave(now: Millis, session: Session, reason: LeaveReason): void {
    if (session.place.kind === 'lobby') return;
    const { room, participant } = session.place;
    this.#release(participant);
    room.leave(participant, reason);
    this.settle(now, room);
  }

  rename(now: Millis, session: Session, name: string): void {
    if (session.name === name) return;
    session.name = name;
    if (session.place.kind === 'lobby') return;
    session.place.room.rename(session.place.participant, name);
    this.settle(now, session.place.room);
  }

  setAway(now: Millis, session: Session, away: boolean): void {
    if (session.place.kind === 'lobby') return;
    session.place.room.setAway(session.place.participant, away);
    this.settle(now, session.place.room);
  }

  /** A call may last longer than a seat is good for: writes a new one when half of that time is over. */
  renewSeat(session: Session): void {
    if (session.place.kind !== 'seated') return;
    const age = this.#parts.env.wallClock() - session.seatWrittenAt;
    if (age >= this.#parts.limits.seatMs / 2) this.#tellChange(session.place.room, session.place.participant);
  }

  /** Carries all that the room has to say. To be called after each verb on a room. */
  settle(now: Millis, room: Room): void {
    const isListed = room.settings.visibility === 'public';
    for (let notice = room.pollNotice(); notice; notice = room.pollNotice())
      this.#carry(now, room, notice, isListed);
    this.#parts.rooms.settle(now, room);
  }

  #carry(now: Millis, room: Room, notice: RoomNotice, isListed: boolean): void {
    const { post, sessions, lobby, rooms } = this.#parts;
    switch (notice.type) {
      case 'tell': {
        const session = sessions.byParticipant(notice.to);
        if (session) post.tell(session, notice.event);
        return;
      }
      case 'seated': {
        this.#welcomeInside(room, notice.participant);
        if (isListed) lobby.changed(now);
        return;
      }
      case 'out': {
        const session = sessions.byParticipant(notice.participant);
        this.#release(notice.participant);
        if (!session) return;
        post.tell(session, { type: 'out', reason: notice.reason });
        if (notice.reason === 'removed')
          session.bar(room.id, { reason: 'removed', until: Number.POSITIVE_INFINITY });
        if (notice.reason === 'declined') {
          session.bar(room.id, { reason: 'declined', until: now + this.#parts.limits.knockAgainMs });
        }
        return;
      }
      case 'left': {
        this.#release(notice.participant);
        rooms.ended(now, room.id, notice.participant);
        post.emit({ type: 'left', room: room.id, participant: notice.participant, reason: notice.reason });
        if (isListed) lobby.changed(now);
        return;
      }
      case 'changed': {
        for (const member of room.members()) this.#tellChange(room, member.id);
        lobby.changed(now); // also when it is public no more
        return;
      }
      default:
        unreachable(notice);
    }
  }

  #welcomeInside(room: Room, self: ParticipantId): void {
    const session = this.#parts.sessions.byParticipant(self);
    const info = room.info();
    invariant(session && info, 'a seated person has a session and a room with a host');
    session.place = { kind: 'seated', room, participant: self };
    this.#parts.post.emit({ type: 'joined', room: room.id, participant: self });
    this.#parts.post.tell(session, {
      type: 'joined',
      room: info,
      self,
      seat: this.#seatToken(room, session, self),
      participants: room.members().filter((member) => member.id !== self),
    });
  }

  #tellChange(room: Room, id: ParticipantId): void {
    const session = this.#parts.sessions.byParticipant(id);
    const info = room.info();
    if (!session || !info) return;
    const seat = this.#seatToken(room, session, id);
    this.#parts.post.tell(session, { type: 'room-updated', room: info, seat });
  }

  #seatToken(room: Room, session: Session, participant: ParticipantId): string {
    const { host } = room;
    invariant(host, 'a room with somebody inside has a host');
    const wallNow = this.#parts.env.wallClock();
    session.seatWrittenAt = wallNow;
    return this.#parts.seats.write({
      room: room.id,
      participant,
      host,
      settings: room.settings,
      removed: [...room.removed],
      expiresAt: wallNow + this.#parts.limits.seatMs,
    });
  }

  #person(session: Session, id: ParticipantId): Person {
    return { id, name: session.name, media: session.media, away: session.connection === undefined };
  }

  #mintParticipant(): ParticipantId {
    return encodeBase32(this.#parts.env.random.bytes(10)) as ParticipantId;
  }

  #place(session: Session, room: Room, participant: ParticipantId, kind: 'seated' | 'waiting'): void {
    session.place = { kind, room, participant };
    this.#parts.sessions.assign(participant, session);
  }

  #release(participant: ParticipantId): void {
    const session = this.#parts.sessions.byParticipant(participant);
    this.#parts.sessions.release(participant);
    if (session && session.place.kind !== 'lobby' && session.place.participant === participant) {
      session.place = { kind: 'lobby' };
    }
  }
}
