/** The `Env` of a real process: node:crypto, the system's randomness, the wall clock, and the log it is given. */
import type { Env, Log } from '../base/index.ts';
import { nodeCrypto } from './crypto.ts';
import { nodeRandom } from './random.ts';

export function nodeEnv({ log }: { readonly log: Log }): Env {
  return { crypto: nodeCrypto, random: nodeRandom, log, wallClock: () => Date.now() };
}
