/** `ieum serve`: starts everything, says where, and ends when told to. */
import { type Loaded, startServer } from '../server/index.ts';
import { serveBanner } from './banner.ts';
import { isColourTerminal } from './colour.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { createLog } from './logger.ts';
import { firstStopSignal } from './stop-signals.ts';

export async function serveCommand(loaded: Loaded): Promise<number> {
  const log = createLog(loaded.settings);
  guardAgainstCrashes(log);
  for (const warning of loaded.warnings) log.warn(warning);
  const server = await startServer(loaded.settings, log);
  const stop = firstStopSignal(log);
  process.stdout.write(serveBanner(loaded, server, isColourTerminal(process.stdout)));
  const signal = await stop;
  log.info('stopping', { signal });
  await server.drain();
  return 0;
}
