/** MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 of a received message. Knows nothing of where keys come from. RFC 8489 §14.5, §14.6. */
import type { CryptoProvider } from '../base/index.ts';
import { StunAttribute } from './attribute-types.ts';
import { ATTRIBUTE_HEADER_BYTES, HEADER_BYTES, type StunMessage } from './message.ts';

const SHA1_BYTES = 20;
/** RFC 8489 §14.6: 16 … 32 bytes in steps of four, but the full 32 unless a usage allows truncation. None of ours does. */
const SHA256_BYTES = 32;

export function verifyIntegrity(crypto: CryptoProvider, message: StunMessage, key: Uint8Array): boolean {
  return verify(crypto, message, key, StunAttribute.MESSAGE_INTEGRITY, 'sha1', SHA1_BYTES);
}

export function verifyIntegritySha256(
  crypto: CryptoProvider,
  message: StunMessage,
  key: Uint8Array,
): boolean {
  return verify(crypto, message, key, StunAttribute.MESSAGE_INTEGRITY_SHA256, 'sha256', SHA256_BYTES);
}

function verify(
  crypto: CryptoProvider,
  message: StunMessage,
  key: Uint8Array,
  type: number,
  hash: 'sha1' | 'sha256',
  macBytes: number,
): boolean {
  const at = message.valueOffset(type);
  const claimed = message.get(type);
  if (at < 0 || claimed?.length !== macBytes) return false;
  // RFC 8489 §14.5: hash what precedes the attribute, with a length field that ends at the attribute.
  const covered = message.bytes.slice(0, at - ATTRIBUTE_HEADER_BYTES);
  const length = at + macBytes - HEADER_BYTES;
  covered[2] = length >> 8;
  covered[3] = length & 0xff;
  return crypto.equal(crypto.hmac(hash, key, covered), claimed);
}
