/** What nobody caught: a network that failed somewhere is noted, a mistake of ours ends the process. */
import type { Log } from '../base/index.ts';

/** How connections and hosts fail, whatever the program does right. One such error must not end everybody's calls. */
const NETWORK_FAILURES: ReadonlySet<unknown> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'EPIPE',
  'ETIMEDOUT',
]);

const EXIT_MISTAKE = 1;

export function guardAgainstCrashes(log: Log): void {
  const judge = (error: unknown): void => {
    if (isNetworkFailure(error)) {
      log.warn('a network error that nobody was waiting for', { error });
      return;
    }
    // After a broken invariant nothing is certain: a clean start is better than a wrong answer.
    log.error('ending because of a mistake in the program; please report it', { error });
    process.exit(EXIT_MISTAKE);
  };
  process.on('uncaughtException', judge);
  process.on('unhandledRejection', judge);
}

export function isNetworkFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NETWORK_FAILURES.has(error.code);
}
