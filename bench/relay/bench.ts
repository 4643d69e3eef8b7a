/** What every case works with: the options, the two generators, and servers that are ended with it. */
import type { CaseName, Options } from './options.ts';
import { type Server, type ServerName, startServer } from './servers.ts';
import type { Table } from './table.ts';
import type { Pair } from './traffic-run.ts';

export interface Bench {
  readonly options: Options;
  readonly pair: Pair;
  readonly table: Table;
  readonly threads: 'one' | 'default';
}

/** In the order in which they take turns. */
function serverNames({ options }: Bench): readonly ServerName[] {
  return options.oursOnly ? ['ieum'] : ['coturn', 'ieum'];
}

/** Starts the servers, lets `work` use them, and ends them whatever happens. `name` is in the name of a profile. */
export async function withServers<T>(
  bench: Bench,
  name: CaseName,
  work: (servers: readonly Server[]) => Promise<T>,
): Promise<T> {
  const { niceness, profileDir, program } = bench.options;
  const servers: Server[] = [];
  try {
    for (const server of serverNames(bench)) {
      servers.push(
        await startServer(server, {
          threads: bench.threads,
          niceness,
          program,
          profileDir,
          profileName: name,
        }),
      );
    }
    return await work(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The results of each server, by turns: A, B, A, B … */
export async function inRounds<T>(
  { options }: Bench,
  servers: readonly Server[],
  measure: (server: Server, round: number) => Promise<T>,
): Promise<ReadonlyMap<ServerName, readonly T[]>> {
  const results = new Map<ServerName, T[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const server of servers) results.get(server.name)?.push(await measure(server, round));
  }
  return results;
}
