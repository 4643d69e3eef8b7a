/** What travels through the virtual network: UDP datagrams and TCP segments as values. Headers are bytes only in captures. */
import { familyOf, type SocketAddress } from '../base/index.ts';

export interface UdpPacket {
  readonly protocol: 'udp';
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly payload: Uint8Array;
}

export interface TcpFlags {
  readonly syn?: true;
  readonly ack?: true;
  readonly fin?: true;
  readonly rst?: true;
}

export interface TcpPacket {
  readonly protocol: 'tcp';
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly payload: Uint8Array;
  readonly flags: TcpFlags;
  /** Counts on beyond 2³²: only captures cut it to 32 bits. */
  readonly sequence: number;
  readonly acknowledged: number;
}

export type Packet = UdpPacket | TcpPacket;

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const UDP_HEADER_BYTES = 8;
const TCP_HEADER_BYTES = 20;

/** Of the headers beside the payload. */
export function headerBytes(packet: Pick<Packet, 'protocol' | 'to'>): number {
  const ip = familyOf(packet.to.ip) === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  return ip + (packet.protocol === 'udp' ? UDP_HEADER_BYTES : TCP_HEADER_BYTES);
}

/** On the wire, IP header included. */
export function packetBytes(packet: Packet): number {
  return headerBytes(packet) + packet.payload.length;
}
