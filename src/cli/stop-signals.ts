/** Ends the process as the system asks: once gracefully, the second time at once. Hanging up means one of two things. */
import { constants } from 'node:os';
import type { Log } from '../base/index.ts';

/** SIGBREAK: Ctrl+Break on Windows, where nobody can send SIGTERM. */
const STOP_SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM'];

/** Resolves at the first signal; a second one ends the process with 128 + its number, as shells expect. */
export function firstStopSignal(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of hangUpEnds() ? [...STOP_SIGNALS, 'SIGHUP' as const] : STOP_SIGNALS) {
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

/** SIGHUP where it does not end the process: the old sign for a service to read its settings again. */
export function onHangUp(reload: () => void): void {
  if (!hangUpEnds()) process.on('SIGHUP', reload);
}

/** Somebody's terminal was closed, and what ran in it ends. On Windows the console window was, with all in it. */
function hangUpEnds(): boolean {
  return process.platform === 'win32' || process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}
