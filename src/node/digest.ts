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
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** For messages as long as most are; longer ones get memory of their own. */
const SCRATCH_BYTES = 2048;
const inner = Buffer.alloc(SCRATCH_BYTES);
const outer = Buffer.alloc(128 + LONGEST_HASH_BYTES);

export function digest(name: HashName, data: Uint8Array): Uint8Array {
  return bytesOf(oneShot(name, data, 'binary'));
}

/** The key does not stay in memory. */
export function hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = BLOCK_BYTES[name];
  if (key.length > block) return hmac(name, digest(name, key), data);
  const length = block + data.length;
  const message = length > SCRATCH_BYTES ? Buffer.alloc(length) : inner;
  pad(message, key, block, INNER_PAD);
  message.set(data, block);
  const first = oneShot(name, message.subarray(0, length), 'binary');
  pad(outer, key, block, OUTER_PAD);
  const end = block + outer.write(first, block, 'latin1');
  const second = oneShot(name, outer.subarray(0, end), 'binary');
  message.fill(0, 0, block);
  outer.fill(0, 0, block);
  return bytesOf(second);
}

function pad(into: Buffer, key: Uint8Array, block: number, value: number): void {
  into.fill(value, 0, block);
  for (let i = 0; i < key.length; i++) into[i] = (key[i] ?? 0) ^ value;
}

/** One character for each byte. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
