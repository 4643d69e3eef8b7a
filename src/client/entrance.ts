/**
 * How this side gets into a room, and into it again: by asking, by the seat of an earlier stay, and after a server
 * restart by what was good before. Knows no media and no links.
 */
import { StackError } from '../base/index.ts';
import type { ClientRequest, MediaState } from '../signaling/index.ts';
import { type CallError, clientError } from './call-error.ts';
import type { Clock, TimerHandle } from './dependencies.ts';
import { leftRoom, type RoomView } from './room-state.ts';
import type { SeatKeeper } from './seat-keeper.ts';
import type { SignalingSession } from './signaling-session.ts';
import type { Call } from './state.ts';

export interface EntranceOptions {
  readonly session: SignalingSession;
  readonly clock: Clock;
  readonly seats: SeatKeeper;
  readonly media: () => MediaState;
  readonly view: () => RoomView;
  readonly setView: (view: RoomView) => void;
  readonly onError: (error: CallError) => void;
}

type EnterRequest = Extract<ClientRequest, { type: 'create-room' | 'join-room' }>;

/** A room that asks before it lets in is there again only when somebody with a seat is: pages return one by one. */
const AGAIN_WITHIN_MS = 20_000;
const AGAIN_EVERY_MS = 1000;

export class Entrance {
  readonly #options: EntranceOptions;
  #seat: string | undefined;
  #room: string | undefined;
  #passcode: string | undefined;
  #timer: TimerHandle | undefined;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** Opens this side's place after a server restart. */
  get seat(): string | undefined {
    return this.#seat;
  }

  async create(options: Parameters<Call['createRoom']>[0]): Promise<void> {
    this.#passcode = options.passcode;
    this.#room = undefined;
    await this.#enter({ type: 'create-room', ...options, media: this.#options.media() });
  }

  /** With the seat that this tab keeps for the room, if there is one and it is still good. */
  async join(room: string, passcode: string | undefined): Promise<void> {
    this.#passcode = passcode;
    this.#room = room;
    const seat = this.#options.seats.seatFor(room);
    const request = this.#joinRequest(room);
    try {
      await this.#enter(seat === undefined ? request : { ...request, seat });
    } catch (thrown) {
      if (seat === undefined || codeOf(thrown) !== 'SEAT_STALE') throw thrown;
      this.#options.seats.forget();
      await this.#enter(request);
    }
  }

  /** The server has given this side a seat. */
  take(room: string, seat: string): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#seat = seat;
    this.#room = room;
    this.#options.seats.keep(room, seat);
  }

  /** This side is out, and a reload shall not bring it back. */
  giveUp(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#seat = undefined;
    this.#options.seats.forget();
  }

  /** The server has forgotten the knock, or refused the seat: the way in that was good before is tried again. */
  again(): void {
    this.#seat = undefined;
    this.#tryAgain(this.#options.clock.now() + AGAIN_WITHIN_MS);
  }

  #tryAgain(untilMs: number): void {
    const { session, clock, view, setView, onError } = this.#options;
    const room = this.#room;
    const failed = (error: CallError): void => {
      setView(leftRoom(view(), 'left'));
      onError(error);
    };
    if (room === undefined) {
      failed(clientError('CLIENT_SESSION_LOST'));
      return;
    }
    clock.clearTimeout(this.#timer);
    session.request(this.#joinRequest(room)).then(
      (status) => {
        if (status === 'waiting' && view().phase !== 'waiting') setView({ ...view(), phase: 'waiting' });
      },
      (thrown: StackError) => {
        const isOver = view().phase === 'left' || thrown.code === 'CLIENT_CLOSED';
        if (isOver || thrown.code === 'ALREADY_IN_ROOM') return;
        if (thrown.code !== 'ROOM_UNKNOWN' || clock.now() >= untilMs) failed(thrown as CallError);
        else this.#timer = clock.setTimeout(() => this.#tryAgain(untilMs), AGAIN_EVERY_MS);
      },
    );
  }

  async #enter(request: EnterRequest): Promise<void> {
    const { session, view, setView } = this.#options;
    const before = view().phase;
    this.#options.clock.clearTimeout(this.#timer);
    setView({ ...view(), phase: 'joining', out: undefined });
    session.connect();
    try {
      const status = await session.request(request);
      if (status === 'waiting' && view().phase === 'joining') setView({ ...view(), phase: 'waiting' });
    } catch (thrown) {
      // Asked once more after a server restart, although the first time had been enough.
      if (view().phase === 'in-room' && codeOf(thrown) === 'ALREADY_IN_ROOM') return;
      if (view().phase === 'joining') {
        const resting = session.everConnected ? 'lobby' : 'offline';
        setView({ ...view(), phase: before === 'left' ? 'left' : resting });
      }
      throw thrown;
    }
  }

  #joinRequest(room: string): Extract<EnterRequest, { type: 'join-room' }> {
    const passcode = this.#passcode === undefined ? {} : { passcode: this.#passcode };
    return { type: 'join-room', room, ...passcode, media: this.#options.media() };
  }
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof StackError ? thrown.code : undefined;
}
