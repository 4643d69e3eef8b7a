/** A packet as the bytes that a cable would carry: IPv4 or IPv6, then UDP, TCP or ICMP, with checksums. RFC 791, 8200, 768, 9293, 792, 4443. */
import { ByteWriter, familyOf, parseIp } from '../base/index.ts';
import { headerBytes, type IcmpPacket, type Packet, packetBytes } from './packet.ts';

const PROTOCOL_NUMBERS = { udp: 17, tcp: 6 };
/** In IPv4 and in IPv6. */
const ICMP_NUMBERS = { 4: 1, 6: 58 };
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
const WINDOW = 65_535;
const TCP_FLAG_BITS = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 };

/** The whole packet, given. Lengths that do not fit 16 bits are cut, as captures of longer packets are. */
export function encodeIpPacket(packet: Packet): Uint8Array {
  const from = parseIp(packet.from.ip) ?? new Uint8Array(4);
  const to = parseIp(packet.to.ip) ?? new Uint8Array(4);
  const body = encodeTransport(packet, from, to);
  const writer = new ByteWriter(packetBytes(packet));
  if (familyOf(packet.to.ip) === 4) writeIpv4(writer, packet, from, to);
  else writeIpv6(writer, packet, body.length, from, to);
  return writer.bytes(body).finish();
}

function writeIpv4(writer: ByteWriter, packet: Packet, from: Uint8Array, to: Uint8Array): void {
  writer.u8(0x45).u8(0);
  writer.u16(packetBytes(packet) & 0xffff);
  writer.u16(0).u16(DONT_FRAGMENT);
  writer.u8(HOP_LIMIT).u8(protocolNumber(packet)).u16(0);
  writer.bytes(from).bytes(to);
  writer.patchU16(10, checksum(writer.written()));
}

function writeIpv6(
  writer: ByteWriter,
  packet: Packet,
  bodyBytes: number,
  from: Uint8Array,
  to: Uint8Array,
): void {
  writer.u32(0x60000000).u16(bodyBytes & 0xffff);
  writer.u8(protocolNumber(packet)).u8(HOP_LIMIT);
  writer.bytes(from).bytes(to);
}

function protocolNumber({ protocol, to }: Packet): number {
  return protocol === 'icmp' ? ICMP_NUMBERS[familyOf(to.ip)] : PROTOCOL_NUMBERS[protocol];
}

/** RFC 792; RFC 4443 §2.3, whose checksum has a pseudo-header. The headers of the datagram follow, 8 bytes of UDP with them. */
function encodeIcmp({ error, about, to }: IcmpPacket, pseudoHeader: Uint8Array): Uint8Array {
  const datagram = encodeIpPacket(about).subarray(0, headerBytes(about));
  const writer = new ByteWriter(8 + datagram.length);
  writer.u8(error.type).u8(error.code).u16(0).u32(error.data).bytes(datagram);
  const parts = familyOf(to.ip) === 4 ? [writer.written()] : [pseudoHeader, writer.written()];
  return writer.patchU16(2, checksum(...parts)).finish();
}

function pseudoHeaderOf(packet: Packet, from: Uint8Array, to: Uint8Array, bodyBytes: number): Uint8Array {
  return new ByteWriter(40).bytes(from).bytes(to).u32(bodyBytes).u32(protocolNumber(packet)).written();
}

function encodeTransport(packet: Packet, from: Uint8Array, to: Uint8Array): Uint8Array {
  if (packet.protocol === 'icmp') {
    return encodeIcmp(packet, pseudoHeaderOf(packet, from, to, 8 + headerBytes(packet.about)));
  }
  const writer = new ByteWriter(headerBytes(packet) + packet.payload.length);
  writer.u16(packet.from.port).u16(packet.to.port);
  if (packet.protocol === 'udp') writer.u16((8 + packet.payload.length) & 0xffff).u16(0);
  else {
    const { flags, sequence, acknowledged } = packet;
    writer.u32(sequence % 2 ** 32).u32(acknowledged % 2 ** 32);
    writer
      .u8(5 << 4)
      .u8(flagBits(flags))
      .u16(WINDOW);
    writer.u16(0).u16(0);
  }
  writer.bytes(packet.payload);
  const sum = checksum(pseudoHeaderOf(packet, from, to, writer.length), writer.written());
  // RFC 768: a sum of zero is sent as all ones; zero says that there is none.
  writer.patchU16(packet.protocol === 'udp' ? 6 : 16, packet.protocol === 'udp' && sum === 0 ? 0xffff : sum);
  return writer.finish();
}

function flagBits(flags: Readonly<Partial<Record<keyof typeof TCP_FLAG_BITS, true>>>): number {
  let bits = 0;
  for (const name of ['fin', 'syn', 'rst', 'ack'] as const) if (flags[name]) bits |= TCP_FLAG_BITS[name];
  return bits;
}

/** RFC 1071, over the parts one after another; each but the last has an even length. */
function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
