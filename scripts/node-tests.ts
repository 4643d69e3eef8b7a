/** Finds test files and runs them with node:test. A run without files, or with a skipped test, is a failure. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './process.ts';

/** What node:test counted in one or several runs. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export interface TestRun extends Counts {
  /** Why the run is not good; `undefined` when it is. */
  readonly problem: string | undefined;
}

/** How many test files run at once, and how long one test may take. */
export interface Limits {
  readonly files: number;
  readonly testTimeoutMs: number;
}

/** Every `*.test.ts` under `folder`, sorted, relative to the root. Node 20 has no patterns for its `--test`. */
export function findTestFiles(folder: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.test.ts')) continue;
    found.push(path.relative(ROOT, path.join(entry.parentPath, entry.name)));
  }
  return found.sort();
}

/** Runs the test files of `folder` whose path contains one of `only` (all when empty). */
export async function runNodeTests(
  folder: string,
  only: readonly string[],
  limits: Limits,
): Promise<TestRun> {
  const files = findTestFiles(folder).filter(
    (file) => only.length === 0 || only.some((part) => file.includes(part)),
  );
  if (files.length === 0) {
    return {
      passed: 0,
      failed: 0,
      problem: `no test file in ${folder}${only.map((part) => ` with "${part}"`)}`,
    };
  }
  const { code, output } = await run(process.execPath, [
    '--import',
    'tsx',
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${limits.files}`,
    `--test-timeout=${limits.testTimeoutMs}`,
    ...files,
  ]);
  return judge(code, output);
}

/** Reads node's own summary; its exit code alone would let skipped tests and empty runs pass. */
function judge(code: number, output: string): TestRun {
  const passed = count(output, 'pass');
  const failed = count(output, 'fail') + count(output, 'cancelled');
  const left = count(output, 'skipped') + count(output, 'todo');
  let problem: string | undefined;
  if (failed > 0) problem = `${failed} failed`;
  else if (code !== 0) problem = `node ended with code ${code}`;
  else if (left > 0) problem = `${left} skipped or still to do, which is not allowed here`;
  else if (passed === 0) problem = 'no test was executed';
  return { passed, failed, problem };
}

function count(output: string, name: string): number {
  const line = output.match(new RegExp(`^\\S+ ${name} (\\d+)\\s*$`, 'gm'))?.at(-1);
  return Number(line?.match(/\d+/)?.[0] ?? 0);
}
