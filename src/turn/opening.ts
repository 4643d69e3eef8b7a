/** An Allocate request that waits for its sockets. RFC 8656 §7.2. */
import type { IpFamily, Millis } from '../base/index.ts';
import type { AllocateWish } from './allocate-wish.ts';
import type { RequestTicket } from './answer-memory.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import type { Leg } from './leg.ts';
import type { Relay } from './relay.ts';

export interface OpeningRequest {
  readonly leg: Leg;
  readonly user: AuthenticatedUser;
  /** 12 bytes, a copy. */
  readonly transactionId: Uint8Array;
  readonly ticket: RequestTicket;
  readonly lifetimeSeconds: number;
  readonly wish: AllocateWish;
}

/** One socket that is wanted. */
export interface Slot {
  relay: Relay;
  open: boolean;
  /** The port after an even one, to be held in reserve. */
  readonly reserve: boolean;
}

export class Opening {
  readonly request: OpeningRequest;
  /** The shell must have answered by then. */
  readonly deadline: Millis;
  readonly slots: Slot[] = [];
  /** Ports that other programs hold, by family. */
  readonly avoid = { 4: new Set<number>(), 6: new Set<number>() };
  attemptsLeft: number;
  /** The second family that could not be had. */
  failedFamily: IpFamily | undefined;

  constructor(request: OpeningRequest, deadline: Millis, attempts: number) {
    this.request = request;
    this.deadline = deadline;
    this.attemptsLeft = attempts;
    this.failedFamily = undefined;
  }

  get complete(): boolean {
    return this.slots.every((slot) => slot.open);
  }
}
