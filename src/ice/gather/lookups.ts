/** Names being looked up, for servers and for remote candidates: each name once at a time, none for ever. */
import { canonicalIp, type Millis, NEVER } from '../../base/index.ts';
import type { IceRequest } from '../io.ts';
import { LOOKUP_MS, MAX_LOOKUPS } from './limits.ts';

/** Canonical addresses, best first; `undefined` when nobody knows the name. */
export type Found = (now: Millis, ips: readonly string[] | undefined) => void;

interface Lookup {
  readonly name: string;
  readonly deadline: Millis;
  readonly askers: Found[];
}

/** Addresses of one name that are of use. */
const MAX_ADDRESSES = 16;

export class Lookups {
  readonly #request: (request: IceRequest) => void;
  readonly #pending = new Map<number, Lookup>();
  #lastId = 0;

  constructor(request: (request: IceRequest) => void) {
    this.#request = request;
  }

  /** Of an address the answer comes at once, and so does a no where too much is asked. */
  ask(now: Millis, name: string, found: Found): void {
    const ip = canonicalIp(name);
    if (ip !== undefined) {
      found(now, [ip]);
      return;
    }
    for (const lookup of this.#pending.values()) {
      if (lookup.name === name && lookup.askers.length < MAX_LOOKUPS) {
        lookup.askers.push(found);
        return;
      }
    }
    if (this.#pending.size >= MAX_LOOKUPS) {
      found(now, undefined);
      return;
    }
    this.#lastId += 1;
    this.#pending.set(this.#lastId, { name, deadline: now + LOOKUP_MS, askers: [found] });
    this.#request({ kind: 'lookup', lookup: this.#lastId, name });
  }

  handleLookedUp(now: Millis, id: number, ips: readonly string[] | undefined): void {
    const lookup = this.#pending.get(id);
    if (!lookup) return;
    this.#pending.delete(id);
    const known = ips
      ?.slice(0, MAX_ADDRESSES)
      .map(canonicalIp)
      .filter((ip) => ip !== undefined);
    for (const found of lookup.askers) found(now, known && known.length > 0 ? known : undefined);
  }

  handleTimeout(now: Millis): void {
    for (const [id, { deadline }] of this.#pending) {
      if (deadline <= now) this.handleLookedUp(now, id, undefined);
    }
  }

  nextTimeout(): Millis {
    let next = NEVER;
    for (const { deadline } of this.#pending.values()) next = Math.min(next, deadline);
    return next;
  }

  clear(): void {
    this.#pending.clear();
  }
}
