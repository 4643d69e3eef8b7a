/**
 * Where relay sockets are bound and what clients are told: the address by which a client came, or `--public-ip` in its
 * place. Changes when the machine's addresses do. Binds nothing. RFC 8656 §7.2.
 */
import { familyOf, type IpFamily } from '../../base/index.ts';
import { scopeOf } from '../../node/index.ts';
import type { RelayAddresses } from '../../turn/index.ts';

export class RelayAddressBook implements RelayAddresses {
  readonly byServerIp = new Map<string, string>();
  readonly #publicIps: readonly string[];
  /** Where relays are bound when the client's own way in does not tell. */
  readonly #defaults = new Map<IpFamily, string>();

  /** At most one public address of each family counts: the first. */
  constructor(publicIps: readonly string[], listening: readonly string[]) {
    this.#publicIps = publicIps;
    this.update(listening);
  }

  get v4(): string | undefined {
    return this.#advertised(4);
  }

  get v6(): string | undefined {
    return this.#advertised(6);
  }

  /** `listening`: the addresses of the machine that are listened on, best first. */
  update(listening: readonly string[]): void {
    const useful = listening.filter((ip) => scopeOf(ip) !== 'loopback');
    this.byServerIp.clear();
    this.#defaults.clear();
    for (const family of [4, 6] as const) {
      // A relay on a loopback address can reach nobody else. So who comes over loopback (a browser on this machine)
      // gets another one, unless there is no other.
      const mine = useful.filter((ip) => familyOf(ip) === family);
      const ips = mine.length > 0 ? mine : listening.filter((ip) => familyOf(ip) === family);
      const first = ips[0];
      if (first === undefined) continue;
      this.#defaults.set(family, first);
      for (const ip of ips) this.byServerIp.set(ip, this.#publicIp(family) ?? ip);
    }
  }

  /** The local address for a relay of `family` whose client came in on `serverIp`; agrees with what is advertised. */
  bindIp(serverIp: string, family: IpFamily): string | undefined {
    const same = familyOf(serverIp) === family && this.byServerIp.has(serverIp);
    return same ? serverIp : this.#defaults.get(family);
  }

  /** How others reach one of our addresses. */
  advertised(ip: string): string {
    return this.#publicIp(familyOf(ip)) ?? ip;
  }

  #advertised(family: IpFamily): string | undefined {
    const local = this.#defaults.get(family);
    return local && (this.#publicIp(family) ?? local);
  }

  #publicIp(family: IpFamily): string | undefined {
    return this.#publicIps.find((ip) => familyOf(ip) === family);
  }
}
