/** `ieum turn`: STUN and TURN alone, until told to end. */
import { type Loaded, startTurn } from '../server/index.ts';
import { turnBanner } from './banner.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { createLog } from './logger.ts';
import { firstStopSignal } from './stop-signals.ts';

export async function turnCommand(loaded: Loaded): Promise<number> {
  const log = createLog(loaded.settings);
  guardAgainstCrashes(log);
  for (const warning of loaded.warnings) log.warn(warning);
  const turn = await startTurn(loaded.settings, log);
  const stop = firstStopSignal(log);
  process.stdout.write(turnBanner(loaded, turn));
  log.info('stopping', { signal: await stop });
  await turn.close();
  return 0;
}
