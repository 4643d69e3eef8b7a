/**
 * A place where addresses are known: the internet, a home, an office. Each member has an access of two links, one each
 * way; what nobody here has goes to the gateway, if there is one.
 */
import { canonicalIp } from '../base/index.ts';
import { Link, type LinkOptions } from './link.ts';
import type { Packet } from './packet.ts';
import type { World } from './world.ts';

/** Who can be reached: a host, or a NAT. */
export interface Member {
  readonly name: string;
  receive(packet: Packet): void;
}

/** A member's connection to a network. `up` leads away from the member. */
export class Access {
  readonly network: Network;
  readonly ips: readonly string[];
  readonly up: Link;
  readonly down: Link;

  constructor(network: Network, member: Member, ips: readonly string[], options: Partial<LinkOptions>) {
    const { world } = network;
    this.network = network;
    this.ips = ips;
    const toNetwork = (packet: Packet): void => network.route(packet, this);
    const toMember = (packet: Packet): void => member.receive(packet);
    this.up = new Link(world, `${member.name}→${network.name}`, options, toNetwork, toMember);
    this.down = new Link(world, `${network.name}→${member.name}`, options, toMember, toNetwork);
  }

  /** Both directions. */
  change(options: Partial<LinkOptions>): void {
    this.up.change(options);
    this.down.change(options);
  }
}

export class Network {
  readonly world: World;
  readonly name: string;
  readonly #byIp = new Map<string, Access>();
  #gateway: Access | undefined;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  /** Throws `RangeError` for what is no address, or taken. */
  attach(member: Member, ips: readonly string[], options: Partial<LinkOptions> = {}): Access {
    const canonical = ips.map((ip) => this.#free(ip));
    const access = new Access(this, member, canonical, options);
    for (const ip of canonical) this.#byIp.set(ip, access);
    return access;
  }

  /** The cable is pulled: nothing reaches these addresses any more, and they are free. */
  detach(access: Access): void {
    for (const ip of access.ips) if (this.#byIp.get(ip) === access) this.#byIp.delete(ip);
    if (this.#gateway === access) this.#gateway = undefined;
  }

  /** Where everything goes that nobody here has. */
  setGateway(access: Access): void {
    this.#gateway = access;
  }

  route(packet: Packet, from: Access): void {
    const found = this.#byIp.get(packet.to.ip) ?? (this.#gateway === from ? undefined : this.#gateway);
    if (found) found.down.carry(packet);
    else this.world.log.add({ at: this.world.now, where: this.name, fate: 'no-route', packet });
  }

  #free(text: string): string {
    const ip = canonicalIp(text);
    if (ip === undefined) throw new RangeError(`${text} is no IP address.`);
    if (this.#byIp.has(ip)) throw new RangeError(`${ip} is taken in ${this.name}.`);
    return ip;
  }
}
