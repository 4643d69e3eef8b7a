/** One file, one noun: short files stay readable. Median 120–200 lines wished, nine in ten under 350, none over 500. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

const LONGEST_LINES = 500;
const NINE_IN_TEN_LINES = 350;

/** Path → why this one file may be longer than the limit. */
const EXCEPTIONS: Readonly<Record<string, string>> = {};

interface Lengths {
  readonly median: number;
  readonly ninetieth: number;
  /** `path: lines` of each file over the limit that has no reason. */
  readonly tooLong: readonly string[];
}

function measure(files: readonly SourceFile[]): Lengths {
  const lengths = files.map((file) => file.text.trimEnd().split('\n').length);
  const sorted = [...lengths].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const tooLong = files.flatMap((file, index) => {
    const lines = lengths[index] ?? 0;
    return lines > LONGEST_LINES && !(file.path in EXCEPTIONS) ? [`${file.path}: ${lines} lines`] : [];
  });
  return { median: at(0.5), ninetieth: at(0.9), tooLong };
}

test('files are short', (t) => {
  const { median, ninetieth, tooLong } = measure(typescriptFiles('src', 'web', 'test', 'scripts', 'bench'));
  t.diagnostic(`median ${median} lines, nine in ten at most ${ninetieth}`);
  assert.deepEqual(tooLong, []);
  assert.ok(
    ninetieth <= NINE_IN_TEN_LINES,
    `nine in ten files should have ${NINE_IN_TEN_LINES} lines at most`,
  );
});

test('every exception is still needed and has a reason', () => {
  const files = new Map(typescriptFiles('src', 'web', 'test').map((file) => [file.path, file]));
  for (const [path, reason] of Object.entries(EXCEPTIONS)) {
    const file = files.get(path);
    assert.ok(file, `${path} is gone; remove it from the list`);
    assert.ok(reason.length > 20, `${path} needs a reason`);
    assert.ok(file.text.trimEnd().split('\n').length > LONGEST_LINES, `${path} is short again`);
  }
});

test('notices one long file among short ones', () => {
  const files = [10, 20, 501].map((lines) => ({ path: `src/${lines}.ts`, text: 'x\n'.repeat(lines) }));
  assert.deepEqual(measure(files), { median: 20, ninetieth: 20, tooLong: ['src/501.ts: 501 lines'] });
});
