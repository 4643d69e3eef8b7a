/** The bounds of a room server, each with its default and its reason. */
import type { Millis, Rate } from '../base/index.ts';
import { OUTBOX_LIMITS, type OutboxLimits } from './outbox.ts';

export interface RoomServerOptions {
  /** Signs sessions, seats and room names; at least 16 bytes. Keep it, or rooms do not survive a restart. */
  readonly secret: Uint8Array;
  /** 6: in a mesh everybody sends to everybody; above six an ordinary uplink does not carry it. */
  readonly roomPeople?: number;
  /** 30,000: long enough for a changed network or a lift ride, short enough that nobody waits for a ghost. */
  readonly resumeMs?: Millis;
  /** 8,000: a reloaded page is back in two or three seconds, on a slow phone in six; a closed one should not haunt. */
  readonly reloadMs?: Millis;
  /** 20,000: a connection that has not said hello by then is no client of ours. */
  readonly helloMs?: Millis;
  /** 6 hours: a link for this afternoon's meeting outlives the test of this morning. */
  readonly emptyRoomMs?: Millis;
  /** 24 hours: a seat is for coming back to a call, not a membership. */
  readonly seatMs?: Millis;
  /** 10,000 sessions, connected or away: with full mailboxes the memory of a large server, without them 50 MB. */
  readonly maxSessions?: number;
  /** 5,000 rooms, of which the empty ones are forgotten first. */
  readonly maxRooms?: number;
  /** 1,000 empty rooms, the one that is empty for longest is forgotten first. */
  readonly maxEmptyRooms?: number;
  /** 16 people at the door of a room: more than a host would look at. */
  readonly maxKnocks?: number;
  /** 100 lines: the page shows no more, and 100 lines are some 25 KB. */
  readonly lobbyRooms?: number;
  /** 250 ms: changes within this time reach the lobby as one list. */
  readonly lobbyCoalesceMs?: Millis;
  /** 30,000: how long one who was declined waits before knocking again. */
  readonly knockAgainMs?: Millis;
  readonly outbox?: OutboxLimits;
  /** Messages of one connection. 600 at once is ICE with five people and forty candidates each, three times over. */
  readonly connectionRate?: Rate;
  /** Messages of one address (IPv6: /64): ten people behind one router doing all that at once. */
  readonly addressRate?: Rate;
  /** Rooms made by one address: 100 at once for a school that begins its lessons, then one a second. */
  readonly roomRate?: Rate;
  /** Wrong passcodes of one address: ten slips of the finger, then one try in six seconds. */
  readonly passcodeRate?: Rate;
}

export type RoomServerLimits = Required<Omit<RoomServerOptions, 'secret'>>;

export function roomServerLimits(options: RoomServerOptions): RoomServerLimits {
  return {
    roomPeople: options.roomPeople ?? 6,
    resumeMs: options.resumeMs ?? 30_000,
    reloadMs: options.reloadMs ?? 8_000,
    helloMs: options.helloMs ?? 20_000,
    emptyRoomMs: options.emptyRoomMs ?? 6 * 3_600_000,
    seatMs: options.seatMs ?? 24 * 3_600_000,
    maxSessions: options.maxSessions ?? 10_000,
    maxRooms: options.maxRooms ?? 5_000,
    maxEmptyRooms: options.maxEmptyRooms ?? 1_000,
    maxKnocks: options.maxKnocks ?? 16,
    lobbyRooms: options.lobbyRooms ?? 100,
    lobbyCoalesceMs: options.lobbyCoalesceMs ?? 250,
    knockAgainMs: options.knockAgainMs ?? 30_000,
    outbox: options.outbox ?? OUTBOX_LIMITS,
    connectionRate: options.connectionRate ?? { perSecond: 100, burst: 600 },
    addressRate: options.addressRate ?? { perSecond: 1_000, burst: 6_000 },
    roomRate: options.roomRate ?? { perSecond: 1, burst: 100 },
    passcodeRate: options.passcodeRate ?? { perSecond: 1 / 6, burst: 10 },
  };
}
