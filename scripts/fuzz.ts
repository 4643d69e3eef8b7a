/**
 * The long fuzz: `npm run fuzz [-- --count N] [--seed S] [--target NAME] [--episode E]`. Without a target: all of them,
 * N inputs each. A finding is printed with its seed, episode and input; `--episode` plays that one again. Ends with 1.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FuzzFinding, type FuzzReport, fuzz } from '../test/fuzz/target.ts';
import { TARGETS } from '../test/fuzz/targets.ts';

const DEFAULT_COUNT = 1_000_000;
const DEFAULT_SEED = 20_260_807;

/** An episode takes a fraction of a second; a busy machine makes it ten. */
const HANGING_AFTER_MS = 60_000;

/** Who hangs can say nothing: another thread watches, says where it was, and ends the process. */
const WATCHDOG = `
const { workerData: { where, afterMs } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let seen = -1;
setInterval(() => {
  const beat = Atomics.load(where, 0);
  if (beat === seen) {
    writeSync(2, 'No progress for ' + afterMs + ' ms: target ' + where[1] + ', episode ' + where[2] + '.\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  seen = beat;
}, afterMs);`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function number(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`"${text}" is no number of inputs, seed or episode.`);
  return value;
}

function describe({ target, inputs, reached }: FuzzReport, tookMs: number): string {
  const counts = [...reached]
    .sort(([, a], [, b]) => b - a)
    .map(([what, times]) => `  ${String(times).padStart(9)}  ${what}`);
  return `${target}: ${inputs} inputs in ${(tookMs / 1000).toFixed(1)} s, nothing found; reached:\n${counts.join('\n')}`;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string' },
    episode: { type: 'string' },
  },
});
const seed = number(values.seed, DEFAULT_SEED);
const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  say(`There is no target "${values.target}". Targets: ${TARGETS.map(({ name }) => name).join(', ')}.`);
  process.exitCode = 2;
}

const where = new Int32Array(new SharedArrayBuffer(12));
const watchdog = new Worker(WATCHDOG, { eval: true, workerData: { where, afterMs: HANGING_AFTER_MS } });
watchdog.unref();

for (const target of chosen) {
  const startedAt = performance.now();
  const again = values.episode !== undefined;
  const count = again ? target.episodeLength : number(values.count, DEFAULT_COUNT);
  try {
    const report = fuzz(target, count, seed, {
      first: again ? number(values.episode, 0) : 0,
      onEpisode: (episode) => {
        Atomics.add(where, 0, 1);
        where[1] = TARGETS.indexOf(target);
        where[2] = episode;
      },
    });
    say(describe(report, performance.now() - startedAt));
  } catch (error) {
    if (!(error instanceof FuzzFinding)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
