/**
 * Whole WebRTC stacks beside each other over loopback: ours, those that a user of Node could take instead, and Chromium.
 * `npm run bench:webrtc` (docs/benchmarks.md). Linux only. The others are installed in this folder alone.
 */
import { cpus, release, setPriority } from 'node:os';
import { CASES, type CaseName, type FigureName, type Figures, quantile } from './cases.ts';
import { installOthers } from './install.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { Pair, type PairChoice, stopEverything } from './pair.ts';
import { type MeasuredStack, STACKS } from './stacks/stack.ts';
import { type Line, tableOf } from './table.ts';

const write = (text: string): void => void process.stdout.write(text);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopEverything();
    process.exit(130);
  });
}

function stackOf(name: string): MeasuredStack {
  const stack = STACKS.find((candidate) => candidate.name === name);
  if (!stack)
    throw new Error(`There is no stack ${name}; there are ${STACKS.map((s) => s.name).join(', ')}.`);
  return stack;
}

function choicesOf({ stacks, pairs }: Options, mode: PairChoice['mode']): readonly PairChoice[] {
  const chosen = stacks.length > 0 ? stacks.map(stackOf) : STACKS;
  const couples =
    pairs.length > 0
      ? pairs.map(([offerer, answerer]) => [stackOf(offerer), stackOf(answerer)] as const)
      : chosen.map((stack) => [stack, stack] as const);
  const here = couples.filter((couple) => couple.every((stack) => stack.version() !== undefined));
  return here.map(([offerer, answerer]) => ({ offerer, answerer, mode }));
}

/** One case of one pair in one round. */
async function measure(choice: PairChoice, name: CaseName, options: Options): Promise<Figures> {
  const pair = await Pair.start(choice, options.profileDir);
  try {
    return await CASES[name](pair, options);
  } finally {
    await pair.stop();
  }
}

class Measured {
  readonly choice: PairChoice;
  readonly #samples = new Map<FigureName, number[]>();
  readonly #notes = new Set<string>();

  constructor(choice: PairChoice) {
    this.choice = choice;
  }

  get name(): string {
    const { offerer, answerer } = this.choice;
    return offerer === answerer ? offerer.name : `${offerer.name} → ${answerer.name}`;
  }

  async round(name: CaseName, options: Options): Promise<void> {
    const { offerer, answerer } = this.choice;
    if (name === 'idle' && (offerer.hasNoMemoryCase || answerer.hasNoMemoryCase)) return;
    try {
      const figures = Object.entries(await measure(this.choice, name, options)) as [FigureName, number][];
      for (const [figure, value] of figures) {
        this.#samples.set(figure, [...(this.#samples.get(figure) ?? []), value]);
      }
      const text = figures.map(([figure, value]) => `${figure} ${value.toFixed(1)}`).join(', ');
      process.stderr.write(`${this.choice.mode} ${this.name}: ${text}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#notes.add(`${name}: ${why.split('\n')[0]}`);
      process.stderr.write(`${this.choice.mode} ${this.name}: ${name} FAILED: ${why}\n`);
    }
  }

  /** The middle of all rounds. */
  line(): Line {
    const { offerer, answerer } = this.choice;
    const medians = [...this.#samples].map(([figure, values]) => [figure, quantile(values, 0.5)]);
    const version = offerer === answerer ? (offerer.version() ?? '') : '';
    return {
      stack: this.name,
      version,
      figures: Object.fromEntries(medians) as Figures,
      notes: [...this.#notes],
    };
  }
}

/** The stacks take turns, so that a machine that slows down slows all of them. */
async function measureAll(options: Options): Promise<void> {
  for (const mode of options.modes) {
    if (options.pairs.length > 0 && mode === 'one') continue;
    const all = choicesOf(options, mode).map((choice) => new Measured(choice));
    for (const { choice } of all) {
      choice.offerer.build?.();
      choice.answerer.build?.();
    }
    for (const name of options.cases) {
      for (let round = 0; round < options.rounds; round++) {
        for (const measured of all) await measured.round(name, options);
      }
    }
    write(`\n${mode === 'one' ? 'Both ends in one process' : 'Each end in a process of its own'}:\n\n`);
    write(tableOf(all.map((measured) => measured.line())));
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  installOthers();
  // What is started from here takes after it.
  if (options.niceness !== 0) setPriority(options.niceness);
  const [cpu] = cpus();
  write(`${cpus().length} cores (${cpu?.model.trim()}), Linux ${release()}, Node ${process.version}; `);
  write(`${options.rounds} rounds, windows of ${options.seconds} s\n`);
  await measureAll(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
} finally {
  stopEverything();
}
