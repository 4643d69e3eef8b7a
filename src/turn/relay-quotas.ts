/** Who holds how many relayed ports, and who may hold more. RFC 8656 §21.3.1. */
import { subscriberOf } from '../base/index.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import type { Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import { type QuotaLedger, TOTAL_QUOTA } from './quota-ledger.ts';

/**
 * Of all relayed ports one address gets so much at most: where everybody may have a name, names are cheap, and nobody
 * alone is to take what all share. An office behind one router needs far less.
 */
const ADDRESS_SHARE = 0.5;

/** Who is counted for a relayed port, from the moment it is taken until it is free, wherever the client moves. */
export interface Holder {
  readonly quotaName: string;
  /** By `subscriberOf`. */
  readonly subscriber: string;
}

export function holderOf({ quotaName }: AuthenticatedUser, leg: Leg): Holder {
  return { quotaName, subscriber: subscriberOf(leg.client.ip) };
}

export class RelayQuotas {
  readonly #settings: LiveSettings;
  readonly #ledger: QuotaLedger;

  constructor(settings: LiveSettings, ledger: QuotaLedger) {
    this.#settings = settings;
    this.#ledger = ledger;
  }

  mayHold({ quotaName, subscriber }: Holder, count: number): boolean {
    const { perUser, total } = this.#settings.quotas;
    const perAddress = Math.max(perUser, Math.floor(total * ADDRESS_SHARE));
    return (
      this.#ledger.mayHold(quotaName, count, perUser) &&
      this.#ledger.mayHold(addressName(subscriber), count, perAddress) &&
      this.#ledger.mayHold(TOTAL_QUOTA, count, total)
    );
  }

  hold(holder: Holder): void {
    for (const name of namesOf(holder)) this.#ledger.hold(name);
  }

  release(holder: Holder): void {
    for (const name of namesOf(holder)) this.#ledger.release(name);
  }
}

function namesOf({ quotaName, subscriber }: Holder): readonly string[] {
  return [quotaName, addressName(subscriber), TOTAL_QUOTA];
}

/** No name of a user begins so. */
function addressName(subscriber: string): string {
  return `@${subscriber}`;
}
