/** Which sockets of a host hold which local addresses, wildcards included. One table for each protocol. */
import {
  familyOf,
  formatAddress,
  type IpFamily,
  randomBelow,
  type SeededRandom,
  type SocketAddress,
  StackError,
} from '../base/index.ts';

/** What the system chooses from when it is asked for port 0: the dynamic ports of RFC 6335 §6. */
const EPHEMERAL = { first: 49_152, count: 16_384 };

const WILDCARDS: Readonly<Record<IpFamily, string>> = { 4: '0.0.0.0', 6: '::' };

export class PortTable<Owner> {
  readonly #random: SeededRandom;
  readonly #isOwn: (ip: string) => boolean;
  readonly #owners = new Map<string, Owner>();

  constructor(random: SeededRandom, isOwn: (ip: string) => boolean) {
    this.#random = random;
    this.#isOwn = isOwn;
  }

  get size(): number {
    return this.#owners.size;
  }

  /** The address that `wanted` becomes, free to take. Throws `StackError` `ADDRESS_NOT_LOCAL` or `ADDRESS_IN_USE`. */
  choose(wanted: SocketAddress): SocketAddress {
    const { ip } = wanted;
    if (!isWildcard(ip) && !this.#isOwn(ip)) {
      throw new StackError('ADDRESS_NOT_LOCAL', `${ip} is no address of this virtual host; use one that is.`);
    }
    if (wanted.port !== 0) {
      if (this.#isFree(wanted)) return wanted;
      throw inUse(wanted);
    }
    const start = randomBelow(this.#random, EPHEMERAL.count);
    for (let i = 0; i < EPHEMERAL.count; i++) {
      const local = { ip, port: EPHEMERAL.first + ((start + i) % EPHEMERAL.count) };
      if (this.#isFree(local)) return local;
    }
    throw inUse(wanted);
  }

  hold(local: SocketAddress, owner: Owner): void {
    this.#owners.set(formatAddress(local), owner);
  }

  release(local: SocketAddress, owner: Owner): void {
    const key = formatAddress(local);
    if (this.#owners.get(key) === owner) this.#owners.delete(key);
  }

  /** Who gets what comes to `local`: the one bound to it, or to the wildcard. */
  find(local: SocketAddress): Owner | undefined {
    const wildcard = { ip: WILDCARDS[familyOf(local.ip)], port: local.port };
    return this.#owners.get(formatAddress(local)) ?? this.#owners.get(formatAddress(wildcard));
  }

  #isFree(local: SocketAddress): boolean {
    if (!isWildcard(local.ip)) return this.find(local) === undefined;
    const suffix = `:${local.port}`;
    const family = familyOf(local.ip);
    for (const key of this.#owners.keys()) {
      if (key.endsWith(suffix) && key.startsWith('[') === (family === 6)) return false;
    }
    return true;
  }
}

export function isWildcard(ip: string): boolean {
  return ip === WILDCARDS[familyOf(ip)];
}

function inUse(local: SocketAddress): StackError {
  const text = formatAddress(local);
  return new StackError('ADDRESS_IN_USE', `${text} is taken on this virtual host; choose another port.`);
}
