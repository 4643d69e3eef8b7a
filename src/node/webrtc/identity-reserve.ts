/**
 * One identity made ahead, so that who opens connections now and then waits for no key: a key and its certificate take as long as
 * the checks of ICE. Never gives the same to two.
 */
import type { Millis } from '../../base/index.ts';
import type { DtlsIdentity } from '../../dtls/index.ts';
import type { IdentityWish } from '../../webrtc/index.ts';

/** By then the connection that took the last one is mostly open, and the process idle. */
const MADE_AGAIN_AFTER_MS = 20;

/** Good for that much less than was wished for; older ones are thrown away. */
const MOST_AGE_MS = 60 * 60 * 1000;

export interface IdentityMaker {
  make(wish: IdentityWish): DtlsIdentity;
  /** Does not keep the process alive. */
  setTimer(delayMs: Millis, fire: () => void): unknown;
}

export class IdentityReserve {
  readonly #maker: IdentityMaker;
  #spare: { readonly identity: DtlsIdentity; readonly wish: IdentityWish } | undefined;
  #isMaking = false;

  constructor(maker: IdentityMaker) {
    this.#maker = maker;
  }

  /** Prepares none before the first was asked for, nor any of RSA. */
  take(wish: IdentityWish): DtlsIdentity {
    if (wish.kind === 'rsa') return this.#maker.make(wish);
    const spare = this.#spare;
    this.#spare = undefined;
    this.#makeSoon(wish);
    const age = spare ? wish.expires - spare.wish.expires : Number.NaN;
    return spare && age >= 0 && age <= MOST_AGE_MS ? spare.identity : this.#maker.make(wish);
  }

  #makeSoon(wish: IdentityWish): void {
    if (this.#isMaking) return;
    this.#isMaking = true;
    this.#maker.setTimer(MADE_AGAIN_AFTER_MS, () => {
      this.#isMaking = false;
      this.#spare = { identity: this.#maker.make(wish), wish };
    });
  }
}
