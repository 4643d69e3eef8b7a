/**
 * A packet log as a capture file that Wireshark opens: one interface for each host, link or NAT, raw IP packets, and
 * what became of a packet as its comment. pcapng: draft-ietf-opsawg-pcapng.
 */
import { ByteWriter, encodeUtf8, type Millis } from '../base/index.ts';
import { encodeIpPacket } from './ip-headers.ts';
import type { Fate, PacketRecord } from './packet-log.ts';

const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 6 };
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const UNKNOWN_LENGTH = 0xffffffff;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const RAW_IP = 101;
const OPTION = { end: 0, comment: 1, interfaceName: 2, packetFlags: 2 };
/** Direction in `epb_flags`. */
const INBOUND = 1;
const OUTBOUND = 2;

/** The bytes of a file. `epoch`: milliseconds since 1970 at virtual time 0, `World.epoch`. */
export function encodePcapng(records: readonly PacketRecord[], epoch: Millis): Uint8Array {
  const names = [...new Set(records.map(({ where }) => where))];
  const writer = new ByteWriter(4096);
  block(writer, BLOCK.section, (body) =>
    body.u32(BYTE_ORDER_MAGIC).u16(1).u16(0).u32(UNKNOWN_LENGTH).u32(UNKNOWN_LENGTH),
  );
  for (const name of names) {
    block(writer, BLOCK.interface, (body) => {
      body.u16(RAW_IP).u16(0).u32(0);
      option(body, OPTION.interfaceName, encodeUtf8(name));
      body.u16(OPTION.end).u16(0);
    });
  }
  const indexes = new Map(names.map((name, i) => [name, i]));
  for (const record of records) writePacket(writer, record, indexes.get(record.where) ?? 0, epoch);
  return writer.finish();
}

function writePacket(writer: ByteWriter, record: PacketRecord, index: number, epoch: Millis): void {
  const bytes = encodeIpPacket(record.packet);
  // Microseconds, the default unit of an interface.
  const micros = Math.round((epoch + record.at) * 1000);
  block(writer, BLOCK.packet, (body) => {
    body
      .u32(index)
      .u32(Math.floor(micros / 2 ** 32))
      .u32(micros % 2 ** 32);
    body.u32(bytes.length).u32(bytes.length);
    body.bytes(bytes).zeros(-bytes.length & 3);
    if (record.fate !== 'sent' && record.fate !== 'arrived') {
      option(body, OPTION.comment, encodeUtf8(record.fate));
    }
    option(body, OPTION.packetFlags, Uint8Array.of(0, 0, 0, directionOf(record.fate)));
    body.u16(OPTION.end).u16(0);
  });
}

function directionOf(fate: Fate): number {
  return fate === 'arrived' || fate === 'no-socket' ? INBOUND : OUTBOUND;
}

function option(writer: ByteWriter, code: number, value: Uint8Array): void {
  writer
    .u16(code)
    .u16(value.length)
    .bytes(value)
    .zeros(-value.length & 3);
}

/** `write` gives a body whose length is a multiple of four. */
function block(writer: ByteWriter, type: number, write: (body: ByteWriter) => void): void {
  const body = new ByteWriter(256);
  write(body);
  const length = 12 + body.length;
  writer.u32(type).u32(length).bytes(body.written()).u32(length);
}
