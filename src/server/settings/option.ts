/**
 * What one option is: its schema, its default and its sentence. From it come the flag, the environment variable and the
 * key of settings.json, the help and the documentation. Reads nothing.
 */
import type * as v from 'valibot';

export type Mode = 'development' | 'production';

/** `switch` is on or off, `list` may be given several times. */
type OptionKind = 'value' | 'switch' | 'list';

export interface Option<T> {
  readonly kind: OptionKind;
  /** What stands after the flag in the help: `--port PORT`. Empty for a switch. */
  readonly placeholder: string;
  /** Completes "--port must be …". */
  readonly expects: string;
  /** From text (flag, environment) or a JSON value (settings.json) to the value. */
  readonly schema: v.GenericSchema<unknown, T>;
  /** The default, by mode. */
  readonly fallback: Readonly<Record<Mode, T>>;
  /** How the default is told where the value alone would not explain it. */
  readonly fallbackText?: string;
  readonly help: string;
  /** A heading of the help. */
  readonly group: OptionGroup;
  /** Shown as `***`, and not cut at commas when given as a flag. */
  readonly secret?: true;
  /** Decides where settings are read from, so settings.json cannot have it. */
  readonly outsideFile?: true;
  /** A running server takes a changed value up when it reads its settings again. Others wait for the next start. */
  readonly live?: true;
}

type OptionGroup =
  | 'Start'
  | 'Web'
  | 'Certificate'
  | 'Calls'
  | 'STUN and TURN'
  | 'TURN access'
  | 'TURN limits'
  | 'TURN at scale'
  | 'Log';

interface Traits<T> {
  readonly group: OptionGroup;
  readonly help: string;
  readonly fallback: T | Readonly<Record<Mode, T>>;
  readonly fallbackText?: string;
  readonly secret?: true;
  readonly outsideFile?: true;
  readonly live?: true;
}

type Shape<T> = Pick<Option<T>, 'kind' | 'placeholder' | 'expects' | 'schema'>;

/** An option of a shape; a fallback that is not split by mode holds for both. */
export function option<T>(shape: Shape<T>, traits: Traits<NoInfer<T>>): Option<T> {
  const { fallback, ...rest } = traits;
  return { ...shape, ...rest, fallback: isByMode<T>(fallback) ? fallback : both(fallback as T) };
}

function isByMode<T>(fallback: Traits<T>['fallback']): fallback is Readonly<Record<Mode, T>> {
  return typeof fallback === 'object' && fallback !== null && 'development' in fallback;
}

function both<T>(value: T): Record<Mode, T> {
  return { development: value, production: value };
}

/** `relayPorts` → `--relay-ports`. */
export function flagOf(key: string): string {
  return `--${kebab(key)}`;
}

/** `relayPorts` → `IEUM_RELAY_PORTS`. */
export function variableOf(key: string): string {
  return `IEUM_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
