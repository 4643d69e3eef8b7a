/**
 * Transport addresses as the kernel writes them (`struct sockaddr_in`, `struct sockaddr_in6`), and back. ip(7), ipv6(7).
 *
 * ```
 * sockaddr_in   0 family | 2 port | 4 address
 * sockaddr_in6  0 family | 2 port | 4 flow | 8 address (16 bytes) | 24 zone
 * ```
 */
import { familyOf, formatIp, parseIp, type SocketAddress } from '../../base/index.ts';
import type { KernelMemory } from './kernel-memory.ts';
import { AF_INET, AF_INET6, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from './layout.ts';

/** A name in words: to be compared and copied without a look at bytes. IPv4 has zeros behind the second. */
export interface NameWords {
  /** Family and port. */
  w0: number;
  /** IPv4: the address. IPv6: its first quarter. */
  w1: number;
  w2: number;
  w3: number;
  w4: number;
}

/** Writes `address` at `at` (32 bytes there); returns how long it is. `address.ip` canonical. */
export function writeName(memory: KernelMemory, at: number, address: SocketAddress): number {
  const { u8, i32 } = memory;
  const isV4 = familyOf(address.ip) === 4;
  i32.fill(0, at >> 2, (at >> 2) + 8);
  u8[at] = isV4 ? AF_INET : AF_INET6;
  u8[at + 2] = address.port >> 8;
  u8[at + 3] = address.port & 0xff;
  const bytes = parseIp(address.ip);
  if (bytes) u8.set(bytes, at + (isV4 ? 4 : 8));
  return isV4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES;
}

export function readName(memory: KernelMemory, at: number): SocketAddress {
  const { u8 } = memory;
  const port = ((u8[at + 2] ?? 0) << 8) | (u8[at + 3] ?? 0);
  const ip = u8[at] === AF_INET ? u8.subarray(at + 4, at + 8) : u8.subarray(at + 8, at + 24);
  return { ip: formatIp(ip), port };
}

export function wordsOf(memory: KernelMemory, at: number): NameWords {
  const { i32 } = memory;
  const i = at >> 2;
  const isV4 = memory.u8[at] === AF_INET;
  return {
    w0: i32[i] ?? 0,
    w1: i32[isV4 ? i + 1 : i + 2] ?? 0,
    w2: isV4 ? 0 : (i32[i + 3] ?? 0),
    w3: isV4 ? 0 : (i32[i + 4] ?? 0),
    w4: isV4 ? 0 : (i32[i + 5] ?? 0),
  };
}

export function isName(words: NameWords, memory: KernelMemory, at: number): boolean {
  const { i32 } = memory;
  const i = at >> 2;
  if (words.w0 !== i32[i]) return false;
  if ((words.w0 & 0xffff) === AF_INET) return words.w1 === i32[i + 1];
  return (
    words.w1 === i32[i + 2] && words.w2 === i32[i + 3] && words.w3 === i32[i + 4] && words.w4 === i32[i + 5]
  );
}

/** Writes what `wordsOf` has read; returns its length. */
export function writeWords(memory: KernelMemory, at: number, words: NameWords): number {
  const { i32 } = memory;
  const i = at >> 2;
  i32[i] = words.w0;
  i32[i + 1] = words.w1;
  if ((words.w0 & 0xffff) === AF_INET) return SOCKADDR_IN_BYTES;
  i32[i + 1] = 0;
  i32[i + 2] = words.w1;
  i32[i + 3] = words.w2;
  i32[i + 4] = words.w3;
  i32[i + 5] = words.w4;
  i32[i + 6] = 0;
  return SOCKADDR_IN6_BYTES;
}
