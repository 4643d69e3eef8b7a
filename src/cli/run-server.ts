/** The life of a server process: it runs until it is told to stop, takes up changed settings, drains, and ends. */
import type { Loaded, RunningServer, RunningTurn } from '../server/index.ts';
import { operate } from '../server/index.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { createLog, type ProcessLog } from './logger.ts';
import { firstStopSignal, onHangUp } from './stop-signals.ts';

/** `start` rejects with a StackError when the server cannot be started; `banner` is what is printed when it is. */
export async function runServer<Running extends RunningServer | RunningTurn>(
  loaded: Loaded,
  start: (log: ProcessLog) => Promise<Running>,
  banner: (running: Running) => string,
): Promise<number> {
  const log = createLog(loaded.settings);
  guardAgainstCrashes(log);
  for (const warning of loaded.warnings) log.warn(warning);
  const running = await start(log);
  const operation = await operate({
    loaded,
    running,
    log,
    onSettings: ({ logLevel }) => log.setLevel(logLevel),
  });
  const stop = firstStopSignal(log);
  onHangUp(() => void operation.reload('on SIGHUP'));
  process.stdout.write(banner(running));
  log.info('stopping', { signal: await stop });
  await running.drain();
  await operation.close();
  return 0;
}
