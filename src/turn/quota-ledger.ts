/**
 * How many relayed ports are held under which name. The interface, so that machines in several threads can count
 * together, and the one for a machine alone. Decides nothing. RFC 8656 §21.3.1.
 */

export interface QuotaLedger {
  /** Whether `count` more would still be at most `most`. Several machines may overshoot by one request each. */
  mayHold(name: string, count: number, most: number): boolean;
  /** One more. */
  hold(name: string): void;
  /** One less; never without an earlier `hold`. */
  release(name: string): void;
}

/** The name under which all are counted together. No other name is empty. */
export const TOTAL_QUOTA = '';

/** Forgets a name with its last port, so it never holds more names than there are ports. */
export class LocalQuotaLedger implements QuotaLedger {
  readonly #held = new Map<string, number>();

  mayHold(name: string, count: number, most: number): boolean {
    return (this.#held.get(name) ?? 0) + count <= most;
  }

  hold(name: string): void {
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
  }

  release(name: string): void {
    const held = (this.#held.get(name) ?? 0) - 1;
    if (held > 0) this.#held.set(name, held);
    else this.#held.delete(name);
  }
}
