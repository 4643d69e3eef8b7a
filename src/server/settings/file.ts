/** Reads settings.json: `{ "development": { … }, "production": { … } }`. Judges no values. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { StackError } from '../../base/index.ts';
import { type Given, type GivenValue, hint } from './given.ts';
import type { Mode } from './option.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey } from './options.ts';

/** What the file says for each mode. */
export type FromFile = Readonly<Record<Mode, Given>>;

const MODES = ['development', 'production'] as const satisfies readonly Mode[];

const Section = v.optional(v.record(v.string(), v.unknown()));
const Modes = v.object({ development: Section, production: Section });

/** `named` is what `--settings` says. */
export function settingsPath(named: string | undefined, folder: string): string {
  return resolve(folder, named ?? 'settings.json');
}

/**
 * `named` is what `--settings` says; without it `settings.json` of `folder` is read where there is one.
 * `SETTINGS_UNREADABLE` when the file cannot be read or is no JSON, `SETTINGS_INVALID` for what is in it.
 */
export function readSettingsFile(named: string | undefined, folder: string): FromFile {
  const path = settingsPath(named, folder);
  const shown = named ?? 'settings.json';
  const written = readText(path, shown, named !== undefined);
  if (written === undefined) return { development: new Map(), production: new Map() };
  const content = parseJson(written, shown);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new StackError(
      'SETTINGS_INVALID',
      `--settings: ${shown} must hold an object with "development" and "production".`,
    );
  }
  for (const key of Object.keys(content)) {
    if (!MODES.some((mode) => mode === key)) {
      throw new StackError(
        'SETTINGS_INVALID',
        `Unknown mode "${key}" in ${shown}; it may have "development" and "production".`,
      );
    }
  }
  const modes = v.safeParse(Modes, content);
  if (!modes.success) {
    throw new StackError(
      'SETTINGS_INVALID',
      `--settings: "development" and "production" in ${shown} must be objects.`,
    );
  }
  return {
    development: readSection(modes.output.development ?? {}, 'development', shown),
    production: readSection(modes.output.production ?? {}, 'production', shown),
  };
}

function readText(path: string, shown: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !required) return undefined;
    throw new StackError('SETTINGS_UNREADABLE', `--settings: ${shown} cannot be read (${code}).`, { cause });
  }
}

function parseJson(written: string, shown: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new StackError('SETTINGS_UNREADABLE', `--settings: ${shown} is not valid JSON.`, { cause });
  }
}

function readSection(section: Readonly<Record<string, unknown>>, mode: Mode, shown: string): Given {
  const given = new Map<OptionKey, GivenValue>();
  const known = OPTION_KEYS.filter((key) => !OPTIONS[key].outsideFile);
  for (const [name, raw] of Object.entries(section)) {
    const key = known.find((candidate) => candidate === name);
    if (!key) {
      throw new StackError(
        'SETTINGS_INVALID',
        `Unknown option "${name}" of "${mode}" in ${shown}${hint(name, known) || '; see ieum help serve.'}`,
      );
    }
    given.set(key, { raw, place: `"${name}" of "${mode}" in ${shown}` });
  }
  return given;
}
