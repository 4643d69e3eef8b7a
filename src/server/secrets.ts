/** The secrets of this installation, made at the first start. Never logged, never shown. */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { StackError } from '../base/index.ts';
import type { StateDir } from './state-dir.ts';

const FILE = 'secrets.json';

const Secret = v.pipe(v.string(), v.minLength(32));

const Secrets = v.object({
  /** Behind TURN REST credentials, where `--turn-secret` gives none. */
  turn: Secret,
  /** Behind stateless nonces of the TURN server. */
  nonce: Secret,
  /** Behind seats and the tags of room links, so that both outlive a restart. */
  signaling: Secret,
});
export type Secrets = v.InferOutput<typeof Secrets>;

/** `STATE_UNUSABLE` when the file is there and damaged: silently new secrets would make every link invalid. */
export function openSecrets(state: StateDir): Secrets {
  const text = state.read(FILE) ?? state.writeOnce(FILE, `${JSON.stringify(makeSecrets(), undefined, 2)}\n`);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Secrets), text);
  if (!parsed.success) {
    throw new StackError(
      'STATE_UNUSABLE',
      `--state-dir: ${FILE} in ${state.path} is damaged; restore it, or delete it to make new secrets, which ends all links to rooms.`,
    );
  }
  return parsed.output;
}

function makeSecrets(): Secrets {
  const make = () => randomBytes(32).toString('base64url');
  return { turn: make(), nonce: make(), signaling: make() };
}
