/** The shapes that values of options have: ports, addresses, paths, numbers, choices, lists. Knows no option by name. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { canonicalIp, type IpRange, invariant, parseIpRange } from '../../base/index.ts';
import type { Option } from './option.ts';

/** What of an option a shape decides. */
export type Shape<T> = Pick<Option<T>, 'kind' | 'placeholder' | 'expects' | 'schema'>;

/** Ports that relays may use, both ends included. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

export interface StaticUser {
  readonly name: string;
  readonly password: string;
}

/** A range of addresses and the text that it was written as. */
export interface NamedRange {
  readonly text: string;
  readonly range: IpRange;
}

/** A whole number as JSON has it or as digits; nothing like `1e3`, `0x10` or an empty text. */
const WholeNumber = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.regex(/^-?\d{1,15}$/), v.transform(Number)),
]);

/** Text without control characters, so that nothing breaks lines of logs or headers. */
export const PlainText = v.pipe(v.string(), v.minLength(1), v.regex(/^\P{Cc}+$/u));

export function whole(placeholder: string, min: number, max: number): Shape<number> {
  return {
    kind: 'value',
    placeholder,
    expects: `a whole number from ${min} to ${max}`,
    schema: v.pipe(WholeNumber, v.minValue(min), v.maxValue(max)),
  };
}

/** 0 asks the system for a free port. */
export const port: Shape<number> = { ...whole('PORT', 0, 65_535), expects: 'a port from 0 to 65535' };

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return { ...shape, schema: v.optional(shape.schema) as v.GenericSchema<unknown, T | undefined> };
}

export const toggle: Shape<boolean> = {
  kind: 'switch',
  placeholder: '',
  expects: 'true or false',
  schema: v.union([
    v.boolean(),
    v.pipe(
      v.string(),
      v.toLowerCase(),
      v.picklist(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off']),
      v.transform((text) => ['true', '1', 'yes', 'on'].includes(text)),
    ),
  ]),
};

export const text = (placeholder: string): Shape<string> => ({
  kind: 'value',
  placeholder,
  expects: 'a text without line breaks',
  schema: PlainText,
});

export const path = (placeholder: string): Shape<string> => ({ ...text(placeholder), expects: 'a path' });

export function choice<const Choice extends string>(...choices: readonly Choice[]): Shape<Choice> {
  return {
    kind: 'value',
    placeholder: choices.join('|'),
    expects: `one of ${choices.join(', ')}`,
    schema: v.picklist(choices),
  };
}

/** An address or a name to listen on. */
export const host: Shape<string> = {
  kind: 'value',
  placeholder: 'HOST',
  expects: 'an IP address or a host name',
  schema: v.pipe(
    PlainText,
    v.check((name) => isIP(name) > 0 || /^(?!\d+(\.\d+)*$)[a-z\d]([a-z\d.-]{0,252})$/i.test(name)),
  ),
};

export const IpAddress = v.pipe(
  v.string(),
  v.check((address) => isIP(address) > 0 && !address.includes('%')),
  v.transform((address) => canonicalIp(address) ?? address),
);

export const portRange: Shape<PortRange> = {
  kind: 'value',
  placeholder: 'MIN-MAX',
  expects: 'two ports from 1024 to 65535, the lower one first, as in 49152-65535',
  schema: v.pipe(
    v.string(),
    v.regex(/^\d{1,5}-\d{1,5}$/),
    v.transform((written): PortRange => {
      const [min = 0, max = 0] = written.split('-').map(Number);
      return { min, max };
    }),
    v.check(({ min, max }) => min >= 1024 && max <= 65_535 && min <= max),
  ),
};

/** A list from a JSON array, or from text cut at commas. */
export function list<T>(
  placeholder: string,
  expects: string,
  item: v.GenericSchema<unknown, T>,
): Shape<readonly T[]> {
  const cut = v.pipe(
    v.string(),
    v.transform((written) =>
      written
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
  );
  return {
    kind: 'list',
    placeholder,
    expects,
    schema: v.pipe(v.union([v.array(v.unknown()), cut]), v.array(item)),
  };
}

export const addresses = list('IP', 'an IP address', IpAddress);

export const ranges = list<NamedRange>(
  'CIDR',
  'an IP address or a range such as 10.0.0.0/8',
  v.pipe(
    v.string(),
    v.check((written) => parseIpRange(written) !== undefined),
    v.transform(namedRange),
  ),
);

export function namedRange(written: string): NamedRange {
  const range = parseIpRange(written);
  invariant(range, 'checked by the schema, or a constant');
  return { text: written, range };
}

export const origins = list(
  'ORIGIN',
  'an origin such as https://call.example.com',
  v.pipe(
    v.string(),
    v.check((written) => URL.canParse(written) && /^https?:$/.test(new URL(written).protocol)),
    v.transform((written) => new URL(written).origin),
  ),
);

/** Short secrets can be guessed from one message that they protect; 16 characters keep that out of reach. */
export const secrets = list(
  'SECRET',
  'a text of 16 to 256 characters',
  v.pipe(PlainText, v.minLength(16), v.maxLength(256)),
);

export const secret: Shape<string> = {
  kind: 'value',
  placeholder: 'SECRET',
  expects: 'a text of 16 to 256 characters',
  schema: v.pipe(PlainText, v.minLength(16), v.maxLength(256)),
};

/** RFC 8489 §14.3: a username has fewer than 509 bytes; 128 characters are fewer in any script. */
export const users = list<StaticUser>(
  'NAME:PASSWORD',
  'name:password, the name without a colon',
  v.pipe(
    PlainText,
    v.regex(/^[^:]{1,128}:.{1,256}$/u),
    v.transform((written): StaticUser => {
      const colon = written.indexOf(':');
      return { name: written.slice(0, colon), password: written.slice(colon + 1) };
    }),
  ),
);
