/** One line of the doctor: what was looked at, how it is, and what to do. Looks at nothing itself. */

export interface Finding {
  /** `fail`: calls will not work as configured. `warn`: some will not, or not for long. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do about it; each a sentence. */
  readonly advice: readonly string[];
}

export function ok(text: string, ...advice: string[]): Finding {
  return { level: 'ok', text, advice };
}

export function warn(text: string, ...advice: string[]): Finding {
  return { level: 'warn', text, advice };
}

export function fail(text: string, ...advice: string[]): Finding {
  return { level: 'fail', text, advice };
}

const COLOURS = { ok: '\u001b[32m', warn: '\u001b[33m', fail: '\u001b[31m' } as const;
const PLAIN = '\u001b[0m';

/** Ends with a line break. */
export function writeFinding({ level, text, advice }: Finding, inColour: boolean): string {
  const word = level.padEnd(4);
  const marked = inColour ? `${COLOURS[level]}${word}${PLAIN}` : word;
  return [`${marked}  ${text}`, ...advice.map((line) => `      → ${line}`), ''].join('\n');
}
