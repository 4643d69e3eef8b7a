/** The pseudo-random function of TLS 1.2. RFC 5246 §5. */
import { type CryptoProvider, concatBytes, encodeUtf8 } from '../base/index.ts';

export type PrfHash = 'sha256' | 'sha384';

/** PRF(secret, label, seed), its first `length` bytes. */
export function prf(
  crypto: CryptoProvider,
  hash: PrfHash,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concatBytes(encodeUtf8(label), seed);
  const output = new Uint8Array(length);
  let a = labelled; // A(0)
  for (let at = 0; at < length; ) {
    a = crypto.hmac(hash, secret, a); // A(i) = HMAC_hash(secret, A(i - 1))
    const block = crypto.hmac(hash, secret, concatBytes(a, labelled));
    output.set(block.subarray(0, length - at), at);
    at += block.length;
  }
  return output;
}
