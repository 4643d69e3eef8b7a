/**
 * UDP clients as legs: the same leg for the same two addresses for as long as an allocation lives on it. Who has no
 * allocation is forgotten in the order of arrival, so forged sources cost bounded memory. RFC 8656 §6.
 */
import { AgingMap, type SocketAddress } from '../../base/index.ts';
import { type Leg, type LegId, legId } from '../../turn/index.ts';

/** A leg without allocation is needed for the few round trips of an Allocate. About 300 bytes each: 5 MB. */
const MAX_IDLE_LEGS = 16_384;

export type MakeLeg<L extends Leg> = (id: LegId, client: SocketAddress, server: SocketAddress) => L;

export class LegTable<L extends Leg> {
  readonly #nextId: () => LegId;
  readonly #make: MakeLeg<L>;
  readonly #maxIdle: number;
  /** By `clientKey` of one server address, each with an allocation. */
  readonly #held = new Map<string, Map<string, L>>();
  readonly #idle = new AgingMap<string, L>();

  constructor(nextId: () => LegId, make: MakeLeg<L>, maxIdle = MAX_IDLE_LEGS) {
    this.#nextId = nextId;
    this.#make = make;
    this.#maxIdle = maxIdle;
  }

  get heldCount(): number {
    let count = 0;
    for (const legs of this.#held.values()) count += legs.size;
    return count;
  }

  get idleCount(): number {
    return this.#idle.size;
  }

  legOf(client: SocketAddress, server: SocketAddress): L {
    const clientText = clientKey(client);
    const held = this.#held.get(server.ip)?.get(clientText);
    if (held) return held;
    const key = `${server.ip} ${clientText}`;
    const known = this.#idle.get(key);
    if (known) return known;
    const { oldest } = this.#idle;
    if (oldest && this.#idle.size >= this.#maxIdle) this.#idle.delete(oldest.key);
    const leg = this.#make(this.#nextId(), client, server);
    this.#idle.set(key, leg);
    return leg;
  }

  /** An allocation lives on it from now on. */
  hold(leg: L): void {
    const { ip } = leg.server;
    const legs = this.#held.get(ip) ?? new Map<string, L>();
    this.#held.set(ip, legs.set(clientKey(leg.client), leg));
    this.#idle.delete(`${ip} ${clientKey(leg.client)}`);
  }

  /** The allocation has ended. */
  release(leg: L): void {
    const legs = this.#held.get(leg.server.ip);
    if (legs?.get(clientKey(leg.client)) !== leg) return;
    legs.delete(clientKey(leg.client));
    if (legs.size === 0) this.#held.delete(leg.server.ip);
  }
}

/** Shorter to build than `formatAddress`: this is done for every datagram. */
function clientKey({ ip, port }: SocketAddress): string {
  return `${port} ${ip}`;
}

/** A UDP leg that is nothing but that. */
export function plainLeg(id: LegId, client: SocketAddress, server: SocketAddress): Leg {
  return { id, transport: 'udp', client, server };
}

/** Counts up; shared by all legs of one server. */
export function legIds(): () => LegId {
  let last = 0;
  return () => {
    last += 1;
    return legId(last);
  };
}
