/** The list of public rooms and who watches it. Changes are pushed, coalesced, newest room first. */
import { type Millis, NEVER } from '../base/index.ts';
import type { RoomListing } from './messages.ts';
import type { Post } from './post.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { RoomTable } from './room-table.ts';
import type { Session } from './session.ts';

export class Lobby {
  readonly #limits: RoomServerLimits;
  readonly #rooms: RoomTable;
  readonly #post: Post;
  readonly #watchers = new Set<Session>();
  #pushAt: Millis = NEVER;
  /** The list as it was last told, and how many different ones there have been. */
  #json = '';
  #version = 0;

  constructor(limits: RoomServerLimits, rooms: RoomTable, post: Post) {
    this.#limits = limits;
    this.#rooms = rooms;
    this.#post = post;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  watch(now: Millis, session: Session): void {
    this.#watchers.add(session);
    session.watchesLobby = true;
    // Turning the watch off and on again does not make lists come faster than changes do.
    if (now - session.lobbyToldAt >= this.#limits.lobbyCoalesceMs) this.#tell(now, [session]);
    else this.changed(now);
  }

  unwatch(session: Session): void {
    this.#watchers.delete(session);
    session.watchesLobby = false;
  }

  /** Some public room is another now, or one is public no more. */
  changed(now: Millis): void {
    if (this.#watchers.size > 0) this.#pushAt = Math.min(this.#pushAt, now + this.#limits.lobbyCoalesceMs);
  }

  nextTimeout(): Millis {
    return this.#pushAt;
  }

  push(now: Millis): void {
    this.#pushAt = NEVER;
    this.#tell(now, this.#watchers);
  }

  #tell(now: Millis, sessions: Iterable<Session>): void {
    const json = JSON.stringify({ type: 'lobby', rooms: this.#list() });
    if (json !== this.#json) {
      this.#json = json;
      this.#version += 1;
    }
    for (const session of sessions) {
      if (session.connection === undefined) continue; // gets the list of then when it is back
      if (session.lobbyVersion === this.#version) continue;
      session.lobbyVersion = this.#version;
      session.outbox.supersede(session.lobbyNumber);
      session.lobbyNumber = this.#post.tellJson(session, json);
      session.lobbyToldAt = now;
    }
  }

  #list(): RoomListing[] {
    const listed: RoomListing[] = [];
    for (const room of this.#rooms.values()) {
      if (room.settings.visibility === 'public' && room.people > 0) listed.push(room.listing());
    }
    return listed.slice(-this.#limits.lobbyRooms).reverse();
  }
}
