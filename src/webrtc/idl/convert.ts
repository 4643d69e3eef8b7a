/** What a script hands in, made into what a method works with, or a TypeError. Web IDL §3.2. */

/** Throws the TypeError of Web IDL for a call with too few arguments. */
export function requireArguments(given: number, needed: number, where: string): void {
  if (given >= needed) return;
  const were = given === 1 ? 'was' : 'were';
  throw new TypeError(
    `${where}: ${needed} argument${needed === 1 ? '' : 's'} needed, ${given} ${were} given.`,
  );
}

/** `DOMString`. A symbol throws. */
export function toDomString(value: unknown): string {
  // String(value) would name a symbol instead of refusing it.
  return typeof value === 'string' ? value : `${value as string}`;
}

const LONE_SURROGATE = /[\ud800-\udfff]/gu;

/** `USVString`: lone surrogates become U+FFFD. */
export function toUsvString(value: unknown): string {
  return toDomString(value).replace(LONE_SURROGATE, '\ufffd');
}

/** `unsigned short`, without a limit that is enforced: modulo 2^16. */
export function toUnsignedShort(value: unknown): number {
  return toUnsignedLong(value) & 0xffff;
}

/** `unsigned long`: modulo 2^32. */
export function toUnsignedLong(value: unknown): number {
  return toNumber(value) >>> 0;
}

/** `long`: modulo 2^32, with a sign. */
export function toLong(value: unknown): number {
  return toNumber(value) | 0;
}

/** `[EnforceRange]` of an unsigned integer up to `most`. */
export function toEnforced(value: unknown, most: number, what: string): number {
  const number = toNumber(value);
  const integer = Math.trunc(number) + 0;
  if (!Number.isFinite(number) || integer < 0 || integer > most) {
    throw new TypeError(`${what} is 0 … ${most}, not ${number}.`);
  }
  return Math.abs(integer); // −0 is 0
}

function toNumber(value: unknown): number {
  if (typeof value === 'bigint') throw new TypeError('A BigInt is no number here.');
  return Number(value);
}

/** An enumeration. */
export function toEnum<Value extends string>(value: unknown, allowed: readonly Value[], what: string): Value {
  const text = toDomString(value);
  const found = allowed.find((one) => one === text);
  if (found === undefined) {
    throw new TypeError(`${what} is one of ${allowed.map((one) => `"${one}"`).join(', ')}, not "${text}".`);
  }
  return found;
}

/** Members of a dictionary, read one by one by whoever takes them. */
export type Members = Readonly<Record<string, unknown>>;

/** A dictionary: `undefined` and `null` are an empty one. */
export function toDictionary(value: unknown, what: string): Members {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw new TypeError(`${what} is a dictionary, not ${describe(value)}.`);
  }
  return value as Members;
}

/** A sequence: of anything that can be iterated. */
export function toSequence(value: unknown, what: string): readonly unknown[] {
  if (!isIterable(value)) throw new TypeError(`${what} is a sequence, not ${describe(value)}.`);
  return [...value];
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
  );
}

export function toCallback(value: unknown, what: string): (...given: readonly unknown[]) => unknown {
  if (typeof value !== 'function') throw new TypeError(`${what} is a function, not ${describe(value)}.`);
  return value as (...given: readonly unknown[]) => unknown;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${String(value)}`;
}
