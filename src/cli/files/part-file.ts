/**
 * A file that is being received: beside its place under a name of its own, which also says of which version it is, so that
 * a later run goes on where an earlier one ended, however that ended.
 */
import { constants } from 'node:fs';
import { access, link, open, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { numbered, type OfferedFile } from '../../client/index.ts';
import { HashedFile } from './hashed-file.ts';

/** Other programs that make files of the same name at the same moment are few. */
const MOST_NAMES = 10_000;

export class PartFile {
  readonly #folder: string;
  readonly #name: string;
  readonly #path: string;
  readonly #file: HashedFile;

  private constructor(folder: string, name: string, path: string, file: HashedFile) {
    this.#folder = folder;
    this.#name = name;
    this.#path = path;
    this.#file = file;
  }

  /** With what an earlier run has left. `name`: harmless, and of nobody else in this transfer. */
  static async open(folder: string, name: string, { size, version }: OfferedFile): Promise<PartFile> {
    const path = pathOf(folder, name, version);
    // No link is followed: the name may have been prepared by somebody else.
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
    try {
      const file = new HashedFile(handle);
      const left = (await handle.stat()).size;
      if (left > size) await file.clear();
      else file.jump(left);
      return new PartFile(folder, name, path, file);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** How many bytes of it an earlier run has left. */
  static async left(folder: string, name: string, { size, version }: OfferedFile): Promise<number> {
    try {
      const left = (await stat(pathOf(folder, name, version))).size;
      return left > size ? 0 : left;
    } catch {
      return 0;
    }
  }

  /** How much is there. */
  get length(): number {
    return this.#file.at;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#file.append(bytes);
  }

  clear(): Promise<void> {
    return this.#file.clear();
  }

  async hasDigest(sha256: string): Promise<boolean> {
    return (await this.#file.digest()) === sha256;
  }

  /** Puts it in its place, or beside it under another name unless it may replace what is there. Resolves with where. */
  async finish(overwrite: boolean): Promise<string> {
    await this.#file.sync();
    await this.#file.close();
    const wanted = join(this.#folder, this.#name);
    if (overwrite) {
      await rename(this.#path, wanted);
      return wanted;
    }
    for (let n = 1; n < MOST_NAMES; n++) {
      const place = n === 1 ? wanted : join(this.#folder, numbered(this.#name, n));
      if (await moved(this.#path, place)) return place;
    }
    throw new Error(`${wanted} and its like are all taken`);
  }

  /** What is there stays, for a later run. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

function pathOf(folder: string, name: string, version: string): string {
  return join(folder, `${name}.${version}.part`);
}

/** False where something is already. A link is made or not made in one step; where there are none, a look has to do. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await unlink(from);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (await exists(to)) return false;
    await rename(from, to);
    return true;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
