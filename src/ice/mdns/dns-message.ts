/**
 * DNS messages as multicast DNS uses them: questions, and records of addresses. RFC 1035 §4, RFC 6762 §18.
 *
 * ```
 * header:   id(16) flags(16) questions(16) answers(16) authorities(16) additionals(16)
 * question: name type(16) class(16, top bit: answer by unicast)
 * record:   name type(16) class(16, top bit: forget what you knew) ttl(32) length(16) data
 * ```
 */
import { ByteWriter, familyOf, formatIp, parseIp } from '../../base/index.ts';
import { readName, writeName } from './dns-name.ts';

export const RecordType = { A: 1, AAAA: 28, NSEC: 47, ANY: 255 } as const;

const CLASS_IN = 1;
const CLASS_ANY = 255;
const TOP_BIT = 0x8000;
const HEADER_BYTES = 12;

/** RFC 6762 §18: QR and AA of a response; what an opcode and an error code take. */
const RESPONSE_FLAGS = 0x8400;
const QR = 0x8000;
const OPCODE_AND_RCODE = 0x780f;

/** More than anybody means: a message of 9,000 bytes (RFC 6762 §17) has room for so many. */
const MAX_ENTRIES = 512;

export interface Question {
  readonly name: string;
  readonly type: number;
}

export interface AddressRecord {
  readonly name: string;
  /** Canonical. */
  readonly ip: string;
  readonly ttlSeconds: number;
}

export interface DnsMessage {
  readonly isResponse: boolean;
  /** Of class IN. */
  readonly questions: readonly Question[];
  /** The A and AAAA records of all sections. */
  readonly addresses: readonly AddressRecord[];
}

/** `undefined` for noise, and for what RFC 6762 §18.3 and §18.11 tell to ignore. Borrows `bytes`. */
export function decodeDns(bytes: Uint8Array): DnsMessage | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const flags = u16(bytes, 2);
  if ((flags & OPCODE_AND_RCODE) !== 0) return undefined;
  const questionCount = u16(bytes, 4);
  const recordCount = u16(bytes, 6) + u16(bytes, 8) + u16(bytes, 10);
  if (questionCount + recordCount > MAX_ENTRIES) return undefined;
  const questions: Question[] = [];
  const addresses: AddressRecord[] = [];
  let at = HEADER_BYTES;
  for (let i = 0; i < questionCount; i++) {
    const read = readName(bytes, at);
    if (!read || read.end + 4 > bytes.length) return undefined;
    const rrClass = u16(bytes, read.end + 2) & ~TOP_BIT;
    if (rrClass === CLASS_IN || rrClass === CLASS_ANY)
      questions.push({ name: read.name, type: u16(bytes, read.end) });
    at = read.end + 4;
  }
  for (let i = 0; i < recordCount; i++) {
    const read = readName(bytes, at);
    if (!read || read.end + 10 > bytes.length) return undefined;
    const dataAt = read.end + 10;
    const length = u16(bytes, read.end + 8);
    if (dataAt + length > bytes.length) return undefined;
    const ip = addressOf(bytes, read.end, bytes.subarray(dataAt, dataAt + length));
    if (ip !== undefined) addresses.push({ name: read.name, ip, ttlSeconds: u32(bytes, read.end + 4) });
    at = dataAt + length;
  }
  return { isResponse: (flags & QR) !== 0, questions, addresses };
}

/** Asks everybody for the addresses of both families. RFC 6762 §5.2: the id is 0. */
export function encodeQuery(name: string): Uint8Array {
  const writer = new ByteWriter(64);
  writeHeader(writer, 0, 2, 0, 0);
  for (const type of [RecordType.A, RecordType.AAAA]) {
    writeName(writer, name);
    writer.u16(type).u16(CLASS_IN);
  }
  return writer.written();
}

/**
 * Tells everybody the addresses of a name that is ours alone, and that it has no others (RFC 6762 §6.1: NSEC). `ttlSeconds` 0
 * takes them back (§10.1).
 */
export function encodeAnswer(name: string, ips: readonly string[], ttlSeconds: number): Uint8Array {
  const writer = new ByteWriter(128);
  writeHeader(writer, RESPONSE_FLAGS, 0, ips.length, 1);
  for (const ip of ips) {
    const data = parseIp(ip) ?? new Uint8Array(0);
    writeRecord(writer, name, familyOf(ip) === 6 ? RecordType.AAAA : RecordType.A, ttlSeconds, data);
  }
  writeRecord(writer, name, RecordType.NSEC, ttlSeconds, encodeTypes(name, ips));
  return writer.written();
}

function writeHeader(
  writer: ByteWriter,
  flags: number,
  questions: number,
  answers: number,
  additionals: number,
): void {
  writer.u16(0).u16(flags).u16(questions).u16(answers).u16(0).u16(additionals);
}

function writeRecord(
  writer: ByteWriter,
  name: string,
  type: number,
  ttlSeconds: number,
  data: Uint8Array,
): void {
  writeName(writer, name);
  // RFC 6762 §10.2: the cache-flush bit, since nobody else has records of this name.
  writer
    .u16(type)
    .u16(CLASS_IN | TOP_BIT)
    .u32(ttlSeconds)
    .u16(data.length)
    .bytes(data);
}

/** RFC 4034 §4.1, as RFC 6762 §6.1 restricts it: the name itself, then a bitmap of the types that there are. */
function encodeTypes(name: string, ips: readonly string[]): Uint8Array {
  const types: number[] = [...new Set(ips.map(familyOf))].map((it) =>
    it === 6 ? RecordType.AAAA : RecordType.A,
  );
  const bitmap = new Uint8Array(Math.floor(Math.max(...types, 0) / 8) + 1);
  for (const type of types) bitmap[type >> 3] = (bitmap[type >> 3] ?? 0) | (0x80 >> (type & 7));
  const writer = new ByteWriter(64);
  writeName(writer, name);
  writer.u8(0).u8(bitmap.length).bytes(bitmap);
  return writer.written();
}

/** `at`: behind the name. */
function addressOf(bytes: Uint8Array, at: number, data: Uint8Array): string | undefined {
  if ((u16(bytes, at + 2) & ~TOP_BIT) !== CLASS_IN) return undefined;
  const type = u16(bytes, at);
  const length = type === RecordType.A ? 4 : type === RecordType.AAAA ? 16 : undefined;
  return data.length === length ? formatIp(data) : undefined;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
}
