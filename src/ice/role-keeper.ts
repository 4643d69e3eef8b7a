/** Who is controlling, and how a conflict ends. Lives as long as the agent. RFC 8445 §6.1.1, §7.2.5.1, §7.3.1.1. */
import type { Random } from '../base/index.ts';
import { TIE_BREAKER_BYTES } from './check-message.ts';
import type { IceRole } from './events.ts';

/**
 * Switches that a peer can cause. One settles an honest conflict; more are a peer that does not keep to what it said, and
 * each costs new checks.
 */
const MAX_SWITCHES = 8;

export class RoleKeeper {
  readonly #random: Random;
  /** Lite, or a lite peer: the role follows from that, and there is no conflict. */
  #fixed = false;
  #role: IceRole;
  #tieBreaker: Uint8Array;
  #switches = 0;

  constructor(random: Random, role: IceRole) {
    this.#random = random;
    this.#role = role;
    this.#tieBreaker = random.bytes(TIE_BREAKER_BYTES);
  }

  get role(): IceRole {
    return this.#role;
  }

  get tieBreaker(): Uint8Array {
    return this.#tieBreaker;
  }

  /** The offer and the answer have said so. Tells whether it changed. */
  set(role: IceRole, fixed: boolean): boolean {
    if (this.#fixed && !fixed) return false;
    this.#fixed = fixed;
    const changed = role !== this.#role;
    this.#role = role;
    return changed;
  }

  /** A new generation: conflicts may be settled anew. */
  renew(): void {
    this.#fixed = false;
    this.#switches = 0;
  }

  /** A check came with this role. `reject`: answer 487. RFC 8445 §7.3.1.1. */
  judge(theirs: IceRole | undefined, theirTieBreaker: Uint8Array): 'fits' | 'reject' | 'switched' {
    if (theirs !== this.#role || this.#fixed) return 'fits';
    const oursIsLarger = compareBytes(this.#tieBreaker, theirTieBreaker) >= 0;
    const keep = this.#role === 'controlling' ? oursIsLarger : !oursIsLarger;
    if (keep || !this.#mayCount()) return 'reject';
    this.#role = opposite(this.#role);
    return 'switched';
  }

  /** 487 came for a check that was sent in role `sentAs`. True: the role has changed. RFC 8445 §7.2.5.1. */
  handleConflict(sentAs: IceRole): boolean {
    if (this.#fixed || sentAs !== this.#role || !this.#mayCount()) return false;
    this.#role = opposite(sentAs);
    this.#tieBreaker = this.#random.bytes(TIE_BREAKER_BYTES);
    return true;
  }

  #mayCount(): boolean {
    if (this.#switches >= MAX_SWITCHES) return false;
    this.#switches += 1;
    return true;
  }
}

function opposite(role: IceRole): IceRole {
  return role === 'controlling' ? 'controlled' : 'controlling';
}

/** As numbers in network order. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < TIE_BREAKER_BYTES; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
