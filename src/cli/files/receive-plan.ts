/** Where received files go: harmless names, room on the disk, and nothing replaced that nobody agreed to. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { distinctNames, type OfferedFile, safeFileName } from '../../client/index.ts';
import { exists, isFolder, PartFile } from './part-file.ts';
import { formatBytes } from './progress-line.ts';
import type { PlannedFile } from './receive-session.ts';

export type Existing = 'overwrite' | 'keep-both' | 'skip';

/** `ask`: what to do about a file that is there already. A text: why nothing can be received. */
export async function planFiles(
  folder: string,
  files: readonly OfferedFile[],
  ask: (name: string) => Promise<Existing>,
): Promise<readonly (PlannedFile | undefined)[] | string> {
  const names = distinctNames(files.map(({ name }) => safeFileName(name)));
  const plans: (PlannedFile | undefined)[] = [];
  let missing = 0;
  for (const [i, offered] of files.entries()) {
    const name = names[i] ?? offered.name;
    const place = join(folder, name);
    // A folder is never replaced by a file.
    const answer = (await exists(place)) && !(await isFolder(place)) ? await ask(name) : 'keep-both';
    if (answer === 'skip') plans.push(undefined);
    else {
      plans.push({ folder, name, overwrite: answer === 'overwrite' });
      missing += offered.size - (await PartFile.left(folder, name, offered));
    }
  }
  const free = await freeBytes(folder);
  if (free !== undefined && missing > free) {
    return `the receiver has no room for it: ${formatBytes(missing)} are to come, ${formatBytes(free)} are free`;
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
