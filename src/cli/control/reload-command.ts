/** `ieum reload`: makes a running server read its settings again, and tells what came of it. */
import { askControl, controlPath } from '../../server/index.ts';
import type { Call } from '../command.ts';

/** 1 when the settings have a mistake; the server goes on with the old ones then. */
export async function reloadCommand({ loaded }: Call): Promise<number> {
  const { last } = await askControl(controlPath(loaded.settings), { ask: 'reload' });
  if (last.type !== 'reloaded') {
    const reason = last.type === 'refused' ? last.reason : 'The server answered something else.';
    process.stderr.write(`ieum: ${reason} The server keeps its settings.\n`);
    return 1;
  }
  const { changed, later } = last;
  const lines = [
    changed.length === 0 ? 'Nothing has changed that could be taken up.' : `Changed: ${changed.join(', ')}.`,
    ...(later.length === 0 ? [] : [`At the next start: ${later.join(', ')}.`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
