/** What the kernel says of a process: processor time and resident memory. Linux only. proc_pid_stat(5). */
import { readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)`: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of all threads, in microseconds, in steps of 10,000. NaN when the process is gone. */
export function cpuUsOf(pid: number): number {
  try {
    // The name in parentheses may hold spaces; what follows it does not.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory in bytes: what user space holds; socket buffers of the kernel are not in it. NaN when gone. */
export function residentBytesOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(line?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}
