/** Reads the settings again while the server runs: what can be taken up is, what cannot is named, a mistake changes nothing. */
import { type Log, StackError } from '../../base/index.ts';
import type { Loaded } from '../settings/load.ts';
import { flagOf } from '../settings/option.ts';
import type { Settings } from '../settings/options.ts';
import { changedSettings } from './changed-settings.ts';

export type ReloadOutcome =
  /** Names of options as flags. Never their values, which may be secrets. */
  | { readonly kind: 'read'; readonly changed: readonly string[]; readonly later: readonly string[] }
  /** One sentence; everything is as it was. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface ReloaderOptions {
  readonly loaded: Pick<Loaded, 'settings' | 'again'>;
  /** Takes the settings up, or throws a StackError and has changed nothing. */
  readonly apply: (next: Settings) => Promise<void>;
  readonly log: Log;
}

export class Reloader {
  readonly #again: () => Loaded;
  readonly #options: ReloaderOptions;
  #running: Settings;
  /** One at a time, in the order in which they were asked for. */
  #last: Promise<unknown> = Promise.resolve();
  /** Those that wait read the same file: one more is enough for all of them. */
  #waiting: Promise<ReloadOutcome> | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#running = options.loaded.settings;
    this.#again = options.loaded.again;
  }

  /** `because` completes "read the settings again": `on SIGHUP`. Never rejects for what is wrong with the settings. */
  reload(because: string): Promise<ReloadOutcome> {
    this.#waiting ??= this.#last.then(() => {
      this.#waiting = undefined;
      return this.#reload(because);
    });
    this.#last = this.#waiting.catch(() => undefined);
    return this.#waiting;
  }

  async #reload(because: string): Promise<ReloadOutcome> {
    const { log, apply } = this.#options;
    try {
      const { live, later, next } = changedSettings(this.#running, this.#again().settings);
      if (live.length > 0) await apply(next);
      this.#running = next;
      const outcome = { kind: 'read', changed: live.map(flagOf), later: later.map(flagOf) } as const;
      if (live.length + later.length > 0) {
        log.info('read the settings again', { because, changed: outcome.changed });
      }
      if (later.length > 0) {
        log.warn('some changed settings wait for the next start', { options: outcome.later });
      }
      return outcome;
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      log.warn('kept the settings, because the changed ones cannot be used', { reason: error.message });
      return { kind: 'refused', reason: error.message };
    }
  }
}
