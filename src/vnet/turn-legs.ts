/** UDP clients of a virtual TURN server as legs; those without allocation are forgotten in the order of arrival. RFC 8656 §6. */
import { formatAddress, type SocketAddress } from '../base/index.ts';
import { type Leg, type LegId, legId } from '../turn/index.ts';

export class TurnLegs {
  readonly #maxIdle: number;
  readonly #held = new Map<string, Leg>();
  readonly #idle = new Map<string, Leg>();
  #lastId = 0;

  /** `maxIdle`: legs without allocation that are remembered. */
  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  get idleCount(): number {
    return this.#idle.size;
  }

  newId(): LegId {
    this.#lastId += 1;
    return legId(this.#lastId);
  }

  legOf(client: SocketAddress, server: SocketAddress): Leg {
    const key = keyOf(client, server);
    const known = this.#held.get(key) ?? this.#idle.get(key);
    if (known) return known;
    const oldest = this.#idle.size >= this.#maxIdle ? this.#idle.keys().next() : undefined;
    if (oldest && !oldest.done) this.#idle.delete(oldest.value);
    const leg: Leg = { id: this.newId(), transport: 'udp', client, server };
    this.#idle.set(key, leg);
    return leg;
  }

  /** An allocation lives on it from now on. */
  hold(leg: Leg): void {
    const key = keyOf(leg.client, leg.server);
    this.#idle.delete(key);
    this.#held.set(key, leg);
  }

  release(leg: Leg): void {
    const key = keyOf(leg.client, leg.server);
    if (this.#held.get(key) === leg) this.#held.delete(key);
  }
}

function keyOf(client: SocketAddress, server: SocketAddress): string {
  return `${formatAddress(client)} ${formatAddress(server)}`;
}
