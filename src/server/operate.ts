/** Everything by which an operator reaches a running server: the watched settings file, reloads, the control socket. */
import { type Log, StackError } from '../base/index.ts';
import { controlPath } from './control/control-path.ts';
import { openControlServer } from './control/control-server.ts';
import type { Operable } from './operable.ts';
import { watchFile } from './reload/file-watch.ts';
import { Reloader, type ReloadOutcome } from './reload/reloader.ts';
import type { Loaded } from './settings/load.ts';
import type { Settings } from './settings/options.ts';

export interface Operation {
  /** `because` goes to the log: `on SIGHUP`. Never rejects for what is wrong with the settings. */
  reload(because: string): Promise<ReloadOutcome>;
  close(): Promise<void>;
}

export interface OperateOptions {
  readonly loaded: Loaded;
  readonly running: Operable;
  readonly log: Log;
  /** For what the server itself does not know of, such as the level of the log. */
  readonly onSettings?: (next: Settings) => void;
}

/** Without its control socket a server serves all the same; the log says why there is none. */
export async function operate({ loaded, running, log, onSettings }: OperateOptions): Promise<Operation> {
  const reloader = new Reloader({
    loaded,
    log,
    async apply(next) {
      await running.reconfigure(next);
      onSettings?.(next);
    },
  });
  const reload = (because: string): Promise<ReloadOutcome> => reloader.reload(because);
  const watch = watchFile(loaded.file, () => void reload('because the file has changed'));
  const control = await openControlServer({
    path: controlPath(loaded.settings),
    running,
    reload,
    log,
  }).catch((error: unknown) => {
    if (!(error instanceof StackError)) throw error;
    log.warn('commands cannot reach this server', { reason: error.message });
    return undefined;
  });
  return {
    reload,
    async close() {
      watch.close();
      await control?.close();
    },
  };
}
