/** Microseconds of the monotonic clock, the same in every process of a machine. */
const offsetUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;

export function nowUs(): number {
  return performance.now() * 1000 + offsetUs;
}
