/** Which clients are listened to at all, by address. Asked for every datagram, before a byte of it is read. */
import { AccessList, type AccessRanges, embeddedIpv4, type IpRange, parseIp } from '../../base/index.ts';

/** Verdicts kept, some 100 bytes each. Sources can be forged, so the table starts anew when it is full. */
const REMEMBERED = 8192;

/** No ranges at all: all are listened to. */
export const EVERYBODY: AccessRanges = { allow: [], deny: [] };

export class ClientGate {
  #list: AccessList;
  #balancers: AccessList;
  readonly #verdicts = new Map<string, boolean>();
  /** Datagrams and connections that were not listened to. */
  refused = 0;

  /** `balancers`: who tells the address of a client by the PROXY protocol. */
  constructor(ranges: AccessRanges, balancers: readonly IpRange[] = []) {
    this.#list = new AccessList(ranges);
    this.#balancers = new AccessList({ allow: balancers, deny: [] });
  }

  reconfigure(ranges: AccessRanges | undefined, balancers?: readonly IpRange[]): void {
    if (ranges) this.#list = new AccessList(ranges);
    if (balancers) this.#balancers = new AccessList({ allow: balancers, deny: [] });
    this.#verdicts.clear();
  }

  isBalancer(ip: string): boolean {
    if (this.#balancers.isEmpty) return false;
    const bytes = parseIp(ip);
    return bytes !== undefined && this.#balancers.verdictOf(bytes) === 'allow';
  }

  /** Counts those that are not. `ip`: canonical text. */
  admits(ip: string): boolean {
    if (this.#list.isEmpty) return true;
    let verdict = this.#verdicts.get(ip);
    if (verdict === undefined) {
      verdict = this.#judge(ip);
      if (this.#verdicts.size >= REMEMBERED) this.#verdicts.clear();
      this.#verdicts.set(ip, verdict);
    }
    if (!verdict) this.refused += 1;
    return verdict;
  }

  /** An IPv4 address that hides in an IPv6 one is judged too: either may keep it out, either may let it in. */
  #judge(ip: string): boolean {
    const bytes = parseIp(ip);
    if (!bytes) return false;
    const inner = embeddedIpv4(bytes);
    const verdicts = [bytes, ...(inner ? [inner] : [])].map((address) => this.#list.verdictOf(address));
    if (verdicts.includes('deny')) return false;
    return verdicts.includes('allow') || !this.#list.hasAllowed;
  }
}
