/**
 * `npm test`: every check of the repository in order, stopping at the first that fails. `npm test -- unit browser`
 * runs only these; what is no stage's name selects test files (`npm test -- unit stun`).
 */
import { availableParallelism } from 'node:os';
import { type Counts, type Limits, runNodeTests, type TestRun } from './node-tests.ts';
import { runTool } from './process.ts';
import { provision } from './provision.ts';

interface Stage {
  readonly name: string;
  readonly about: string;
  run(only: readonly string[]): Promise<TestRun>;
}

const PURE: Limits = { files: availableParallelism(), testTimeoutMs: 120_000 };
/** Two at a time: they mostly wait for media and timers, and a small machine has two cores. */
const WAITING: Limits = { files: 2, testTimeoutMs: 180_000 };

/** Commands that all have to end with 0. */
async function commands(list: readonly (readonly [string, ...string[]])[]): Promise<TestRun> {
  for (const [tool, ...args] of list) {
    const { code } = await runTool(tool, args);
    if (code !== 0) {
      return { passed: 0, failed: 0, problem: `${tool} ${args.join(' ')} ended with code ${code}` };
    }
  }
  return { passed: 0, failed: 0, problem: undefined };
}

async function withTools(run: () => Promise<TestRun>): Promise<TestRun> {
  const problem = await provision();
  return problem === undefined ? run() : { passed: 0, failed: 0, problem };
}

const STAGES: readonly Stage[] = [
  {
    name: 'style',
    about: 'Biome finds nothing, not even a warning',
    run: () => commands([['@biomejs/biome', 'check', '--error-on-warnings', '.']]),
  },
  {
    name: 'types',
    about: 'the compiler agrees',
    run: () =>
      commands([
        ['typescript', '-b'],
        ['typescript', '-b', 'test', 'web'],
      ]),
  },
  { name: 'dead', about: 'no unused file, export or dependency', run: () => commands([['knip']]) },
  {
    name: 'build',
    about: 'the package and the page build',
    run: () =>
      commands([
        ['typescript', '-b'],
        ['vite', 'build', 'web', '--logLevel', 'warn'],
      ]),
  },
  { name: 'meta', about: 'the rules of the house', run: (only) => runNodeTests('test/meta', only, PURE) },
  { name: 'unit', about: 'each part alone', run: (only) => runNodeTests('test/unit', only, PURE) },
  {
    name: 'simulation',
    about: 'machines against each other in virtual time',
    run: (only) => runNodeTests('test/simulation', only, PURE),
  },
  {
    name: 'blackbox',
    about: 'the server from outside, by tools of others',
    run: (only) => withTools(() => runNodeTests('test/blackbox', only, WAITING)),
  },
  {
    name: 'browser',
    about: 'people in calls, in real browsers',
    run: (only) => withTools(() => runNodeTests('test/browser', only, WAITING)),
  },
  {
    name: 'timed',
    about: 'calls that must be back soon, one at a time so that only they are measured',
    run: (only) => withTools(() => runNodeTests('test/timed', only, { ...WAITING, files: 1 })),
  },
];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs `stages` until one fails; returns what failed and all that was counted. */
async function runStages(
  stages: readonly Stage[],
  only: readonly string[],
): Promise<Counts & { ok: boolean }> {
  let passed = 0;
  let failed = 0;
  for (const [index, stage] of stages.entries()) {
    say(`\n── ${index + 1}/${stages.length} ${stage.name}: ${stage.about}`);
    const startedAt = performance.now();
    const result = await stage.run(only);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    passed += result.passed;
    failed += result.failed;
    if (result.problem !== undefined) {
      say(`\nStage "${stage.name}" failed after ${seconds} s: ${result.problem}.`);
      say(`Run it alone with: npm test -- ${stage.name}\n`);
      return { ok: false, passed, failed: Math.max(failed, 1) };
    }
    say(`── ${stage.name}: ok in ${seconds} s`);
  }
  return { ok: true, passed, failed };
}

const args = process.argv.slice(2);
const chosen = STAGES.filter((stage) => args.includes(stage.name));
const only = args.filter((arg) => !STAGES.some((stage) => stage.name === arg));
if (only.length > 0 && chosen.length === 0) {
  say(`There is no stage "${only.join(' ')}". Stages: ${STAGES.map((stage) => stage.name).join(', ')}.`);
  process.exitCode = 2;
} else {
  const { ok, passed, failed } = await runStages(chosen.length > 0 ? chosen : STAGES, only);
  say(`\n${passed} passed, ${failed} failed`);
  process.exitCode = ok ? 0 : 1;
}
