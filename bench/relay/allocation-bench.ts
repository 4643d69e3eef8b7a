/** What allocations cost that carry nothing: making and ending them, and keeping ten thousand of them. */
import { setTimeout as wait } from 'node:timers/promises';
import { FIRST_PEER_IP } from './addresses.ts';
import { type Bench, inRounds, withServers } from './bench.ts';
import { median } from './histogram.ts';
import { residentBytesOf } from './process-facts.ts';
import { CREDENTIALS } from './servers.ts';
import { megabytes, percent, perSecond, ratioText } from './table.ts';
import { takeClientIps } from './traffic-run.ts';

/** So many that a server is never idle while it waits for them: many clients know nothing of each other. */
const CLIENTS_AT_A_TIME = 128;
const WARM_UP_US = 700_000;
/** More clients than any server gets through in one run. */
const CLIENTS_A_RUN = 200_000;

const IDLE_ALLOCATIONS = 10_000;
/** What was only needed while allocating may be given back by then. */
const SETTLE_MS = 3000;

export async function benchAllocate(bench: Bench): Promise<void> {
  await withServers(bench, 'allocate', async (servers) => {
    const results = await inRounds(bench, servers, async (server) => {
      const windowUs = bench.options.seconds * 1e6;
      const report = await bench.pair.clients.perform(
        {
          kind: 'cycles',
          server: server.address,
          credentials: CREDENTIALS,
          firstClientIp: takeClientIps(CLIENTS_A_RUN),
          concurrency: CLIENTS_AT_A_TIME,
          warmUpUs: WARM_UP_US,
          windowUs,
          serverPid: server.pid,
        },
        'cycles',
      );
      return {
        perSecond: report.cycles / bench.options.seconds,
        cpuUs: report.serverCpuUs / report.cycles,
        serverLoad: report.serverCpuUs / windowUs,
        repeated: report.repeated,
        residentBytes: residentBytesOf(server.pid),
      };
    });
    const of = (name: 'coturn' | 'ieum', key: 'perSecond' | 'cpuUs'): number =>
      median((results.get(name) ?? []).map((run) => run[key]));
    for (const [server, runs] of results) {
      const ours = server === 'ieum';
      const load = median(runs.map((run) => run.serverLoad));
      const repeated = median(runs.map((run) => run.repeated));
      bench.table.row({
        title: 'Allocate – Refresh(0) cycles',
        server,
        cost: `${of(server, 'cpuUs').toFixed(0)} µs/cycle`,
        rate: perSecond(of(server, 'perSecond')),
        resident: megabytes(median(runs.map((run) => run.residentBytes))),
        ratio: ours ? ratioText(of('coturn', 'cpuUs') / of('ieum', 'cpuUs'), 1) : '',
        note: `server ${percent(load)} of a core${repeated > 0 ? `, ${repeated} requests repeated` : ''}`,
      });
    }
  });
}

/** Once: a second ten thousand in the same process would find the memory of the first. */
export async function benchMemory(bench: Bench): Promise<void> {
  await withServers(bench, 'memory', async (servers) => {
    const each = new Map<string, number>();
    for (const server of servers) {
      await wait(SETTLE_MS);
      const before = residentBytesOf(server.pid);
      await bench.pair.clients.perform(
        {
          kind: 'set-up',
          server: server.address,
          transport: 'udp',
          credentials: CREDENTIALS,
          wish: 'allocation',
          sessions: IDLE_ALLOCATIONS,
          firstClientIp: takeClientIps(IDLE_ALLOCATIONS),
          firstPeerIp: FIRST_PEER_IP,
          peerPort: bench.pair.peers.port,
        },
        'set-up',
      );
      await wait(SETTLE_MS);
      const after = residentBytesOf(server.pid);
      each.set(server.name, (after - before) / IDLE_ALLOCATIONS);
      await bench.pair.clients.perform({ kind: 'release' }, 'done');
      const [coturn, ieum] = [each.get('coturn') ?? Number.NaN, each.get('ieum') ?? Number.NaN];
      bench.table.row({
        title: '10,000 idle allocations, RSS',
        server: server.name,
        cost: `${((each.get(server.name) ?? 0) / 1000).toFixed(2)} KB/allocation`,
        resident: megabytes(after),
        ratio: server.name === 'ieum' ? ratioText(coturn / ieum, 1) : '',
        note: `${megabytes(before)} before`,
      });
    }
  });
}
