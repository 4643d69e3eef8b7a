/** One worker as the main thread holds it: its thread, its bell, its sockets, and the questions it has not answered yet. */
import type { Worker } from 'node:worker_threads';
import { Bell, type Kernel } from '../../../node/index.ts';
import { DescriptorBoard } from './descriptor-board.ts';
import { StatisticsBoard } from './statistics-board.ts';
import { startWorker } from './worker-entry.ts';
import type {
  Answer,
  FromWorker,
  ListenerDescriptor,
  Question,
  ToWorker,
  WorkerStart,
} from './worker-messages.ts';

/** A worker that does not stop when it is told to is in a loop of its own. */
const STOPS_WITHIN_MS = 3_000;
/** Ordinarily it takes milliseconds. Who asks is an operator, or a reload, who had better hear of it. */
const ANSWERS_WITHIN_MS = 5_000;

export interface HandHandlers {
  onMessage(message: Exclude<FromWorker, { type: 'ready' | 'reply' }>): void;
  /** The thread has ended by itself. */
  onDied(why: string): void;
}

export class RelayHand {
  readonly shard: number;
  readonly board: StatisticsBoard;
  readonly statistics = StatisticsBoard.buffer();
  readonly descriptors = DescriptorBoard.buffer();
  readonly bell: Bell;
  readonly listeners: ListenerDescriptor[] = [];
  readonly #questions = new Map<number, (answer: Answer | 'late' | undefined) => void>();
  readonly #kernel: Kernel;
  #lastQuestion = 0;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(kernel: Kernel, shard: number) {
    this.#kernel = kernel;
    this.shard = shard;
    this.bell = new Bell(kernel);
    this.board = new StatisticsBoard(this.statistics);
  }

  get runs(): boolean {
    return this.#worker !== undefined;
  }

  /** Resolves with whether it listens; else it has died. */
  start(data: WorkerStart, handlers: HandHandlers): Promise<boolean> {
    const worker = startWorker('relay-worker', { workerData: data, name: `relay ${this.shard}` });
    this.#worker = worker;
    let why = 'it ended';
    return new Promise((ready) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') ready(true);
        else if (message.type === 'reply') this.#settle(message.id, message.answer);
        else handlers.onMessage(message);
      });
      worker.on('error', (error: unknown) => {
        why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      });
      this.#ended = new Promise((ended) => {
        worker.on('exit', () => {
          for (const fd of new DescriptorBoard(this.descriptors).takeAll()) this.#kernel.close(fd);
          if (this.#worker === worker) {
            this.#worker = undefined;
            for (const id of [...this.#questions.keys()]) this.#settle(id, undefined);
            handlers.onDied(why);
          }
          ended();
          ready(false);
        });
      });
    });
  }

  tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
    this.bell.ring();
  }

  /** `undefined` when there is nobody to answer; `late` when it has not answered for 5 s, and may still do as it is told. */
  ask(question: Question): Promise<Answer | 'late' | undefined> {
    if (!this.#worker) return Promise.resolve(undefined);
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.#settle(id, 'late'), ANSWERS_WITHIN_MS);
      this.#questions.set(id, (answer) => {
        clearTimeout(patience);
        resolve(answer);
      });
      this.tell({ type: 'question', id, question });
    });
  }

  /** Resolves when the thread is gone. The bell stays usable. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return this.#ended;
    this.tell({ type: 'stop' });
    this.#worker = undefined;
    for (const id of [...this.#questions.keys()]) this.#settle(id, undefined);
    const patience = setTimeout(() => void worker.terminate(), STOPS_WITHIN_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  /** It may still hold this descriptor: closed when it has ended. */
  closeAtItsEnd(fd: number): void {
    new DescriptorBoard(this.descriptors).add(fd);
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #settle(id: number, answer: Answer | 'late' | undefined): void {
    this.#questions.get(id)?.(answer);
    this.#questions.delete(id);
  }
}
