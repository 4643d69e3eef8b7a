/**
 * Whether the wall clock can be right. Without a network only what is certain can be said: a clock from before this
 * program was made is wrong. TURN credentials and certificates live by it.
 */
import { existsSync, statSync } from 'node:fs';
import { type Finding, fail, ok } from './finding.ts';

/** 2026-08-01: this program did not exist before. */
const EARLIEST_MS = Date.UTC(2026, 7, 1);

/** systemd-timesyncd makes this file when it has reached a time server. */
const SYNCHRONIZED_FILE = '/run/systemd/timesync/synchronized';

const ADVICE = 'Set the clock, best by switching on time synchronisation (Linux: timedatectl set-ntp true).';

/** `madeAtMs`: when the files of this program were written. */
export function checkClock(nowMs: number, madeAtMs: number, synchronized: boolean): Finding {
  const now = new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ');
  // A day of grace: an archive may carry times of another zone.
  if (nowMs < Math.max(EARLIEST_MS, madeAtMs - 86_400_000)) {
    return fail(`Clock: it says ${now} UTC, which is before this program was made.`, ADVICE);
  }
  const how = synchronized ? 'synchronised with a time server' : 'plausible; nobody to compare with';
  return ok(`Clock: ${now} UTC, ${how}.`);
}

export function readClock(): Finding {
  const madeAtMs = statSync(import.meta.filename).mtimeMs;
  return checkClock(Date.now(), madeAtMs, existsSync(SYNCHRONIZED_FILE));
}
