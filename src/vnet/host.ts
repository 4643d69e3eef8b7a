/**
 * A computer in the virtual network: the same `Platform` as a real one. It may have several addresses in several
 * networks; a packet leaves by the network that its source address belongs to.
 */
import {
  type ByteStream,
  canonicalIp,
  familyOf,
  type InterfaceAddress,
  type Platform,
  type Settled,
  type SocketAddress,
  StackError,
  type StreamListener,
  type TlsOptions,
  type UdpBinding,
} from '../base/index.ts';
import type { LinkOptions } from './link.ts';
import type { Access, Member, Network } from './network.ts';
import { type Packet, portUnreachable } from './packet.ts';
import { PortTable } from './port-table.ts';
import { TcpStack } from './tcp-stack.ts';
import { VirtualUdpSocket } from './udp-socket.ts';
import type { World } from './world.ts';

export class Host implements Platform, Member {
  readonly world: World;
  readonly name: string;
  readonly #accesses: Access[] = [];
  readonly #udp: PortTable<VirtualUdpSocket>;
  readonly #tcp: TcpStack;

  /** Joins `network` at once; `join` adds others. */
  constructor(network: Network, name: string, ips: readonly string[], link: Partial<LinkOptions> = {}) {
    const { world } = network;
    this.world = world;
    this.name = name;
    const isOwn = (ip: string): boolean => this.ips.includes(ip);
    this.#udp = new PortTable(world.newRandom(), isOwn);
    this.#tcp = new TcpStack(world, isOwn, (packet) => this.send(packet));
    this.join(network, ips, link);
  }

  get ips(): readonly string[] {
    return this.#accesses.flatMap((access) => access.ips);
  }

  /** Open UDP sockets, TCP listeners and connections. */
  get socketCount(): number {
    return this.#udp.size + this.#tcp.size;
  }

  /** Gets more addresses; the result is the connection that leads to them. */
  join(network: Network, ips: readonly string[], link: Partial<LinkOptions> = {}): Access {
    const access = network.attach(this, ips, link);
    this.#accesses.push(access);
    return access;
  }

  /** The addresses are gone; sockets bound to them stay, and reach nobody. */
  leave(access: Access): void {
    access.network.detach(access);
    this.#accesses.splice(this.#accesses.indexOf(access), 1);
  }

  /** Its connections, in the order of joining. */
  get accesses(): readonly Access[] {
    return this.#accesses;
  }

  bindUdp(binding: UdpBinding, done: Settled<VirtualUdpSocket>): void {
    this.#settle(done, () => {
      const local = this.#udp.choose({ ip: canonicalIp(binding.ip) ?? binding.ip, port: binding.port });
      const socket = new VirtualUdpSocket(
        local,
        this,
        () => this.#udp.release(local, socket),
        binding.batched,
      );
      this.#udp.hold(local, socket);
      return socket;
    });
  }

  listenTcp(
    local: SocketAddress,
    onStream: (stream: ByteStream) => void,
    done: Settled<StreamListener>,
  ): void {
    this.#settle(done, () => this.#tcp.listen(local, onStream));
  }

  connectTcp(to: SocketAddress, done: Settled<ByteStream>, from?: SocketAddress): void {
    this.world.after(0, () => {
      const local = from ?? { ip: this.sourceIp(to.ip) ?? '', port: 0 };
      this.#tcp.connect(local, to, done);
    });
  }

  /** Nobody listens in here: the bytes go as they are. */
  connectTls(to: SocketAddress, _options: TlsOptions, done: Settled<ByteStream>): void {
    this.connectTcp(to, done);
  }

  /** Names are certificates here: those of the world are trusted. */
  verifyChain(_chain: readonly Uint8Array[], serverName: string, done: Settled<true>): void {
    this.#settle<true>(done, () => {
      if (this.world.names.has(serverName) || canonicalIp(serverName) !== undefined) return true;
      throw new StackError('CERTIFICATE_REFUSED', `Nobody in this world is called ${serverName}.`);
    });
  }

  interfaces(): readonly InterfaceAddress[] {
    return this.#accesses.flatMap((access, i) =>
      access.ips.map((ip) => ({ ip, family: familyOf(ip), interfaceName: `eth${i}` })),
    );
  }

  lookup(name: string, done: Settled<readonly string[]>): void {
    this.#settle(done, () => {
      const ip = canonicalIp(name);
      const found = ip === undefined ? this.world.names.get(name) : [ip];
      if (found && found.length > 0) return found;
      throw new StackError('NAME_UNKNOWN', `The name ${name} stands for no address; check how it is spelt.`);
    });
  }

  /** The address that a packet to `ip` leaves from when its sender does not say. */
  sourceIp(ip: string): string | undefined {
    return this.ips.find((own) => familyOf(own) === familyOf(ip));
  }

  receive(packet: Packet): void {
    const { now } = this.world;
    const socket = packet.protocol === 'udp' ? this.#udp.find(packet.to) : undefined;
    const fate = packet.protocol === 'udp' && !socket ? 'no-socket' : 'arrived';
    this.world.log.add({ at: now, where: this.name, fate, packet });
    if (packet.protocol === 'tcp') this.#tcp.receive(packet);
    else if (packet.protocol === 'icmp') this.#udp.find(packet.about.from)?.receiveIcmp(packet);
    else if (socket) socket.receive(packet);
    else this.send(portUnreachable(packet));
  }

  /** Puts a packet on the way. To an own address it takes no link. */
  send(packet: Packet): void {
    const { world, name } = this;
    world.log.add({ at: world.now, where: name, fate: 'sent', packet });
    if (this.ips.includes(packet.to.ip)) {
      world.after(0, () => this.receive(packet));
      return;
    }
    const access = this.#accesses.find(({ ips }) => ips.includes(packet.from.ip));
    if (access) access.up.carry(packet);
    else world.log.add({ at: world.now, where: name, fate: 'no-route', packet });
  }

  /** Calls back in a later action, as every platform does. */
  #settle<T>(done: Settled<T>, work: () => T): void {
    this.world.after(0, () => {
      let value: T;
      try {
        value = work();
      } catch (error) {
        if (!(error instanceof StackError)) throw error;
        done({ error });
        return;
      }
      done({ value });
    });
  }
}
