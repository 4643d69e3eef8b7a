/** Where received files go: harmless names, room on the disk, and nothing replaced that nobody agreed to. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { distinctNames, type OfferedFile, safeFileName } from '../../client/index.ts';
import { exists } from './part-file.ts';
import { formatBytes } from './progress-line.ts';
import type { PlannedFile } from './receive-session.ts';

export type Existing = 'overwrite' | 'keep-both' | 'skip';

/** `ask`: what to do about a file that is there already. A text: why nothing can be received. */
export async function planFiles(
  folder: string,
  files: readonly OfferedFile[],
  ask: (name: string) => Promise<Existing>,
): Promise<readonly (PlannedFile | undefined)[] | string> {
  const free = await freeBytes(folder);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const started = files.length > 1 ? 0 : (files[0]?.size ?? 0);
  // What an earlier run has left takes room already; it is not looked for here, so only a clear lack is one.
  if (free !== undefined && total > free + started && total > free) {
    return `there is no room for it: ${formatBytes(total)} are offered, ${formatBytes(free)} are free`;
  }
  const names = distinctNames(files.map(({ name }) => safeFileName(name)));
  const plans: (PlannedFile | undefined)[] = [];
  for (const name of names) {
    const answer = (await exists(join(folder, name))) ? await ask(name) : 'keep-both';
    plans.push(answer === 'skip' ? undefined : { folder, name, overwrite: answer === 'overwrite' });
  }
  return plans;
}

/** `undefined` where the system does not say. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
