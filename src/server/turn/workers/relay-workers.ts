/**
 * The relay workers, seen from the main thread: opens their listening sockets, starts them, starts again what has died,
 * and ends them. Relays nothing itself. docs/adr/0008.
 */
import { Worker } from 'node:worker_threads';
import type { Log, SocketAddress } from '../../../base/index.ts';
import { Bell, type Kernel, UdpDescriptors } from '../../../node/index.ts';
import type { TurnFact } from '../turn-fact.ts';
import type {
  FromWorker,
  ListenerDescriptor,
  SharedTurnOptions,
  ToWorker,
  WorkerStart,
  WorkerSurroundings,
} from './worker-messages.ts';

/** 4 MiB holds about 30 ms of a gigabit: long enough for a collection pause, short enough to stay live. */
const LISTENER_BUFFER_BYTES = 4 * 2 ** 20;

/** In TypeScript while it is being developed, else compiled. */
const FIRST_FILE = new URL(`./relay-worker.${import.meta.url.slice(-2)}`, import.meta.url);

export interface RelayWorkersOptions {
  readonly kernel: Kernel;
  readonly segments: boolean;
  /** At least 1. */
  readonly count: number;
  readonly shared: SharedTurnOptions;
  readonly publicIps: readonly string[];
  readonly onFact: (fact: TurnFact) => void;
}

interface Hand {
  readonly shard: number;
  readonly bell: Bell;
  readonly listeners: ListenerDescriptor[];
  worker: Worker | undefined;
}

export class RelayWorkers {
  readonly #log: Log;
  readonly #options: RelayWorkersOptions;
  readonly #sockets: UdpDescriptors;
  readonly #hands: readonly Hand[];

  constructor(log: Log, options: RelayWorkersOptions) {
    this.#log = log;
    this.#options = options;
    this.#sockets = new UdpDescriptors(options.kernel);
    this.#hands = Array.from({ length: options.count }, (_, i) => ({
      shard: i + 1,
      bell: new Bell(options.kernel),
      listeners: [],
      worker: undefined,
    }));
  }

  /** A socket for each worker. Throws a StackError of `bindError`. Returns where they are bound. */
  listen(address: SocketAddress): SocketAddress {
    let local = address;
    const opened: number[] = [];
    try {
      for (let i = 0; i < this.#hands.length; i++) {
        const share = i === 0 ? 'first' : 'further';
        opened.push(this.#sockets.open(local, { share, bufferBytes: LISTENER_BUFFER_BYTES }));
        local = this.#sockets.localOf(opened[0] ?? -1);
      }
    } catch (error) {
      for (const fd of opened) this.#sockets.close(fd);
      throw error;
    }
    for (const [i, hand] of this.#hands.entries()) {
      const fd = opened[i];
      if (fd !== undefined) hand.listeners.push({ fd, local });
    }
    return local;
  }

  /** Resolves when all of them listen. */
  async start(surroundings: Omit<WorkerSurroundings, 'listeners'>): Promise<void> {
    await Promise.all(this.#hands.map((hand) => this.#startOne(hand, surroundings)));
  }

  #startOne(hand: Hand, surroundings: Omit<WorkerSurroundings, 'listeners'>): Promise<void> {
    const { segments, shared, publicIps, count } = this.#options;
    const start: WorkerStart = {
      shard: hand.shard,
      shards: count + 1,
      options: shared,
      publicIps,
      surroundings: { ...surroundings, listeners: hand.listeners },
      segments,
      bell: hand.bell.fd,
    };
    return new Promise((resolve, reject) => {
      const worker = new Worker(FIRST_FILE, { workerData: start });
      hand.worker = worker;
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'fact') this.#options.onFact(message.fact);
        else if (message.type === 'log') this.#log[message.level](message.message, message.fields);
      });
      worker.on('error', (error) => {
        this.#log.error('A relay worker has failed.', { shard: hand.shard, error: String(error.stack) });
        reject(error);
      });
    });
  }

  #tell(hand: Hand, message: ToWorker): void {
    hand.worker?.postMessage(message);
    hand.bell.ring();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#hands.map(async (hand) => {
        const { worker } = hand;
        if (worker) {
          const gone = new Promise((resolve) => worker.once('exit', resolve));
          this.#tell(hand, { type: 'stop' });
          await gone;
        }
        for (const { fd } of hand.listeners) this.#sockets.close(fd);
        hand.bell.close();
      }),
    );
  }
}
