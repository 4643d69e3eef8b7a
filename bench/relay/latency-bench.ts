/** The highest rate of one hot session that is relayed without loss, and the latency at half of it. */
import { type Bench, inRounds, withServers } from './bench.ts';
import { hotCase } from './cases.ts';
import { median } from './histogram.ts';
import type { Server } from './servers.ts';
import { perSecond, ratioText } from './table.ts';
import { describeTraffic, middle, TOLERATED_FAULT, TOLERATED_LOSS } from './traffic-bench.ts';
import { runCase } from './traffic-run.ts';

const FIRST_RATE = 40_000;
const STEP = 1.4;
/** Beyond, this generator and its sink would be the bottleneck. */
const HIGHEST_RATE = 500_000;
const BISECTIONS = 3;
const TRIAL = { warmUpSeconds: 0.3, seconds: 0.7 } as const;
/** Other work of the machine makes a server lose packets that it could carry: a failed trial is repeated. */
const TRIES = 2;
const WARM_UP_SECONDS = 0.5;

export async function benchLatency(bench: Bench): Promise<void> {
  await withServers(bench, 'latency', async (servers) => {
    const highest = await inRounds(bench, servers, (server) => highestRate(bench, server));
    const highestOf = (name: 'coturn' | 'ieum'): number => median(highest.get(name) ?? []);
    for (const [server, rates] of highest) {
      bench.table.row({
        title: 'highest rate, one hot session',
        server,
        cost: '',
        rate: perSecond(median(rates)),
        loss: '< 0.1 %',
        ratio: server === 'ieum' ? ratioText(highestOf('ieum') / highestOf('coturn'), undefined) : '',
      });
    }
    const times = { warmUpSeconds: WARM_UP_SECONDS, seconds: bench.options.seconds };
    for (const server of servers) {
      const half = hotCase(highestOf(server.name) / 2);
      const base = await runCase(bench.pair, 'direct', half, TRIAL);
      const results = await inRounds(bench, [server], () => runCase(bench.pair, server, half, times));
      const runs = results.get(server.name) ?? [];
      bench.table.row({
        title: 'half of its highest rate, one hot session',
        server: server.name,
        cost: `${middle(runs, 'cpuUsPerPacket').toFixed(2)} µs/packet`,
        ...describeTraffic(runs, base),
      });
    }
  });
}

async function highestRate(bench: Bench, server: Server): Promise<number> {
  const carries = async (rate: number): Promise<boolean> => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const result = await runCase(bench.pair, server, hotCase(rate), TRIAL);
      if (result.loss <= TOLERATED_LOSS && result.generatorFault <= TOLERATED_FAULT) return true;
    }
    return false;
  };
  let good = FIRST_RATE;
  while (good > 1000 && !(await carries(good))) good /= STEP;
  let bad = good * STEP;
  while (bad < HIGHEST_RATE && (await carries(bad))) {
    good = bad;
    bad *= STEP;
  }
  for (let i = 0; i < BISECTIONS; i += 1) {
    const between = (good + bad) / 2;
    if (await carries(between)) good = between;
    else bad = between;
  }
  return good;
}
