/** `a=extmap`: which number an RTP header extension goes by. RFC 8285 §8. */
import { DIRECTIONS, type Direction } from './direction.ts';

export interface HeaderExtension {
  /** 1 … 14 for one-byte headers, to 255 for two-byte ones, 4096 … 4351 when offered as one of several. */
  readonly id: number;
  readonly direction: Direction;
  readonly uri: string;
  readonly parameters: string | undefined;
}

const MAX_ID = 4351;

export function parseHeaderExtension(value: string): HeaderExtension | undefined {
  const match = /^(\d{1,4})(?:\/(\S+))? (\S+)(?: (.+))?$/.exec(value.trim());
  const id = Number(match?.[1]);
  const direction = match?.[2] === undefined ? 'sendrecv' : DIRECTIONS.find((one) => one === match[2]);
  if (!match || !direction || id < 1 || id > MAX_ID) return undefined;
  return { id, direction, uri: match[3] ?? '', parameters: match[4] };
}

export function writeHeaderExtension({ id, direction, uri, parameters }: HeaderExtension): string {
  const way = direction === 'sendrecv' ? '' : `/${direction}`;
  return `${id}${way} ${uri}${parameters === undefined ? '' : ` ${parameters}`}`;
}
