/** A file that is offered: what it is called and how long it is, looked at once. Each transfer reads it anew. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StackError } from '../../base/index.ts';
import type { OfferedFile } from '../../client/index.ts';
import { fileTrouble } from './file-trouble.ts';
import { HashedFile } from './hashed-file.ts';

const VERSION_DIGITS = 16;

type Refused = 'folder' | 'other';

const REFUSALS: Readonly<Record<Refused, string>> = {
  folder: 'it is a folder; put it into an archive first, as with tar or zip',
  other: 'it is a pipe or a device, of which nobody knows the end; write what it gives into a file first',
};

export class SourceFile {
  readonly path: string;
  readonly offered: OfferedFile;

  private constructor(path: string, offered: OfferedFile) {
    this.path = path;
    this.offered = offered;
  }

  /** Rejects with `FILE_UNREADABLE` and what to do. */
  static async open(path: string): Promise<SourceFile> {
    try {
      const { size, mtimeMs, kind } = await facts(path);
      if (kind !== 'file') throw new Error(REFUSALS[kind]);
      const name = basename(path);
      // Not its content: to read all of it first would make a person wait. SHA-256 judges in the end.
      const version = createHash('sha256').update(`${name}\0${size}\0${mtimeMs}`).digest('hex');
      await (await open(path, 'r')).close();
      return new SourceFile(path, { name, size, version: version.slice(0, VERSION_DIGITS) });
    } catch (cause) {
      const shown = path === '' ? 'A file without a name' : path;
      throw new StackError('FILE_UNREADABLE', `${shown} cannot be sent: ${fileTrouble(cause)}.`, { cause });
    }
  }

  async read(): Promise<HashedFile> {
    return new HashedFile(await open(this.path, 'r'));
  }
}

async function facts(path: string): Promise<{ size: number; mtimeMs: number; kind: 'file' | Refused }> {
  const found = await stat(path);
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { size: found.size, mtimeMs: found.mtimeMs, kind };
}
