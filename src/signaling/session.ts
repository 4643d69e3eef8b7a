/** One person's conversation with the server across connections: what was said, what was heard, where the person is. */
import type { Millis } from '../base/index.ts';
import type { ParticipantId, RoomId } from './ids.ts';
import type { MediaState } from './messages.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { Room } from './room.ts';
import type { ConnectionId } from './room-server-event.ts';
import type { SessionId } from './session-token.ts';

export type Place =
  | { readonly kind: 'lobby' }
  | { readonly kind: 'waiting' | 'seated'; readonly room: Room; readonly participant: ParticipantId };

/** An event as it will be sent, but for the numbers around it. */
export interface StoredEvent {
  readonly json: string;
  /** The server's clock when it was said, milliseconds since 1970. */
  readonly at: Millis;
}

/** Why a room is closed to this session, and until when. */
export interface Bar {
  readonly reason: 'removed' | 'declined';
  readonly until: Millis;
}

/** 64 rooms that threw this session out; a session that collects more forgets the first. */
const MAX_BARS = 64;

export class Session {
  readonly #bars = new Map<RoomId, Bar>();
  readonly id: SessionId;
  readonly token: string;
  readonly outbox: Outbox<StoredEvent>;
  name: string;
  /** Under which the rates of this session's address are counted. */
  addressKey: string;
  media: MediaState = { microphone: false, camera: false, screen: false };
  place: Place = { kind: 'lobby' };
  /** `undefined` while away. */
  connection: ConnectionId | undefined;
  /** It has said that its page is going. */
  steppedOut = false;
  /** The highest number of a request. */
  received = 0;
  watchesLobby = false;
  /** The number of the latest lobby event, which a newer one makes useless. */
  lobbyNumber = 0;
  /** Which state of the lobby that was. */
  lobbyVersion = 0;
  lobbyToldAt: Millis = Number.NEGATIVE_INFINITY;
  /** Milliseconds since 1970. */
  seatWrittenAt: Millis = 0;

  constructor(id: SessionId, token: string, name: string, addressKey: string, outbox: OutboxLimits) {
    this.id = id;
    this.token = token;
    this.name = name;
    this.addressKey = addressKey;
    this.outbox = new Outbox(outbox);
  }

  bar(room: RoomId, bar: Bar): void {
    this.#bars.set(room, bar);
    const [oldest] = this.#bars.keys();
    if (this.#bars.size > MAX_BARS && oldest) this.#bars.delete(oldest);
  }

  barFrom(room: RoomId, now: Millis): Bar | undefined {
    const bar = this.#bars.get(room);
    return bar && bar.until > now ? bar : undefined;
  }
}
