/** All rooms by name, and how long empty ones are remembered. Bounded: the room that is empty for longest goes first. */
import type { Millis } from '../base/index.ts';
import { Deadlines } from './deadlines.ts';
import type { ParticipantId, RoomId } from './ids.ts';
import { Room } from './room.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { RoomSettings } from './seat-token.ts';

/** A room that came back after a restart: for a while people return to it under their old ids. */
interface Revival {
  readonly until: Millis;
  /** Whose stay has ended since; they cannot have it back. */
  readonly ended: Set<ParticipantId>;
}

export class RoomTable {
  readonly #limits: RoomServerLimits;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #revivals = new Map<RoomId, Revival>();
  /** When empty rooms are forgotten. */
  readonly #forget = new Deadlines<RoomId>();
  readonly #forgotten: (room: RoomId) => void;

  /** `forgotten` hears of each room that leaves the table. */
  constructor(limits: RoomServerLimits, forgotten: (room: RoomId) => void) {
    this.#limits = limits;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get emptyRooms(): number {
    return this.#forget.size;
  }

  get(id: RoomId): Room | undefined {
    return this.#rooms.get(id);
  }

  values(): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** A new empty room; `undefined` when there are too many rooms with people inside. */
  open(now: Millis, id: RoomId, settings: RoomSettings): Room | undefined {
    if (this.#rooms.size >= this.#limits.maxRooms && !this.#forgetOldest()) return undefined;
    const room = new Room(id, settings, this.#limits.maxKnocks);
    this.#rooms.set(id, room);
    this.settle(now, room);
    return room;
  }

  /** As `open`, for a room that a seat remembers. */
  revive(now: Millis, id: RoomId, settings: RoomSettings): Room | undefined {
    const room = this.open(now, id, settings);
    if (room) this.#revivals.set(id, { until: now + this.#limits.resumeMs, ended: new Set() });
    return room;
  }

  /** Whether a person who was in the room before the restart may still have the old id back. */
  mayResume(now: Millis, id: RoomId, participant: ParticipantId): boolean {
    const revival = this.#revivals.get(id);
    return revival !== undefined && now < revival.until && !revival.ended.has(participant);
  }

  ended(now: Millis, id: RoomId, participant: ParticipantId): void {
    const revival = this.#revivals.get(id);
    if (!revival) return;
    // The limit of people and the rate of requests keep this set small while the revival lasts; then it goes.
    if (now < revival.until) revival.ended.add(participant);
    else this.#revivals.delete(id);
  }

  /** To be told after each change of who is inside. */
  settle(now: Millis, room: Room): void {
    if (room.people > 0) this.#forget.clear(room.id);
    else this.#forget.set(room.id, now + this.#limits.emptyRoomMs);
    if (this.#forget.size > this.#limits.maxEmptyRooms) this.#forgetOldest();
  }

  nextForget(): Millis {
    return this.#forget.next();
  }

  /** Forgets one room whose time is over at `now`; tells whether there was one. */
  forgetDue(now: Millis): boolean {
    const id = this.#forget.takeDue(now);
    if (id !== undefined) this.#delete(id);
    return id !== undefined;
  }

  #forgetOldest(): boolean {
    return this.forgetDue(Number.POSITIVE_INFINITY);
  }

  #delete(id: RoomId): void {
    this.#rooms.delete(id);
    this.#revivals.delete(id);
    this.#forgotten(id);
  }
}
