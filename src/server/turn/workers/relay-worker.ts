/** The first file of a worker thread: builds its shard, runs its loop, and speaks with the main thread. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { invariant, type Log, type LogFields } from '../../../base/index.ts';
import { Bell, isKernel, nodeEnv, openKernel, Poller } from '../../../node/index.ts';
import { batchTools } from './batch-tools.ts';
import { SourceTable } from './source-table.ts';
import { TurnShard } from './turn-shard.ts';
import { WorkerLoop } from './worker-loop.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

async function work(port: MessagePort, start: WorkerStart): Promise<void> {
  const say = (message: FromWorker): void => port.postMessage(message);
  const kernel = await openKernel();
  invariant(isKernel(kernel), 'the main thread has found it');
  const tools = batchTools(kernel, start.segments);
  const poller = new Poller(kernel);
  const sources = new SourceTable();
  const bell = new Bell(kernel, start.bell);
  const bellTag = sources.reserve();
  sources.set(bellTag, { kind: 'bell' });
  poller.add(bell.fd, 1, bellTag);
  const shard = new TurnShard(nodeEnv({ log: logOf(say) }), tools, poller, sources, start, {
    onFact: (fact) => say({ type: 'fact', fact }),
  });
  const loop = new WorkerLoop(poller, sources, shard, () => bell.silence());
  port.on('message', (message: ToWorker) => {
    if (message.type === 'surroundings') shard.follow(message.surroundings);
    else loop.stop();
  });
  say({ type: 'ready' });
  try {
    await loop.run();
  } finally {
    shard.close();
    poller.close();
  }
  say({ type: 'stopped' });
  port.close();
}

function logOf(say: (message: FromWorker) => void): Log {
  const at =
    (level: (FromWorker & { type: 'log' })['level']) =>
    (message: string, fields: LogFields = {}) =>
      say({ type: 'log', level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

invariant(parentPort, 'this file is the first of a worker');
await work(parentPort, workerData as WorkerStart);
