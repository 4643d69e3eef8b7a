/** What travels through the virtual network: UDP, TCP and ICMP as values. Headers are bytes only in captures. */
import { familyOf, type SocketAddress } from '../base/index.ts';
import type { IcmpError } from '../turn/index.ts';

export interface UdpPacket {
  readonly protocol: 'udp';
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly payload: Uint8Array;
  /** Tell the sender if it is too long for a link. */
  readonly dontFragment?: true;
}

/** What became of a datagram. RFC 792, RFC 4443. */
export interface IcmpPacket {
  readonly protocol: 'icmp';
  /** Ports mean nothing here: 0. */
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly payload: Uint8Array;
  readonly error: IcmpError;
  /** As its sender had sent it, on this side of a NAT. */
  readonly about: UdpPacket;
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

export type Packet = UdpPacket | TcpPacket | IcmpPacket;

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const UDP_HEADER_BYTES = 8;
const TCP_HEADER_BYTES = 20;
const ICMP_HEADER_BYTES = 8;

/** Of the headers beside the payload; for ICMP with the headers that it is about. */
export function headerBytes(packet: Pick<Packet, 'protocol' | 'to'>): number {
  const ip = familyOf(packet.to.ip) === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  switch (packet.protocol) {
    case 'udp':
      return ip + UDP_HEADER_BYTES;
    case 'tcp':
      return ip + TCP_HEADER_BYTES;
    case 'icmp':
      return ip + ICMP_HEADER_BYTES + ip + UDP_HEADER_BYTES;
  }
}

/** On the wire, IP header included. */
export function packetBytes(packet: Packet): number {
  return headerBytes(packet) + packet.payload.length;
}

/** Nobody listens at that port. */
export function portUnreachable(about: UdpPacket): IcmpPacket {
  return icmp(
    about,
    familyOf(about.to.ip) === 4 ? { type: 3, code: 3, data: 0 } : { type: 1, code: 4, data: 0 },
  );
}

/** `mtuBytes`: of the link that did not take it. */
export function packetTooBig(about: UdpPacket, mtuBytes: number): IcmpPacket {
  const type = familyOf(about.to.ip) === 4 ? { type: 3, code: 4 } : { type: 2, code: 0 };
  return icmp(about, { ...type, data: mtuBytes });
}

function icmp(about: UdpPacket, error: IcmpError): IcmpPacket {
  const [from, to] = [
    { ip: about.to.ip, port: 0 },
    { ip: about.from.ip, port: 0 },
  ];
  return { protocol: 'icmp', from, to, payload: new Uint8Array(0), error, about };
}
