/** Which way media flows: `a=sendrecv` and its like. RFC 8866 §6.7, answers: RFC 3264 §6.1. */
import { hasAttribute, type Section } from './description.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** RFC 8866 §6.7: `sendrecv` where nothing stands. */
export function directionOf(section: Section): Direction {
  return DIRECTIONS.find((direction) => hasAttribute(section, direction)) ?? 'sendrecv';
}

export function makeDirection(sends: boolean, receives: boolean): Direction {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** The same, seen from the other end. */
export function reversed(direction: Direction): Direction {
  return makeDirection(receives(direction), sends(direction));
}
