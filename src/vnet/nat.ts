/** A router that hides a network behind its own addresses. Translates UDP and TCP. RFC 4787, RFC 5382. */
import { familyOf, type SocketAddress } from '../base/index.ts';
import type { LinkOptions } from './link.ts';
import type { NatOptions } from './nat-options.ts';
import { NatTable } from './nat-table.ts';
import { type Access, Network } from './network.ts';
import type { IcmpPacket, Packet } from './packet.ts';
import type { Fate } from './packet-log.ts';
import type { World } from './world.ts';

/** From the inner network to the router: the same box. */
const INSIDE_LINK: Partial<LinkOptions> = { latencyMs: 0 };

export class Nat {
  readonly name: string;
  /** The network behind it; it is the gateway there. */
  readonly inner: Network;
  /** Its connection to the outer network. */
  readonly access: Access;
  readonly #world: World;
  readonly #options: NatOptions;
  readonly #table: NatTable;
  readonly #inside: Access;

  /** `ips`: its outer addresses, the first of each family is used. */
  constructor(
    outer: Network,
    name: string,
    ips: readonly string[],
    options: NatOptions,
    link: Partial<LinkOptions> = {},
  ) {
    const { world } = outer;
    this.name = name;
    this.#world = world;
    this.#options = options;
    this.#table = new NatTable(options, world.newRandom());
    this.inner = new Network(world, `behind ${name}`);
    this.access = outer.attach({ name, receive: (packet) => this.#fromOutside(packet) }, ips, link);
    const inside = { name, receive: (packet: Packet) => this.#fromInside(packet) };
    this.#inside = this.inner.attach(inside, [], INSIDE_LINK);
    this.inner.setGateway(this.#inside);
  }

  get mappingCount(): number {
    return this.#table.size;
  }

  /** As after a power cut: every mapping is gone; whoever sends again may get another port. */
  reboot(): void {
    this.#table.clear();
  }

  #fromInside(packet: Packet): void {
    if (packet.protocol === 'icmp') {
      this.#end(packet, 'filtered'); // what inner hosts have to say about datagrams stays inside
      return;
    }
    const translated = this.#translateOut(packet);
    if (!translated) return;
    if (!this.access.ips.includes(packet.to.ip)) this.access.up.carry(translated);
    // RFC 4787 §6, REQ-9: a hairpinned packet comes from the outer address.
    else if (this.#options.hairpin) this.#fromOutside(translated);
    else this.#end(packet, 'filtered');
  }

  #translateOut(packet: Exclude<Packet, IcmpPacket>): Packet | undefined {
    const outerIp = this.#outerIp(packet.from);
    if (outerIp === undefined) return this.#end(packet, 'no-route');
    const mapping = this.#table.outbound(this.#world.now, packet.protocol, packet.from, packet.to, outerIp);
    return mapping ? { ...packet, from: mapping.outside } : this.#end(packet, 'no-port');
  }

  #fromOutside(packet: Packet): void {
    const translated = packet.protocol === 'icmp' ? this.#translateIcmp(packet) : this.#translateIn(packet);
    if (translated) this.#inside.up.carry(translated);
    else this.#end(packet, 'filtered');
  }

  #translateIn(packet: Exclude<Packet, IcmpPacket>): Packet | undefined {
    const mapping = this.#table.inbound(this.#world.now, packet.protocol, packet.to, packet.from);
    return mapping && { ...packet, to: mapping.inside };
  }

  /** RFC 5508 REQ-3, REQ-4: about a datagram of a mapping, which is not kept alive by it. */
  #translateIcmp(packet: IcmpPacket): Packet | undefined {
    const { about } = packet;
    const mapping = this.#table.find(this.#world.now, about.protocol, about.from);
    if (!mapping) return undefined;
    const { inside } = mapping;
    return { ...packet, to: { ip: inside.ip, port: 0 }, about: { ...about, from: inside } };
  }

  #outerIp(inside: SocketAddress): string | undefined {
    return this.access.ips.find((ip) => familyOf(ip) === familyOf(inside.ip));
  }

  #end(packet: Packet, fate: Fate): undefined {
    this.#world.log.add({ at: this.#world.now, where: this.name, fate, packet });
    return undefined;
  }
}
