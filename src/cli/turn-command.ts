/** `ieum turn`: STUN and TURN alone, until told to end. */
import { startTurn } from '../server/index.ts';
import { turnBanner } from './banner.ts';
import type { Call } from './command.ts';
import { runServer } from './run-server.ts';

export function turnCommand({ loaded }: Call): Promise<number> {
  return runServer(
    loaded,
    (log) => startTurn(loaded.settings, log),
    (turn) => turnBanner(loaded, turn),
  );
}
