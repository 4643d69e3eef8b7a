/**
 * ClientHello, HelloVerifyRequest and ServerHello as data. What extensions mean is told elsewhere.
 * RFC 5246 §7.4.1, RFC 6347 §4.2.1.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import {
  decodeNumbers,
  readVector8,
  readVector16,
  writeNumbers,
  writeVector8,
  writeVector16,
} from './vectors.ts';

export const RANDOM_BYTES = 32;

/** By number; each at most once. RFC 5246 §7.4.1.4. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
  readonly suites: readonly number[];
  readonly compressions: Uint8Array;
  readonly extensions: Extensions;
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: Extensions;
}

export interface HelloVerifyRequest {
  readonly version: number;
  readonly cookie: Uint8Array;
}

/** `undefined` when malformed. The parts are borrowed from `body`. */
export function decodeClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.take(RANDOM_BYTES);
  const sessionId = readVector8(reader);
  const cookie = readVector8(reader);
  const suites = decodeNumbers(readVector16(reader));
  const compressions = readVector8(reader);
  const extensions = readExtensions(reader);
  if (reader.failed || !suites || !extensions || sessionId.length > 32) return undefined;
  return { version, random, sessionId, cookie, suites, compressions, extensions };
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new ByteWriter(256).u16(hello.version).bytes(hello.random);
  writeVector8(writer, hello.sessionId);
  writeVector8(writer, hello.cookie);
  writeNumbers(writer, hello.suites);
  writeVector8(writer, hello.compressions);
  return writeExtensions(writer, hello.extensions).finish();
}

/** `undefined` when malformed. The parts are borrowed from `body`. */
export function decodeServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.take(RANDOM_BYTES);
  const sessionId = readVector8(reader);
  const suite = reader.u16();
  const compression = reader.u8();
  const extensions = readExtensions(reader);
  if (reader.failed || !extensions || sessionId.length > 32) return undefined;
  return { version, random, sessionId, suite, compression, extensions };
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new ByteWriter(128).u16(hello.version).bytes(hello.random);
  writeVector8(writer, hello.sessionId).u16(hello.suite).u8(hello.compression);
  return writeExtensions(writer, hello.extensions).finish();
}

/** `undefined` when malformed. The cookie is borrowed from `body`. */
export function decodeHelloVerifyRequest(body: Uint8Array): HelloVerifyRequest | undefined {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const cookie = readVector8(reader);
  return reader.failed || reader.remaining > 0 ? undefined : { version, cookie };
}

export function encodeHelloVerifyRequest({ version, cookie }: HelloVerifyRequest): Uint8Array {
  return writeVector8(new ByteWriter(3 + cookie.length).u16(version), cookie).finish();
}

/** RFC 5246 §7.4.1.4: extensions may be left out altogether. */
function readExtensions(reader: ByteReader): Extensions | undefined {
  const extensions = new Map<number, Uint8Array>();
  if (reader.remaining === 0) return extensions;
  const list = new ByteReader(readVector16(reader));
  if (reader.remaining > 0) return undefined;
  while (list.remaining > 0) {
    const type = list.u16();
    const data = readVector16(list);
    if (list.failed || extensions.has(type)) return undefined;
    extensions.set(type, data);
  }
  return extensions;
}

function writeExtensions(writer: ByteWriter, extensions: Extensions): ByteWriter {
  if (extensions.size === 0) return writer;
  const at = writer.length;
  writer.u16(0);
  for (const [type, data] of extensions) writeVector16(writer.u16(type), data);
  return writer.patchU16(at, writer.length - at - 2);
}
