/** A file that is offered: what it is called and how long it is, looked at once. Each transfer reads it anew. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StackError } from '../../base/index.ts';
import type { OfferedFile } from '../../client/index.ts';
import { HashedFile } from './hashed-file.ts';

const VERSION_DIGITS = 16;

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
      const { size, mtimeMs, isFile } = await facts(path);
      if (!isFile) throw new Error('it is no file; put a folder into an archive first, as with tar or zip');
      const name = basename(path);
      // Not its content: to read all of it first would make a person wait. SHA-256 judges in the end.
      const version = createHash('sha256').update(`${name}\0${size}\0${mtimeMs}`).digest('hex');
      await (await open(path, 'r')).close();
      return new SourceFile(path, { name, size, version: version.slice(0, VERSION_DIGITS) });
    } catch (cause) {
      const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      const told = cause instanceof Error ? cause.message : String(cause);
      const why = missing ? 'there is no such file' : told;
      throw new StackError('FILE_UNREADABLE', `${path} cannot be sent: ${why}.`, { cause });
    }
  }

  async read(): Promise<HashedFile> {
    return new HashedFile(await open(this.path, 'r'));
  }
}

async function facts(path: string): Promise<{ size: number; mtimeMs: number; isFile: boolean }> {
  const found = await stat(path);
  return { size: found.size, mtimeMs: found.mtimeMs, isFile: found.isFile() };
}
