/** Certificate, CertificateRequest and CertificateVerify as data. Verifies nothing. RFC 5246 §7.4.2, §7.4.4, §7.4.8. */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { CLIENT_CERTIFICATE_TYPE } from './code-points.ts';
import { readU24, writeU24 } from './handshake-message.ts';
import {
  decodeNumbers,
  readVector8,
  readVector16,
  writeNumbers,
  writeVector8,
  writeVector16,
} from './vectors.ts';

/** Longer chains are no mistake that a user could have made. */
const MAX_CHAIN_LENGTH = 10;

/** DER, the sender's own first; empty where a client has none. */
export function encodeCertificate(chain: readonly Uint8Array[]): Uint8Array {
  const listBytes = chain.reduce((bytes, certificate) => bytes + 3 + certificate.length, 0);
  const writer = writeU24(new ByteWriter(3 + listBytes), listBytes);
  for (const certificate of chain) writeU24(writer, certificate.length).bytes(certificate);
  return writer.finish();
}

/** `undefined` when malformed. Copies. */
export function decodeCertificate(body: Uint8Array): readonly Uint8Array[] | undefined {
  const reader = new ByteReader(body);
  const list = new ByteReader(reader.take(readU24(reader)));
  if (reader.failed || reader.remaining > 0) return undefined;
  const chain: Uint8Array[] = [];
  while (list.remaining > 0) {
    const certificate = list.take(readU24(list));
    if (list.failed || certificate.length === 0 || chain.length === MAX_CHAIN_LENGTH) return undefined;
    chain.push(certificate.slice());
  }
  return chain;
}

/** RFC 5246 §7.4.4, without names of authorities: whoever is asked has one certificate. */
export function encodeCertificateRequest(schemes: readonly number[]): Uint8Array {
  const types = Uint8Array.of(CLIENT_CERTIFICATE_TYPE.ECDSA_SIGN, CLIENT_CERTIFICATE_TYPE.RSA_SIGN);
  const writer = new ByteWriter(7 + 2 * schemes.length);
  return writeNumbers(writeVector8(writer, types), schemes).u16(0).finish();
}

/** The signature algorithms that are asked for; `undefined` when malformed. */
export function decodeCertificateRequest(body: Uint8Array): readonly number[] | undefined {
  const reader = new ByteReader(body);
  readVector8(reader);
  const schemes = decodeNumbers(readVector16(reader));
  readVector16(reader);
  return reader.failed || reader.remaining > 0 ? undefined : schemes;
}

export interface DigitallySigned {
  /** The number of the signature algorithm. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** RFC 5246 §4.7; the body of CertificateVerify is just this. */
export function encodeDigitallySigned({ scheme, signature }: DigitallySigned): Uint8Array {
  return writeVector16(new ByteWriter(4 + signature.length).u16(scheme), signature).finish();
}

/** `undefined` when malformed or when something follows. The signature is borrowed. */
export function decodeDigitallySigned(bytes: Uint8Array): DigitallySigned | undefined {
  const reader = new ByteReader(bytes);
  const scheme = reader.u16();
  const signature = readVector16(reader);
  return reader.failed || reader.remaining > 0 ? undefined : { scheme, signature };
}
