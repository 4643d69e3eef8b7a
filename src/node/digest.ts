/**
 * Hashes and HMACs by node's one-shot function. `createHmac` makes a stream object with a native part for each message,
 * which takes three times as long and leaves much to collect; a busy TURN server makes seven HMACs for each client that
 * comes and goes. RFC 2104.
 */
import { hash as oneShot } from 'node:crypto';
import type { HashName } from '../base/index.ts';

/** FIPS 180-4 §1: SHA-384 and SHA-512 work on blocks of 128 bytes, the others on 64. */
const BLOCK_BYTES: Readonly<Record<HashName, 64 | 128>> = {
  md5: 64,
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};
const LONGEST_HASH_BYTES = 64;
/** Four octets of each pad. */
const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;

/** For messages as long as most are; longer ones get memory of their own. */
const SCRATCH_BYTES = 2048;
const inner = new Uint8Array(SCRATCH_BYTES);
const innerWords = new Uint32Array(inner.buffer);
const outer = new Uint8Array(128 + LONGEST_HASH_BYTES);
const outerWords = new Uint32Array(outer.buffer);

export function digest(name: HashName, data: Uint8Array): Uint8Array {
  return bytesOf(oneShot(name, data, 'binary'));
}

/** The key does not stay in memory. */
export function hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = BLOCK_BYTES[name];
  if (key.length > block) return hmac(name, digest(name, key), data);
  pad(key, block);
  const length = block + data.length;
  let message = inner;
  if (length > SCRATCH_BYTES) {
    message = new Uint8Array(length);
    message.set(inner.subarray(0, block));
  }
  message.set(data, block);
  const first = oneShot(name, message.subarray(0, length), 'binary');
  writeBytes(outer, block, first);
  const second = oneShot(name, outer.subarray(0, block + first.length), 'binary');
  message.fill(0, 0, block);
  inner.fill(0, 0, block);
  outer.fill(0, 0, block);
  return bytesOf(second);
}

/** The key in both its forms at the start of `inner` and `outer`; words take a quarter of the steps of bytes. */
function pad(key: Uint8Array, block: number): void {
  inner.set(key);
  inner.fill(0, key.length, block);
  for (let i = 0; i < block >> 2; i++) {
    const word = innerWords[i] ?? 0;
    innerWords[i] = word ^ INNER_PAD;
    outerWords[i] = word ^ OUTER_PAD;
  }
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeBytes(bytes, 0, text);
  return bytes;
}

/** One character of `text` for each byte. */
function writeBytes(into: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
}
