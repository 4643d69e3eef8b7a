/**
 * One of several machines that share an address, each with a slice of the relayed ports. Tokens and tickets say in
 * their first byte whose they are. Knows no thread and no socket.
 */
import type { Random } from '../base/index.ts';

export interface Shard {
  /** 0 … `count` − 1. */
  readonly index: number;
  /** 1 … 256. Their port slices must hold an even port each. */
  readonly count: number;
}

export const ONLY_SHARD: Shard = { index: 0, count: 1 };

/** Throws `RangeError` for a shard that cannot be. */
export function checkShard({ index, count }: Shard): void {
  const valid =
    Number.isInteger(index) && Number.isInteger(count) && index >= 0 && index < count && count <= 256;
  if (!valid) throw new RangeError(`There is no shard ${index} of ${count}.`);
}

/** Random bytes behind the byte that names the shard. Given away. */
export function mintToken(random: Random, shard: Shard, length: number): Uint8Array {
  const token = random.bytes(length);
  token[0] = shard.index;
  return token;
}

/** The other shard that has given out this token; `undefined` when it is our own or nobody's. */
export function foreignShardOf(shard: Shard, token: Uint8Array): number | undefined {
  const index = token[0] ?? shard.index;
  return index !== shard.index && index < shard.count ? index : undefined;
}

export interface PortSlice {
  /** Inclusive. Every slice but the first begins with an even port, so that a pair is never cut. */
  readonly min: number;
  readonly max: number;
}

/**
 * Of several, the first serves those who come over streams, who are fewer: it gets an eighth, unless that is fewer than
 * some hundred, and never more than the others.
 */
const FIRST_PART = 8;
const FIRST_LEAST = 256;

/** The ports of one shard, out of `min` … `max`. Empty (max < min) when there are too few for all. */
export function portSlice(min: number, max: number, { index, count }: Shard): PortSlice {
  return { min: boundary(min, max, index, count), max: boundary(min, max, index + 1, count) - 1 };
}

/** Whose slice holds this port of `min` … `max`. */
export function shardOfPort(min: number, max: number, count: number, port: number): number {
  const first = firstLength(min, max, count);
  const others = max - min + 1 - first;
  // The even alignment moves a boundary up by one at most, so the guess is right or one too high.
  const guess = 1 + Math.floor(((port - min - first) * (count - 1)) / others);
  let index = Math.max(0, Math.min(count - 1, guess));
  while (index > 0 && port < boundary(min, max, index, count)) index -= 1;
  while (index < count - 1 && port >= boundary(min, max, index + 1, count)) index += 1;
  return index;
}

function boundary(min: number, max: number, index: number, count: number): number {
  if (index === 0) return min;
  if (index === count) return max + 1;
  const first = firstLength(min, max, count);
  const even = min + first + Math.floor(((max - min + 1 - first) * (index - 1)) / (count - 1));
  return even + (even & 1);
}

function firstLength(min: number, max: number, count: number): number {
  const all = max - min + 1;
  return Math.min(Math.floor(all / count), Math.max(FIRST_LEAST, Math.floor(all / FIRST_PART)));
}
