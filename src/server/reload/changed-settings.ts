/** What is different between two readings of the settings, and which of it a running server can take up. */
import { isDeepStrictEqual } from 'node:util';
import { OPTION_KEYS, OPTIONS, type OptionKey, type Settings } from '../settings/options.ts';

export interface ChangedSettings {
  /** What a running server can take up. */
  readonly live: readonly OptionKey[];
  /** What waits for the next start. */
  readonly later: readonly OptionKey[];
  /** The running settings with the live ones exchanged. */
  readonly next: Settings;
}

export function changedSettings(running: Settings, fresh: Settings): ChangedSettings {
  const changed = OPTION_KEYS.filter((key) => !isDeepStrictEqual(running[key], fresh[key]));
  const live = changed.filter((key) => OPTIONS[key].live);
  return {
    live,
    later: changed.filter((key) => !OPTIONS[key].live),
    next: { ...running, ...Object.fromEntries(live.map((key) => [key, fresh[key]])) },
  };
}
