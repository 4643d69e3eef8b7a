/**
 * One of the two processes that make and count the traffic: the clients' side or the peers' side (the first argument
 * says which, for whoever looks at the list of processes). The second one is its niceness. Does one job at a time and
 * answers it; ends when its parent does.
 */
import { setPriority } from 'node:os';
import { Datagrams } from './datagrams.ts';
import type { Job, Outcome } from './jobs.ts';
import { wantPreciseSleep } from './native.ts';
import { StreamClients } from './stream-clients.ts';

const datagrams = new Datagrams();
const streams = new StreamClients();

function answer(outcome: Outcome): void {
  process.send?.(outcome);
}

async function perform(job: Job): Promise<Outcome> {
  if (job.kind === 'set-up' && (job.transport === 'tcp' || job.transport === 'tls')) {
    await streams.setUp(job);
    return { kind: 'set-up', relayed: streams.relayed };
  }
  if (streams.active && job.kind === 'traffic') return { kind: 'traffic', ...(await streams.run(job)) };
  if (streams.active && job.kind === 'release') {
    await streams.release();
    return { kind: 'done' };
  }
  return datagrams.perform(job);
}

process.on('message', (job: Job) => {
  perform(job).then(answer, (error: unknown) =>
    answer({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
setPriority(Number(process.argv[3]));
wantPreciseSleep();
answer({ kind: 'hello', port: datagrams.port });
