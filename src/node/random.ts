/** The `Random` of the core over the operating system's generator. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/index.ts';

/** One call into OpenSSL costs more than 1 KiB of its output, so what is short is drawn from a pool. */
const pool = new Uint32Array(256);
const poolBytes = new Uint8Array(pool.buffer);
/** Of `pool`; what has been handed out stays nowhere. */
let used = pool.length;
const MOST_POOLED_BYTES = 64;

/** Where `count` fresh numbers of the pool begin. */
function draw(count: number): number {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return used - count;
}

export const nodeRandom: Random = {
  bytes(count) {
    if (count > MOST_POOLED_BYTES) return randomFillSync(new Uint8Array(count));
    const at = draw((count + 3) >> 2) * 4;
    const bytes = poolBytes.slice(at, at + count);
    poolBytes.fill(0, at, at + count);
    return bytes;
  },
  uint32() {
    const at = draw(1);
    const value = pool[at] ?? 0;
    pool[at] = 0;
    return value;
  },
};
