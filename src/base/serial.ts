/** Serial number arithmetic: which of two numbers on a circle comes first. RFC 1982. */

/** Whether `a` comes before `b`, both 0 … 2³² − 1. Undefined (false) when they are exactly half a circle apart. */
export function serialLess(a: number, b: number): boolean {
  return ((a - b) | 0) < 0 && a - b !== 2 ** 31 && b - a !== 2 ** 31;
}

/** How far `b` lies after `a` on the circle of 2³²: 0 … 2³² − 1. */
export function serialDistance(a: number, b: number): number {
  return (b - a) >>> 0;
}

/** As `serialLess` for 0 … 65535. */
export function serialLess16(a: number, b: number): boolean {
  const distance = (b - a) & 0xffff;
  return distance !== 0 && distance < 0x8000;
}
