/**
 * What relaying costs, in coturn and in ours, side by side on one machine under one generator. `npm run bench:relay`
 * (docs/benchmarks.md). Linux only. Prints one table; ends every process that it has started.
 */
import { cpus, release } from 'node:os';
import { provision } from '../../scripts/provision.ts';
import { benchAllocate, benchMemory } from './allocation-bench.ts';
import type { Bench } from './bench.ts';
import { TRAFFIC_CASES } from './cases.ts';
import { Generator, killAllGenerators } from './generators.ts';
import { benchLatency } from './latency-bench.ts';
import { type CaseName, type Options, readOptions, USAGE } from './options.ts';
import { coturnVersion, killAllServers } from './servers.ts';
import { Table } from './table.ts';
import { benchTraffic } from './traffic-bench.ts';

const write = (text: string): void => void process.stdout.write(text);

function endEverything(): void {
  killAllGenerators();
  killAllServers();
}

async function benchOne(bench: Bench, name: CaseName): Promise<void> {
  if (name === 'latency') await benchLatency(bench);
  else if (name === 'allocate') await benchAllocate(bench);
  else if (name === 'memory') await benchMemory(bench);
  else await benchTraffic(bench, name, TRAFFIC_CASES[name]);
}

async function benchAll(options: Options): Promise<boolean> {
  const { niceness } = options;
  const clients = await Generator.start('clients', niceness);
  const peers = await Generator.start('peers', niceness);
  let allMeasured = true;
  for (const threads of options.all ? (['one', 'default'] as const) : (['one'] as const)) {
    const table = new Table(write);
    const bench = { options, pair: { clients, peers }, table, threads };
    write(
      `\n${threads === 'one' ? 'One relay thread each' : 'As many threads as each takes by itself'}:\n\n`,
    );
    table.head();
    for (const name of options.cases) {
      try {
        await benchOne(bench, name);
      } catch (error) {
        allMeasured = false;
        const why = error instanceof Error ? error.message : String(error);
        table.row({ title: name, server: '', cost: 'FAILED', note: why });
      }
    }
  }
  return allMeasured;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endEverything();
    process.exit(130);
  });
}
process.once('exit', endEverything);

try {
  const options = readOptions(process.argv.slice(2));
  if (!options.oursOnly && coturnVersion() === 'missing') await provision();
  const [cpu] = cpus();
  write(`${cpus().length} cores (${cpu?.model.trim()}), Linux ${release()}, Node ${process.version}, `);
  write(`coturn ${coturnVersion()}; ${options.rounds} rounds of ${options.seconds} s\n`);
  process.exitCode = (await benchAll(options)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
} finally {
  endEverything();
}
