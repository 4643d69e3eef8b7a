/**
 * Our ICE generations: the one in use, the one that an offer has begun, the one that comes next. RFC 9429 §5.2.2, §5.7,
 * RFC 8839 §4.4.1.1.1, webrtc.html §4.4.2 ([[LocalIceCredentialsToReplace]]).
 */
import type { Random } from '../../base/index.ts';
import { createIceCredentials } from './credentials.ts';
import type { IceCredentials, NegotiationStep } from './step.ts';

export class Generations {
  readonly #random: Random;
  /** Agreed on. */
  #settled: IceCredentials | undefined;
  /** Gathered for a pending offer. */
  #offered: IceCredentials | undefined;
  /** In no applied description. */
  #fresh: IceCredentials;
  /** `restartIce` was called while these were in use: negotiation is needed. */
  #toReplace = new Set<string>();
  /** The configuration has changed since: the next offer restarts, whoever asks for it. */
  readonly #outdated = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
    this.#fresh = createIceCredentials(random);
  }

  /** The newest that was begun, or else the first. */
  get newest(): IceCredentials {
    return this.#offered ?? this.#settled ?? this.#fresh;
  }

  get isBegun(): boolean {
    return (this.#offered ?? this.#settled) !== undefined;
  }

  get isRestartWanted(): boolean {
    return this.#toReplace.size > 0;
  }

  wantRestart(): void {
    this.#toReplace = new Set(this.#inUse());
  }

  outdate(): void {
    for (const each of this.#inUse()) this.#outdated.add(each);
  }

  /** For an offer. `restart`: the caller wants it. */
  forOffer(restart: boolean): IceCredentials {
    const { usernameFragment } = this.newest;
    const due = restart || this.#toReplace.has(usernameFragment) || this.#outdated.has(usernameFragment);
    return due ? this.#fresh : this.newest;
  }

  /** For an answer. */
  forAnswer(restart: boolean): IceCredentials {
    return (restart ? undefined : this.#settled) ?? this.#fresh;
  }

  /** A description with these was applied. */
  begin(ice: IceCredentials): NegotiationStep[] {
    if (this.isBegun && ice.usernameFragment === this.newest.usernameFragment) return [];
    const restart = this.isBegun;
    this.#offered = ice;
    this.#renew();
    return [{ step: 'gather', ice, restart }];
  }

  /** An answer has settled them. */
  settle(ice: IceCredentials): void {
    this.#settled = ice;
    this.#offered = undefined;
    if (!this.#toReplace.has(ice.usernameFragment)) this.#toReplace.clear();
    if (!this.#outdated.has(ice.usernameFragment)) this.#outdated.clear();
  }

  /** The pending offer is taken back. */
  abandon(): NegotiationStep[] {
    if (!this.#offered) return [];
    this.#offered = undefined;
    this.#renew();
    return this.#settled
      ? [{ step: 'abandon-restart', ice: this.#settled }]
      : [{ step: 'abandon-transport' }];
  }

  /** No transport is left. */
  reset(): void {
    this.#settled = undefined;
    this.#offered = undefined;
    this.#toReplace.clear();
    this.#outdated.clear();
    this.#renew();
  }

  #inUse(): string[] {
    return [this.#settled, this.#offered].flatMap((ice) => (ice ? [ice.usernameFragment] : []));
  }

  /** RFC 8839 §5.4: other credentials for every generation. Only an offer that is applied again brings its own back. */
  #renew(): void {
    this.#fresh = createIceCredentials(this.#random);
  }
}
