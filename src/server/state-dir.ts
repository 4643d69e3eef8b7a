/**
 * The folder of what is made at the first start and kept: where it is, who may read it, files that appear whole or
 * not at all. Knows nothing of what is in the files.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { StackError } from '../base/index.ts';

/** Where state goes when nobody says otherwise: where each system keeps what belongs to one user's programs. */
export function defaultStateDir(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'ieum');
  }
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'ieum');
  // systemd gives a unit with StateDirectory= its own folder (the first of a list), made and owned already.
  const [fromSystemd] = (environment.STATE_DIRECTORY ?? '').split(':');
  if (fromSystemd) return fromSystemd;
  return join(environment.XDG_STATE_HOME || join(home, '.local', 'state'), 'ieum');
}

/** The folder of `--state-dir`, or the one where state goes by default. */
export function stateFolder(given: string | undefined): string {
  return resolve(given ?? defaultStateDir(process.platform, process.env, homeFolder()));
}

/** `STATE_UNUSABLE` where the user has no home, as in containers that run under a made-up user id. */
function homeFolder(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new StackError(
      'STATE_UNUSABLE',
      '--state-dir must name a folder, because this user has no home folder.',
      {
        cause,
      },
    );
  }
}

/** With the folders above it. Not Node's `recursive`, which never ends where a file system lets nobody make folders (/proc). */
function makeFolder(path: string): void {
  if (tryMakeFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  if (!tryMakeFolder(path)) throw Object.assign(new Error(), { code: 'ENOENT' });
}

/** `false` when the folder above is not there. */
function tryMakeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST') throw error;
  }
  return true;
}

export class StateDir {
  readonly path: string;

  /**
   * Makes the folder (0700) if it is not there, and closes a file to others (0600) when it is written. On Windows the
   * user's profile has these rights already, and modes mean nothing. `STATE_UNUSABLE` when it cannot be made.
   */
  constructor(path: string | undefined) {
    this.path = stateFolder(path);
    try {
      makeFolder(this.path);
      if (!statSync(this.path).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    } catch (cause) {
      throw this.#unusable('cannot be made', cause);
    }
  }

  /** The text of a file; `undefined` when there is none. `STATE_UNUSABLE` when it cannot be read. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#unusable(`cannot be used, because ${name} in it cannot be read`, cause);
    }
  }

  /** Replaces a file in one step. */
  write(name: string, text: string): void {
    const temporary = this.#writeBeside(name, text);
    try {
      renameSync(temporary, join(this.path, name));
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw this.#unusable(`cannot be used, because ${name} in it cannot be written`, cause);
    }
  }

  /** Writes a file unless there is one, also when two servers start at the same time. Returns what is there in the end. */
  writeOnce(name: string, text: string): string {
    const temporary = this.#writeBeside(name, text);
    const path = join(this.path, name);
    try {
      linkSync(temporary, path);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      // A file system without links (FAT) gets the older, almost as good way.
      if (code !== 'EEXIST') this.#writeExclusive(path, name, text);
    } finally {
      rmSync(temporary, { force: true });
    }
    return this.read(name) ?? text;
  }

  #writeExclusive(path: string, name: string, text: string): void {
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw this.#unusable(`cannot be used, because ${name} in it cannot be written`, cause);
    }
  }

  #writeBeside(name: string, text: string): string {
    const temporary = join(this.path, `.${name}.${randomBytes(6).toString('hex')}`);
    try {
      writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
      chmodSync(temporary, 0o600); // an unusual umask may have taken the owner's own rights
    } catch (cause) {
      throw this.#unusable('cannot be written to', cause);
    }
    return temporary;
  }

  #unusable(what: string, cause: unknown): StackError {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    return new StackError('STATE_UNUSABLE', `--state-dir: ${this.path} ${what} (${code}).`, { cause });
  }
}
