/** Ends the process as the system asks: once gracefully, the second time at once. */
import { constants } from 'node:os';
import type { Log } from '../base/index.ts';

/** SIGHUP: the terminal was closed. SIGBREAK: Ctrl+Break on Windows, where nobody can send SIGTERM. */
const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Resolves at the first signal; a second one ends the process with 128 + its number, as shells expect. */
export function firstStopSignal(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (stopping) {
          log.warn('ending at once', { signal });
          process.exit(128 + (constants.signals[signal] ?? 15));
        }
        stopping = true;
        resolve(signal);
      });
    }
  });
}
