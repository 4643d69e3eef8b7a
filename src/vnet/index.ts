/** Floor 6: a simulated network in virtual time behind the same `Platform` as the real one. Pure: the page may run it too. */
export { VirtualDriver, type VirtualDriverOptions } from './driver.ts';
export { Host } from './host.ts';
export { DEFAULT_LINK, Link, type LinkOptions, LOOPBACK_MTU_BYTES } from './link.ts';
export { burstyLoss, type GilbertElliott, type Loss } from './loss.ts';
export { Nat } from './nat.ts';
export {
  NAT_PRESETS,
  type NatBehaviour,
  type NatKind,
  type NatOptions,
  TCP_MAPPING_LIFETIME_MS,
} from './nat-options.ts';
export { Access, type Member, Network } from './network.ts';
export {
  type IcmpPacket,
  type Packet,
  packetBytes,
  type TcpFlags,
  type TcpPacket,
  type UdpPacket,
} from './packet.ts';
export { describeRecord, type Fate, PacketLog, type PacketRecord } from './packet-log.ts';
export { encodePcapng } from './pcapng.ts';
export type { Scheduled } from './schedule.ts';
export { type CountingTrap, nthPacket, type Trap } from './trap.ts';
export { TurnLegs } from './turn-legs.ts';
export { type VirtualTurnOptions, VirtualTurnServer } from './turn-server.ts';
export { type IcmpHandler, VirtualUdpSocket } from './udp-socket.ts';
export { World, type WorldOptions } from './world.ts';
