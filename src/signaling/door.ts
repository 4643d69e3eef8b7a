/** Who may enter a room, who knocks, and who stays outside. Seats nobody. */
import { BucketTable, type Millis } from '../base/index.ts';
import type { Passcodes } from './passcode.ts';
import type { Room } from './room.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { RoomSettings, Seat } from './seat-token.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

export type DoorAnswer =
  | { readonly kind: 'enter' }
  | { readonly kind: 'knock' }
  | { readonly kind: 'refused'; readonly error: SignalingError };

export interface Visitor {
  readonly addressKey: string;
  readonly passcode?: string | undefined;
  /** A valid seat for this very room. */
  readonly seat?: Seat | undefined;
}

const ENTER: DoorAnswer = { kind: 'enter' };

export class Door {
  readonly #passcodes: Passcodes;
  readonly #attempts: BucketTable;

  constructor(passcodes: Passcodes, limits: RoomServerLimits) {
    this.#passcodes = passcodes;
    this.#attempts = new BucketTable(limits.passcodeRate);
  }

  ask(now: Millis, room: Room, visitor: Visitor): DoorAnswer {
    const { settings } = room;
    const { seat } = visitor;
    if (seat && room.removed.includes(seat.participant)) return refused('ROOM_REMOVED');
    // The own place is still there, so nobody new comes in.
    if (seat && room.has(seat.participant)) return ENTER;
    const isKnown = seat !== undefined && sameDoor(seat.settings, settings);
    const isEmpty = room.people === 0;
    if (!isKnown && !isEmpty && settings.locked) return refused('ROOM_LOCKED');
    if (!isKnown) {
      const error = this.#checkPasscode(now, settings, visitor);
      if (error) return { kind: 'refused', error };
    }
    if (room.isFull) return refused('ROOM_FULL');
    return isKnown || isEmpty || settings.entry === 'open' ? ENTER : { kind: 'knock' };
  }

  #checkPasscode(now: Millis, settings: RoomSettings, visitor: Visitor): SignalingError | undefined {
    if (settings.passcode === null) return undefined;
    if (visitor.passcode === undefined) return signalingError('PASSCODE_REQUIRED');
    // Paid before the comparison, so that an empty purse tells nothing about the passcode; given back when it is right.
    if (!this.#attempts.take(visitor.addressKey, now)) {
      return signalingError('RATE_LIMITED', 'too many wrong passcodes');
    }
    if (!this.#passcodes.matches(visitor.passcode, settings.passcode))
      return signalingError('PASSCODE_WRONG');
    this.#attempts.take(visitor.addressKey, now, -1);
    return undefined;
  }
}

/**
 * Whether the door is as it was when the seat was written. Who is inside gets a fresh seat with each change; who had
 * left before the host shut the door comes to a shut door.
 */
function sameDoor(then: RoomSettings, now: RoomSettings): boolean {
  return (
    then.locked === now.locked && then.entry === now.entry && then.passcode?.digest === now.passcode?.digest
  );
}

function refused(code: 'ROOM_REMOVED' | 'ROOM_LOCKED' | 'ROOM_FULL'): DoorAnswer {
  return { kind: 'refused', error: signalingError(code) };
}
