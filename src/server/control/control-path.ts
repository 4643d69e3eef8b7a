/** Where the control socket of a server is. One for each state folder, so that commands find it by the same options. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Settings } from '../settings/options.ts';
import { stateFolder } from '../state-dir.ts';

/** Bytes of a Unix socket's path, without the zero at its end: 108 on Linux, 104 on macOS and BSD. */
export const LONGEST_SOCKET_PATH = 103;

export function controlPath({
  controlSocket,
  stateDir,
}: Pick<Settings, 'controlSocket' | 'stateDir'>): string {
  if (controlSocket !== undefined) return resolve(controlSocket);
  const folder = stateFolder(stateDir);
  if (process.platform !== 'win32') return join(folder, 'control.sock');
  // Named pipes live in a space of their own; only who may read the state folder can tell this name.
  return `\\\\.\\pipe\\ieum-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
}
