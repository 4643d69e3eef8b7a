/** The cases that relay packets: finds a rate that both servers carry, measures by turns, prints a line for each server. */
import { type Bench, inRounds, withServers } from './bench.ts';
import { scaled, type TrafficCase } from './cases.ts';
import { median } from './histogram.ts';
import type { CaseName } from './options.ts';
import type { Server } from './servers.ts';
import { megabytes, milliseconds, percent, perSecond, ratioText } from './table.ts';
import { runCase, type TrafficResult } from './traffic-run.ts';

/** More than that is lost: the server cannot carry the rate. */
export const TOLERATED_LOSS = 0.001;
/** What the generator may fail to do before a run is thought to say too little. */
export const TOLERATED_FAULT = 0.01;
/** Shares of the wanted rate that are tried, until both servers carry it. */
const RATE_STEPS = [1, 0.75, 0.5, 0.35] as const;
/** Other work of the machine makes a server lose packets that it could carry: a failed trial is repeated. */
const TRIES = 3;
const TRIAL = { warmUpSeconds: 0.4, seconds: 0.8 } as const;
const WARM_UP_SECONDS = 0.7;

export async function benchTraffic(bench: Bench, name: CaseName, wanted: TrafficCase): Promise<void> {
  await withServers(bench, name, async (servers) => {
    const factor = await factorForAll(bench, servers, wanted);
    const used = scaled(wanted, factor);
    const base = await runCase(bench.pair, 'direct', used, TRIAL);
    const times = { warmUpSeconds: WARM_UP_SECONDS, seconds: bench.options.seconds };
    const results = await inRounds(bench, servers, (server) => runCase(bench.pair, server, used, times));
    const ours = middle(results.get('ieum'), 'cpuUsPerPacket');
    const title = factor === 1 ? wanted.title : `${wanted.title} × ${factor}`;
    for (const [server, runs] of results) {
      const ratio = server === 'ieum' ? middle(results.get('coturn'), 'cpuUsPerPacket') / ours : Number.NaN;
      bench.table.row({
        title,
        server,
        cost: `${spread(runs, 'cpuUsPerPacket')} µs/packet`,
        ratio: ratioText(ratio, wanted.wanted),
        ...describeTraffic(runs, base),
      });
    }
  });
}

/** The columns that every kind of traffic has. */
export function describeTraffic(
  runs: readonly TrafficResult[],
  base: TrafficResult,
): {
  readonly rate: string;
  readonly loss: string;
  readonly latency: string;
  readonly resident: string;
  readonly note: string;
} {
  const loss = middle(runs, 'loss');
  const fault = middle(runs, 'generatorFault');
  const added = (key: 'p50Us' | 'p99Us'): string => milliseconds(middle(runs, key) - base[key]);
  const notes = [
    ...(loss > TOLERATED_LOSS ? ['loses packets'] : []),
    ...(fault > TOLERATED_FAULT ? [`generator ${percent(fault)} short`] : []),
    `server ${percent(middle(runs, 'serverLoad'))} of a core`,
  ];
  return {
    rate: perSecond(middle(runs, 'packetsPerSecond')),
    loss: percent(loss),
    latency: `${added('p50Us')} / ${added('p99Us')} ms`,
    resident: megabytes(middle(runs, 'residentBytes')),
    note: notes.join(', '),
  };
}

/** The share of the wanted rate at which no server loses more than is tolerated; the least one if there is none. */
async function factorForAll(
  { pair }: Bench,
  servers: readonly Server[],
  wanted: TrafficCase,
): Promise<number> {
  const carries = async (server: Server, factor: number): Promise<boolean> => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { loss, generatorFault } = await runCase(pair, server, scaled(wanted, factor), TRIAL);
      if (loss <= TOLERATED_LOSS && generatorFault <= TOLERATED_FAULT) return true;
    }
    return false;
  };
  let factor = 1;
  for (factor of RATE_STEPS) {
    let carried = true;
    for (const server of servers) carried &&= await carries(server, factor);
    if (carried) break;
  }
  return factor;
}

export function middle(runs: readonly TrafficResult[] | undefined, key: keyof TrafficResult): number {
  return median((runs ?? []).map((run) => run[key]));
}

function spread(runs: readonly TrafficResult[], key: keyof TrafficResult): string {
  const values = runs.map((run) => run[key]);
  return `${middle(runs, key).toFixed(2)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
}
