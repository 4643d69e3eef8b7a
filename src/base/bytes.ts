/**
 * Reads and writes big-endian fields. A reader that runs past the end never throws: it yields zeros and
 * remembers, and the decoder asks `failed` once at the end. Network byte order: RFC 1700.
 */
import { invariant } from './errors.ts';

export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #failed = false;

  /** Borrows `bytes` for as long as the reader lives. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True once any read went past the end. */
  get failed(): boolean {
    return this.#failed;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Nothing after a failure: a loop that reads until nothing remains ends. */
  get remaining(): number {
    return this.#failed ? 0 : this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#advance(1) ? this.#byte(1) : 0;
  }

  u16(): number {
    return this.#advance(2) ? (this.#byte(2) << 8) | this.#byte(1) : 0;
  }

  u32(): number {
    if (!this.#advance(4)) return 0;
    return ((this.#byte(4) << 24) | (this.#byte(3) << 16) | (this.#byte(2) << 8) | this.#byte(1)) >>> 0;
  }

  /** The next `count` bytes as a view into the input (borrowed); empty after a failure. */
  take(count: number): Uint8Array {
    if (!this.#advance(count)) return this.#bytes.subarray(0, 0);
    return this.#bytes.subarray(this.#offset - count, this.#offset);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** The one so many before the offset, which has been advanced past it. */
  #byte(before: number): number {
    return this.#bytes[this.#offset - before] as number;
  }

  #advance(count: number): boolean {
    if (this.#failed || count < 0 || this.#offset + count > this.#bytes.length) {
      this.#failed = true;
      return false;
    }
    this.#offset += count;
    return true;
  }
}

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** Who knows how much it will be saves a copy. */
  constructor(initialCapacityBytes = 128) {
    this.#bytes = new Uint8Array(initialCapacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#reserve(1); // first: growing replaces the bytes
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    return this.#putU16(at, value);
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    return this.#putU16(at, value >>> 16).#putU16(at + 2, value);
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#reserve(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** Overwrites a field written earlier, for lengths that are known only at the end. */
  patchU16(offset: number, value: number): this {
    invariant(offset >= 0 && offset + 2 <= this.#length, 'only what was written is overwritten');
    return this.#putU16(offset, value);
  }

  /** Nothing has been written. */
  clear(): void {
    this.#length = 0;
  }

  /** What has been written so far, as a view; valid until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What has been written, given to the caller; nothing of it is patched any more. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  /** Where there is room. */
  #putU16(at: number, value: number): this {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Plain comparison, for values that are no secret; secrets go through `CryptoProvider.equal`. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
