/**
 * The few TURN messages that the generator writes and reads, kept apart from the product's own codec: the generator must
 * be the same for both servers, and cheap. Long-term credentials with MESSAGE-INTEGRITY. RFC 8656, RFC 8489.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';

const Method = {
  ALLOCATE: 0x003,
  REFRESH: 0x004,
  CREATE_PERMISSION: 0x008,
  CHANNEL_BIND: 0x009,
} as const;
const Attribute = {
  USERNAME: 0x0006,
  MESSAGE_INTEGRITY: 0x0008,
  ERROR_CODE: 0x0009,
  CHANNEL_NUMBER: 0x000c,
  LIFETIME: 0x000d,
  XOR_PEER_ADDRESS: 0x0012,
  DATA: 0x0013,
  REALM: 0x0014,
  NONCE: 0x0015,
  XOR_RELAYED_ADDRESS: 0x0016,
  REQUESTED_TRANSPORT: 0x0019,
} as const;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 20;
const UDP_PROTOCOL = 17;
const SEND_INDICATION = 0x0016;
/** Long enough that no case outlives it, short enough that what a killed generator leaves is gone soon. */
const LIFETIME_SECONDS = 600;

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** IPv4, as a 32-bit number with the big end first. */
export interface Address {
  readonly ip: number;
  readonly port: number;
}

/** What a challenge has told. */
export interface Challenge {
  readonly realm: Buffer;
  readonly nonce: Buffer;
  readonly key: Buffer;
}

export interface Answer {
  readonly kind: 'success' | 'error';
  readonly method: number;
  /** ERROR-CODE, 0 for a success. */
  readonly code: number;
  readonly relayed: Address | undefined;
  readonly challenge: { readonly realm: Buffer; readonly nonce: Buffer } | undefined;
}

const scratch = Buffer.alloc(1024);
/** Random once and counted then: nobody attacks a benchmark, and random numbers cost more than the message. */
const transactionIdHead = randomBytes(8);
let transactions = 0;

/** Allocate without credentials; it is answered with a challenge. Given. */
export function writeFirstAllocate(): Buffer {
  return finish(writeAllocateHead());
}

export function writeAllocate(credentials: Credentials, challenge: Challenge): Buffer {
  return sign(writeAllocateHead(), credentials, challenge);
}

/** A lifetime of 0 gives the allocation back. */
export function writeRefresh(
  credentials: Credentials,
  challenge: Challenge,
  lifetimeSeconds: number,
): Buffer {
  return sign(
    writeU32(writeHead(Method.REFRESH), Attribute.LIFETIME, lifetimeSeconds),
    credentials,
    challenge,
  );
}

export function writeChannelBind(
  credentials: Credentials,
  challenge: Challenge,
  channel: number,
  peer: Address,
): Buffer {
  const end = writeU32(writeHead(Method.CHANNEL_BIND), Attribute.CHANNEL_NUMBER, (channel << 16) >>> 0);
  return sign(writePeer(end, peer), credentials, challenge);
}

export function writeCreatePermission(credentials: Credentials, challenge: Challenge, peer: Address): Buffer {
  return sign(writePeer(writeHead(Method.CREATE_PERMISSION), peer), credentials, challenge);
}

/** What precedes the payload of a Send indication; `finishSendIndication` completes it for each packet. Given. */
export function sendIndicationHeader(peer: Address): Buffer {
  const end = writePeer(writeHead(SEND_INDICATION), peer);
  scratch.writeUInt16BE(Attribute.DATA, end);
  scratch.writeUInt16BE(0, end + 2);
  return Buffer.from(scratch.subarray(0, end + 4));
}

/** Writes the lengths and a transaction id of its own into a message that begins with such a header. */
export function finishSendIndication(
  message: Buffer,
  headerBytes: number,
  payloadBytes: number,
  id: number,
): void {
  message.writeUInt16BE(headerBytes - HEADER_BYTES + payloadBytes + (-payloadBytes & 3), 2);
  message.writeUInt32BE(id >>> 0, 16);
  message.writeUInt16BE(payloadBytes, headerBytes - 2);
}

/** Where the value of DATA begins in a Data indication; -1 when this is none. */
export function dataOffsetOf(bytes: Buffer, start: number, length: number): number {
  const end = start + length;
  for (let at = start + HEADER_BYTES; at + 4 <= end; ) {
    const size = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === Attribute.DATA) return at + 4;
    at += 4 + size + (-size & 3);
  }
  return -1;
}

/** RFC 8489 §9.2.2. */
export function learn(credentials: Credentials, told: NonNullable<Answer['challenge']>): Challenge {
  const text = `${credentials.username}:${told.realm.toString()}:${credentials.password}`;
  return { ...told, key: createHash('md5').update(text).digest() };
}

/** `undefined` when it is no answer to a request. Borrowed; what is kept is copied. */
export function readAnswer(message: Buffer): Answer | undefined {
  const type = message.length >= HEADER_BYTES ? message.readUInt16BE(0) : 0;
  const classBits = type & 0x110;
  if (classBits !== 0x100 && classBits !== 0x110) return undefined;
  let code = 0;
  let relayed: Address | undefined;
  let realm: Buffer | undefined;
  let nonce: Buffer | undefined;
  for (let at = HEADER_BYTES; at + 4 <= message.length; ) {
    const attribute = message.readUInt16BE(at);
    const size = message.readUInt16BE(at + 2);
    const value = message.subarray(at + 4, at + 4 + size);
    if (attribute === Attribute.ERROR_CODE) code = (value[2] ?? 0) * 100 + (value[3] ?? 0);
    else if (attribute === Attribute.REALM) realm = Buffer.from(value);
    else if (attribute === Attribute.NONCE) nonce = Buffer.from(value);
    else if (attribute === Attribute.XOR_RELAYED_ADDRESS && size === 8) {
      const ip = (value.readUInt32BE(4) ^ MAGIC_COOKIE) >>> 0;
      relayed = { ip, port: value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16) };
    }
    at += 4 + size + (-size & 3);
  }
  return {
    kind: classBits === 0x100 ? 'success' : 'error',
    method: type & ~0x110,
    code,
    relayed,
    challenge: realm && nonce ? { realm, nonce } : undefined,
  };
}

function writeHead(type: number): number {
  scratch.writeUInt16BE(type, 0);
  scratch.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionIdHead.copy(scratch, 8);
  transactions += 1;
  scratch.writeUInt32BE(transactions >>> 0, 16);
  return HEADER_BYTES;
}

function writeAllocateHead(): number {
  const end = writeU32(writeHead(Method.ALLOCATE), Attribute.REQUESTED_TRANSPORT, (UDP_PROTOCOL << 24) >>> 0);
  return writeU32(end, Attribute.LIFETIME, LIFETIME_SECONDS);
}

function writeU32(at: number, type: number, value: number): number {
  scratch.writeUInt16BE(type, at);
  scratch.writeUInt16BE(4, at + 2);
  scratch.writeUInt32BE(value, at + 4);
  return at + 8;
}

function writePeer(at: number, { ip, port }: Address): number {
  scratch.writeUInt16BE(Attribute.XOR_PEER_ADDRESS, at);
  scratch.writeUInt16BE(8, at + 2);
  scratch.writeUInt16BE(1, at + 4); // IPv4
  scratch.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), at + 6);
  scratch.writeUInt32BE((ip ^ MAGIC_COOKIE) >>> 0, at + 8);
  return at + 12;
}

function writeBytes(at: number, type: number, value: Buffer): number {
  const padding = -value.length & 3;
  scratch.writeUInt16BE(type, at);
  scratch.writeUInt16BE(value.length, at + 2);
  value.copy(scratch, at + 4);
  scratch.fill(0, at + 4 + value.length, at + 4 + value.length + padding);
  return at + 4 + value.length + padding;
}

function sign(end: number, credentials: Credentials, { realm, nonce, key }: Challenge): Buffer {
  let at = writeBytes(end, Attribute.USERNAME, Buffer.from(credentials.username));
  at = writeBytes(at, Attribute.REALM, realm);
  at = writeBytes(at, Attribute.NONCE, nonce);
  // RFC 8489 §14.5: the length counts the attribute before its value is computed.
  scratch.writeUInt16BE(at + 4 + INTEGRITY_BYTES - HEADER_BYTES, 2);
  const integrity = createHmac('sha1', key).update(scratch.subarray(0, at)).digest();
  return finish(writeBytes(at, Attribute.MESSAGE_INTEGRITY, integrity));
}

function finish(end: number): Buffer {
  scratch.writeUInt16BE(end - HEADER_BYTES, 2);
  return Buffer.from(scratch.subarray(0, end));
}
