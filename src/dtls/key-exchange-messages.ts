/** ServerKeyExchange and ClientKeyExchange of ECDHE as data. RFC 8422 §5.4, §5.7. */
import { ByteReader, ByteWriter, concatBytes } from '../base/index.ts';
import {
  type DigitallySigned,
  decodeDigitallySigned,
  encodeDigitallySigned,
} from './certificate-messages.ts';
import { NAMED_CURVE } from './code-points.ts';
import { readVector8, writeVector8 } from './vectors.ts';

export interface ServerKeyExchange {
  /** The number of the group. */
  readonly group: number;
  readonly publicKey: Uint8Array;
  /** ServerECDHParams as they were sent: what the signature covers, after the two randoms. */
  readonly params: Uint8Array;
  readonly signed: DigitallySigned;
}

/** ServerECDHParams. */
export function encodeEcdhParams(group: number, publicKey: Uint8Array): Uint8Array {
  return writeVector8(new ByteWriter(4 + publicKey.length).u8(NAMED_CURVE).u16(group), publicKey).finish();
}

export function encodeServerKeyExchange(params: Uint8Array, signed: DigitallySigned): Uint8Array {
  return concatBytes(params, encodeDigitallySigned(signed));
}

/** `undefined` when malformed or when the curve is spelled out. The parts are borrowed. */
export function decodeServerKeyExchange(body: Uint8Array): ServerKeyExchange | undefined {
  const reader = new ByteReader(body);
  const curveType = reader.u8();
  const group = reader.u16();
  const publicKey = readVector8(reader);
  if (reader.failed || curveType !== NAMED_CURVE) return undefined;
  const signed = decodeDigitallySigned(body.subarray(reader.offset));
  return signed && { group, publicKey, params: body.subarray(0, reader.offset), signed };
}

export function encodeClientKeyExchange(publicKey: Uint8Array): Uint8Array {
  return writeVector8(new ByteWriter(1 + publicKey.length), publicKey).finish();
}

/** The public key, borrowed; `undefined` when malformed. */
export function decodeClientKeyExchange(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  const publicKey = readVector8(reader);
  return reader.failed || reader.remaining > 0 ? undefined : publicKey;
}
