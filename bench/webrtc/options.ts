/** What `npm run bench:webrtc -- …` takes. */
import { parseArgs } from 'node:util';
import type { CaseName } from './cases.ts';
import type { Mode } from './pair.ts';

const CASE_NAMES: readonly CaseName[] = ['connect', 'bulk', 'small', 'latency', 'idle'];
const MODES: readonly Mode[] = ['one', 'two'];

export interface Options {
  readonly cases: readonly CaseName[];
  /** Names; empty: all that are here. */
  readonly stacks: readonly string[];
  /** Offerer and answerer; in two processes. */
  readonly pairs: readonly (readonly [string, string])[];
  readonly modes: readonly Mode[];
  readonly rounds: number;
  /** Of each measured window. */
  readonly seconds: number;
  /** Of rest before memory is read. */
  readonly settleSeconds: number;
  readonly profileDir: string | undefined;
  /** Of everything that is started. */
  readonly niceness: number;
}

export const USAGE = `npm run bench:webrtc -- [${CASE_NAMES.join(' ')}] [options]
  --stacks A,B     only these (all that are installed)
  --pairs A:B,C:D  mixed pairs, offerer first, instead of each stack with itself
  --modes one,two  both ends in one process, or each in its own (two,one)
  --rounds N       rounds of each case, the stacks by turns; medians are printed (3)
  --seconds S      length of each measured window (5)
  --settle S       seconds of rest before memory is read (1)
  --cpu-prof DIR   let Node write a profile of each of its processes
  --nice=N         niceness of all processes; below 0 (as root) keeps other work of the machine out (0)
`;

/** Throws an error whose message is for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stacks: { type: 'string', default: '' },
      pairs: { type: 'string', default: '' },
      modes: { type: 'string', default: 'two,one' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      settle: { type: 'string', default: '1' },
      'cpu-prof': { type: 'string' },
      nice: { type: 'string', default: '0' },
    },
  });
  const cases = positionals.map((name) => known('case', CASE_NAMES, name));
  return {
    cases: cases.length > 0 ? cases : CASE_NAMES,
    stacks: listOf(values.stacks),
    pairs: listOf(values.pairs).map((text) => {
      const [offerer, answerer] = text.split(':');
      if (!offerer || !answerer) throw new Error(`--pairs wants OFFERER:ANSWERER, not ${text}.`);
      return [offerer, answerer];
    }),
    modes: listOf(values.modes).map((name) => known('mode', MODES, name)),
    rounds: within('--rounds', values.rounds, 1, 100),
    seconds: within('--seconds', values.seconds, 1, 600),
    settleSeconds: within('--settle', values.settle, 1, 600),
    profileDir: values['cpu-prof'],
    niceness: within('--nice', values.nice, -20, 19),
  };
}

function listOf(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}

function known<Name extends string>(what: string, names: readonly Name[], name: string): Name {
  const found = names.find((candidate) => candidate === name);
  if (found === undefined) throw new Error(`There is no ${what} ${name}; there are ${names.join(', ')}.`);
  return found;
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text === '' || !(value >= least && value <= most)) {
    throw new Error(`${name} wants a number from ${least} to ${most}, not ${text}.`);
  }
  return value;
}
