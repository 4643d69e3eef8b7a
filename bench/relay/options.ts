/** What `npm run bench:relay -- …` takes. */
import { parseArgs } from 'node:util';

const CASE_NAMES = [
  'hot',
  'video',
  'audio',
  'indications',
  'tcp',
  'tls',
  'latency',
  'allocate',
  'memory',
] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export interface Options {
  readonly cases: readonly CaseName[];
  readonly rounds: number;
  /** Of each measured window. */
  readonly seconds: number;
  /** A second table with as many threads as each server takes by itself. */
  readonly all: boolean;
  readonly oursOnly: boolean;
  readonly profileDir: string | undefined;
  readonly program: string | undefined;
  /** Of servers and generators alike. */
  readonly niceness: number;
}

export const USAGE = `npm run bench:relay -- [${CASE_NAMES.join(' ')}] [options]
  --rounds N       rounds of each case, coturn and ieum by turns; medians are printed (3)
  --seconds S      length of each measured window (3)
  --all            a second table: as many threads as each server takes by itself
  --ours-only      leave coturn out
  --cpu-prof DIR   let Node write a profile of our server for each case
  --program FILE   measure another build of ours: its dist/cli/main.js
  --nice=N         niceness of servers and generators; below 0 (as root) keeps other work of the machine out (0)
`;

/** Throws an error whose message is for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      all: { type: 'boolean', default: false },
      'ours-only': { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
      program: { type: 'string' },
      nice: { type: 'string', default: '0' },
    },
  });
  const cases = positionals.map((name) => {
    const known = CASE_NAMES.find((candidate) => candidate === name);
    if (known === undefined) throw new Error(`There is no case ${name}.`);
    return known;
  });
  return {
    cases: cases.length > 0 ? cases : CASE_NAMES,
    rounds: within('--rounds', values.rounds, 1, 100),
    seconds: within('--seconds', values.seconds, 1, 600),
    all: values.all,
    oursOnly: values['ours-only'],
    profileDir: values['cpu-prof'],
    program: values.program,
    niceness: within('--nice', values.nice, -20, 19),
  };
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text === '' || !(value >= least && value <= most)) {
    throw new Error(`${name} wants a number from ${least} to ${most}, not ${text}.`);
  }
  return value;
}
