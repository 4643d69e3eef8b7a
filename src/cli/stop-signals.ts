/** Ends the process as the system asks: once gracefully, the second time at once. */
import type { Log } from '../base/index.ts';

/** SIGBREAK is Ctrl+Break on Windows, which has no SIGTERM from outside. */
const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGTERM'] : ['SIGINT', 'SIGTERM'];

/** Resolves at the first signal; a second one ends the process with 128 + its number, as shells expect. */
export function firstStopSignal(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (stopping) {
          log.warn('ending at once', { signal });
          process.exit(signal === 'SIGINT' ? 130 : 143);
        }
        stopping = true;
        resolve(signal);
      });
    }
  });
}
