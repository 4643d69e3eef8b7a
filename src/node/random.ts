/** The `Random` of the core over the operating system's generator. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/index.ts';

/** One call into OpenSSL costs more than 1 KiB of its output, so 32-bit numbers are drawn from a pool. */
const pool = new Uint32Array(256);
let used = pool.length;

export const nodeRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
  uint32() {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const value = pool[used] ?? 0;
    pool[used] = 0; // what has been handed out stays nowhere
    used += 1;
    return value;
  },
};
