/** A value as somebody gave it, and where: what every source of settings yields. Judges no values. */
import type { OptionKey } from './options.ts';

export interface GivenValue {
  readonly raw: unknown;
  /** Completes "but … is": `IEUM_PORT`, `"port" of "development" in settings.json`; `undefined` for a flag. */
  readonly place?: string;
}

export type Given = ReadonlyMap<OptionKey, GivenValue>;

/** The candidate that needs the fewest changed letters, if few enough to be a slip of the finger. */
function closest(wrong: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(3, Math.ceil(wrong.length / 3) + 1);
  for (const candidate of candidates) {
    const changes = changesBetween(wrong, candidate);
    if (changes < fewest) {
      fewest = changes;
      best = candidate;
    }
  }
  return best;
}

/** " Did you mean --port?", or nothing. */
export function hint(wrong: string, candidates: readonly string[]): string {
  const meant = closest(wrong, candidates);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** Levenshtein's distance, one row at a time. */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
