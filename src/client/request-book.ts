/**
 * The requests of one signaling session that have not been answered: what must be said again after a cut, and who
 * waits for the reply. Knows no transport and no clock.
 */
import type { ClientRequest } from '../signaling/index.ts';
import { type CallError, clientError } from './call-error.ts';

export type RequestStatus = 'joined' | 'waiting' | undefined;

export interface OpenRequest {
  readonly request: ClientRequest;
  /** 0 until it is first sent: what was never sent can still be taken back. */
  n: number;
  readonly settle: (error: CallError | undefined, status: RequestStatus) => void;
}

/** A minute of busy trickling for five peers while the connection is away, and room for what a person clicks. */
const MAX_OPEN = 1000;

export class RequestBook {
  #open: OpenRequest[] = [];
  #lastN = 0;

  /** In the order in which they were made. */
  get open(): readonly OpenRequest[] {
    return this.#open;
  }

  /** `undefined` when the book is full; `settle` has been called then. */
  add(request: ClientRequest, settle: OpenRequest['settle']): OpenRequest | undefined {
    if (this.#open.length >= MAX_OPEN) {
      settle(clientError('CLIENT_OUTBOX_FULL'), undefined);
      return undefined;
    }
    const entry: OpenRequest = { request, n: 0, settle };
    this.#open.push(entry);
    return entry;
  }

  /** Gives `entry` its number at its first sending. */
  number(entry: OpenRequest): number {
    if (entry.n === 0) {
      this.#lastN += 1;
      entry.n = this.#lastN;
    }
    return entry.n;
  }

  /** The reply to request `n` is here. */
  answer(n: number, error: CallError | undefined, status: RequestStatus): void {
    const at = this.#open.findIndex((entry) => entry.n === n);
    if (at < 0) return;
    const [entry] = this.#open.splice(at, 1);
    entry?.settle(error, status);
  }

  /** Nobody waits for `entry` any longer: what was never sent never will be. */
  withdraw(entry: OpenRequest): void {
    if (entry.n === 0) this.#open = this.#open.filter((other) => other !== entry);
  }

  /**
   * A new session counts from 1. What only made sense in the old one fails: signals belong to a moment of a
   * negotiation, and a ping measures one connection. Everything else is asked again.
   */
  renew(): void {
    const old = this.#open;
    this.#lastN = 0;
    this.#open = old.filter((entry) => !isOfTheMoment(entry.request));
    for (const entry of this.#open) entry.n = 0;
    for (const entry of old) {
      if (isOfTheMoment(entry.request)) entry.settle(clientError('CLIENT_SESSION_LOST'), undefined);
    }
  }

  /** Everything fails with `error`. */
  clear(error: CallError): void {
    const old = this.#open;
    this.#open = [];
    for (const entry of old) entry.settle(error, undefined);
  }
}

function isOfTheMoment(request: ClientRequest): boolean {
  return request.type === 'signal' || request.type === 'ping' || request.type === 'refresh-ice';
}
