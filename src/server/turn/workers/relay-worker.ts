/** The first file of a worker thread: builds its shard, runs its loop, and speaks with the main thread. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { invariant, type Log, type LogFields, unreachable } from '../../../base/index.ts';
import { Bell, isKernel, monotonicNow, nodeEnv, openKernel, Poller } from '../../../node/index.ts';
import { stackOf } from '../stack-of.ts';
import type { TurnFact } from '../turn-fact.ts';
import { batchTools } from './batch-tools.ts';
import { plain } from './datagram-leg.ts';
import { DescriptorBoard } from './descriptor-board.ts';
import { SourceTable } from './source-table.ts';
import { StatisticsBoard } from './statistics-board.ts';
import { type Source, TurnShard } from './turn-shard.ts';
import { WorkerLoop } from './worker-loop.ts';
import type { Answer, FromWorker, Question, ToWorker, WorkerStart } from './worker-messages.ts';

async function work(port: MessagePort, start: WorkerStart): Promise<void> {
  const say = (message: FromWorker): void => port.postMessage(message);
  const log = logOf(say);
  let facts: TurnFact[] = [];
  let closed: string[] = [];
  const sayFacts = (): void => {
    if (facts.length > 0) say({ type: 'facts', json: JSON.stringify(facts) });
    if (closed.length > 0) say({ type: 'streams-closed', ips: closed });
    if (facts.length > 0) facts = [];
    if (closed.length > 0) closed = [];
  };
  const kernel = await openKernel();
  invariant(isKernel(kernel), 'the main thread has found it');
  const tools = batchTools(kernel, start.segments);
  const poller = new Poller(kernel);
  const descriptors = new DescriptorBoard(start.descriptors);
  descriptors.add(poller.fd);
  const sources = new SourceTable<Source>();
  const bell = new Bell(kernel, start.bell);
  const bellTag = sources.reserve();
  sources.set(bellTag, { kind: 'bell' });
  poller.add(bell.fd, 1, bellTag);
  const shard = new TurnShard(nodeEnv({ log }), tools, poller, sources, start, {
    onFact: (fact) => facts.push(plainFact(fact)),
    onHandOver: (to, datagram) => say({ type: 'hand-over', shard: to, datagram }),
    onSibling: (to, data) => say({ type: 'sibling', shard: to, data }),
    onStreamClosed: (ip) => closed.push(ip),
    onStreamReturned: (stream) => say({ type: 'stream-back', stream }),
    onWantCredentials: (name, realm) => say({ type: 'want-credentials', name, realm }),
    onBindingAnswer: (answer) => say({ type: 'binding-answer', answer }),
  });
  const board = new StatisticsBoard(start.statistics);
  const loop = new WorkerLoop(poller, sources, shard, {
    onBell: () => bell.silence(),
    onRest: () => {
      sayFacts();
      board.publish(shard.statistics);
    },
    onFailure: (error) => log.error('A relay worker has failed at something.', { error: stackOf(error) }),
  });
  port.on('message', (message: ToWorker) => {
    if (message.type === 'stop') loop.stop();
    else if (message.type === 'question') {
      const answer = loop.guard(() => answerTo(shard, message.question));
      say({ type: 'reply', id: message.id, answer });
    } else loop.guard(() => handle(shard, message));
    shard.settle();
    sayFacts();
    board.publish(shard.statistics);
  });
  say({ type: 'ready' });
  try {
    await loop.run();
  } finally {
    shard.close();
    descriptors.remove(poller.fd);
    poller.close();
    sayFacts();
    board.publish(shard.statistics);
    port.close();
  }
}

function handle(shard: TurnShard, message: Exclude<ToWorker, { type: 'stop' | 'question' }>): void {
  switch (message.type) {
    case 'draining':
      shard.machine.setDraining(message.draining);
      return;
    case 'credentials':
      shard.machine.handleCredentials(monotonicNow(), message.name, message.found);
      shard.drain();
      return;
    case 'handed-over':
      shard.handleHandedOver(message.datagram);
      return;
    case 'stream':
      shard.takeStream(message.stream);
      return;
    case 'sibling':
      shard.handleSibling(message.data);
      return;
    default:
      unreachable(message);
  }
}

function answerTo(shard: TurnShard, question: Question): Answer {
  switch (question.type) {
    case 'follow':
      shard.follow(question.surroundings);
      return { type: 'followed' };
    case 'change':
      shard.reconfigure(question.changes);
      return { type: 'changed' };
    case 'sessions':
      return { type: 'sessions', sessions: shard.machine.sessions(monotonicNow()) };
    case 'kick': {
      const count = shard.machine.kick(monotonicNow(), question.filter);
      shard.drain();
      return { type: 'kicked', count };
    }
    default:
      return unreachable(question);
  }
}

/** Legs of a worker hold its sockets: what leaves it are their addresses. */
function plainFact(fact: TurnFact): TurnFact {
  if (fact.type === 'allocation-moved') {
    return { ...fact, leg: plain(fact.leg), from: plain(fact.from), to: plain(fact.to) };
  }
  return { ...fact, leg: plain(fact.leg) };
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
