/**
 * Which peers a client may reach through the relay. An open relay into the server's own network is the classic hole
 * of TURN servers, so everything that is not the open internet needs a reason. RFC 8656 §21.2, RFC 6890.
 *
 * An operator's own ranges come on top: the narrowest that holds an address decides. They open what is private, and this
 * machine's own address where it is named as itself; never what no call needs (loopback, link-local, metadata …).
 *
 * IPv6 addresses that carry an IPv4 address are judged by both. The relayed addresses of our own allocations are no
 * business of this file: the server delivers to them inside itself.
 */
import {
  AccessList,
  embeddedIpv4,
  formatAddress,
  type IpRange,
  inAnyRange,
  invariant,
  parseIp,
  parseIpRange,
  type SocketAddress,
} from '../base/index.ts';
import type { PeerPolicyOptions } from './server-options.ts';

/** Why a peer is refused. */
export type PeerRefusal =
  | 'not-an-address'
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'reserved'
  | 'metadata'
  | 'denied'
  | 'private'
  | 'own-address'
  | 'own-service';

/** Services that hand out a cloud machine's credentials to whoever asks from inside. Refused whatever else is allowed. */
const METADATA = ranges(
  '169.254.169.254', // AWS, Azure, Google, DigitalOcean, OpenStack …
  '169.254.170.2', // AWS container credentials
  '169.254.170.23', // AWS EKS pod identity
  '168.63.129.16', // Azure's host agent, on a public address
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS pod identity
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
);

/** RFC 1122 §3.2.1.3 "this host", RFC 4291 §2.5.2. */
const UNSPECIFIED = ranges('0.0.0.0/8', '::');
const LOOPBACK = ranges('127.0.0.0/8', '::1');
const LINK_LOCAL = ranges('169.254.0.0/16', 'fe80::/10');
const MULTICAST = ranges('224.0.0.0/4', 'ff00::/8');
/** RFC 1112 §4 and the limited broadcast in it; RFC 6666 discard. */
const RESERVED = ranges('240.0.0.0/4', '100::/64');

const PRIVATE = ranges(
  '10.0.0.0/8', // RFC 1918
  '172.16.0.0/12', // RFC 1918
  '192.168.0.0/16', // RFC 1918
  '100.64.0.0/10', // RFC 6598, carrier-grade NAT
  '192.0.0.0/24', // RFC 6890, protocol assignments
  '198.18.0.0/15', // RFC 2544, benchmarks
  'fc00::/7', // RFC 4193, unique local
  'fec0::/10', // RFC 3879, the former site local
  '64:ff9b:1::/48', // RFC 8215, translation inside one network, at any prefix length
);

export class PeerPolicy {
  #allowLoopback = false;
  #allowPrivate = false;
  #access = new AccessList({ allow: [], deny: [] });
  #ownServices: ReadonlySet<string> = new Set();
  #ownPorts: ReadonlySet<number> = new Set();
  #ownIps: ReadonlySet<string> = new Set();

  constructor(options: PeerPolicyOptions) {
    this.reconfigure(options);
  }

  /** Replaces everything, the own services too. */
  reconfigure(options: PeerPolicyOptions): void {
    this.#allowLoopback = options.loopback;
    this.#allowPrivate =
      options.private === 'allow' || (options.private === 'auto' && !options.serverHasPublicAddress);
    this.#access = new AccessList({ allow: options.allow ?? [], deny: options.deny ?? [] });
    this.setOwnServices(options.ownServices);
  }

  /** Replaces the list; addresses come and go with networks. */
  setOwnServices(services: readonly SocketAddress[]): void {
    this.#ownServices = new Set(services.map(reducedKey));
    this.#ownPorts = new Set(services.map((service) => service.port));
    this.#ownIps = new Set(services.map(({ ip }) => reduced(ip)));
  }

  /** For a permission, which names no port. `undefined`: allowed. */
  refusalOfIp(ip: string): PeerRefusal | undefined {
    const bytes = parseIp(ip);
    if (!bytes) return 'not-an-address';
    return this.#refusalOfBytes(bytes) ?? (this.#isOwnAddress(ip, bytes) ? 'own-address' : undefined);
  }

  /** For a channel or a datagram. `undefined`: allowed. */
  refusalOf(peer: SocketAddress): PeerRefusal | undefined {
    return this.isOwnService(peer) ? 'own-service' : this.refusalOfIp(peer.ip);
  }

  /**
   * For a TCP connection, which reaches far more of what runs on a machine than a datagram does: our own addresses are
   * refused where private peers are allowed too, unless an operator's range names them. `undefined`: allowed.
   */
  refusalOfConnection(peer: SocketAddress): PeerRefusal | undefined {
    const refusal = this.refusalOf(peer);
    const bytes = parseIp(peer.ip);
    if (refusal || !bytes) return refusal;
    return this.#isOwnUnnamed(peer.ip, bytes) ? 'own-address' : undefined;
  }

  /** Cheap when the port is none of ours. */
  isOwnService(peer: SocketAddress): boolean {
    return this.#ownPorts.has(peer.port) && this.#ownServices.has(reducedKey(peer));
  }

  /**
   * What comes from this machine itself passes its firewall, so whatever else listens here would be open to everybody.
   * Where private peers are allowed, people sit at such addresses; loopback has a rule of its own.
   */
  #isOwnAddress(ip: string, bytes: Uint8Array): boolean {
    return !this.#allowPrivate && this.#isOwnUnnamed(ip, bytes);
  }

  #isOwnUnnamed(ip: string, bytes: Uint8Array): boolean {
    if (!this.#ownIps.has(reduced(ip)) || inAnyRange(LOOPBACK, bytes)) return false;
    return !this.#access.names(embeddedIpv4(bytes) ?? bytes);
  }

  #refusalOfBytes(ip: Uint8Array): PeerRefusal | undefined {
    if (inAnyRange(METADATA, ip)) return 'metadata';
    if (inAnyRange(UNSPECIFIED, ip)) return 'unspecified';
    if (inAnyRange(LOOPBACK, ip) && !this.#allowLoopback) return 'loopback';
    if (inAnyRange(LINK_LOCAL, ip)) return 'link-local';
    if (inAnyRange(MULTICAST, ip)) return 'multicast';
    if (inAnyRange(RESERVED, ip)) return 'reserved';
    const verdict = this.#access.verdictOf(ip);
    if (verdict === 'deny') return 'denied';
    if (!this.#allowPrivate && verdict !== 'allow' && inAnyRange(PRIVATE, ip)) return 'private';
    const inner = embeddedIpv4(ip);
    return inner && this.#refusalOfBytes(inner);
  }
}

/** `::ffff:192.0.2.1` and `192.0.2.1` are one service. */
function reducedKey({ ip, port }: SocketAddress): string {
  return formatAddress({ ip: reduced(ip), port });
}

function reduced(ip: string): string {
  const bytes = parseIp(ip);
  const inner = bytes && embeddedIpv4(bytes);
  return inner ? inner.join('.') : ip;
}

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text);
    invariant(range, `${text} is a range`);
    return range;
  });
}
