/** `ieum turn kick WHO`: ends sessions of a running server, by id, user or client address. */
import { StackError } from '../../base/index.ts';
import { askControl, controlPath } from '../../server/index.ts';
import type { Call } from '../command.ts';

/** 1 when nobody was meant. */
export async function kickCommand({ loaded, operands }: Call): Promise<number> {
  const [who = ''] = operands;
  const { last } = await askControl(controlPath(loaded.settings), { ask: 'kick', who });
  if (last.type === 'refused') throw new StackError('CONTROL_REFUSED', last.reason);
  const count = last.type === 'kicked' ? last.count : 0;
  const sentence =
    count === 0
      ? `No session has the id, user or address "${who}".`
      : `Ended ${count} ${count === 1 ? 'session' : 'sessions'}. Credentials that are still good can begin new ones.`;
  process.stdout.write(`${sentence}\n`);
  return count === 0 ? 1 : 0;
}
