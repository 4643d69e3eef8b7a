/** How many files and sockets this process may open. Read from Linux's /proc; other systems do not tell. */
import { readFileSync } from 'node:fs';
import { type Finding, ok, warn } from './finding.ts';

/** Beside relays: visitors, the program itself. */
const OTHER_FILES = 1_000;

/** `limits`: the text of /proc/self/limits; `undefined` where there is none. Node raises the soft limit to the hard one. */
export function checkFileLimit(limits: string | undefined, totalQuota: number): Finding {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return ok('Open files: this system does not tell its limit.');
  if (soft === 'unlimited') return ok('Open files: no limit.');
  const wanted = totalQuota + OTHER_FILES;
  if (Number(soft) >= wanted) return ok(`Open files: up to ${soft}.`);
  return warn(
    `Open files: up to ${soft}, but --total-quota ${totalQuota} relays and their visitors need ${wanted}.`,
    `Raise the limit (ulimit -n ${wanted}; in a systemd unit LimitNOFILE=${wanted}), or lower --total-quota.`,
  );
}

export function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return undefined; // no Linux, or /proc is hidden: then nobody tells
  }
}
