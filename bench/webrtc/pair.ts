/** Two ends of fresh processes, with signals carried between them. */
import { cpuUsOf, residentBytesOf } from '../relay/process-facts.ts';
import type { Host } from './hosts/host.ts';
import type { ArgsOf, EndName, OperationName, ResultOf } from './protocol.ts';
import type { MeasuredStack } from './stacks/stack.ts';

/** Both ends in one process, or each in its own. */
export type Mode = 'one' | 'two';

export interface PairChoice {
  readonly offerer: MeasuredStack;
  readonly answerer: MeasuredStack;
  readonly mode: Mode;
}

/** A connection that takes longer has failed. */
const OPEN_PATIENCE_MS = 20_000;
/** Of any other operation, beside what it is to take. */
const PATIENCE_MS = 30_000;

const running = new Set<Host>();

/** Before the process itself ends. */
export function stopEverything(): void {
  for (const host of running) void host.stop();
}

export class Pair {
  readonly #hosts: Readonly<Record<EndName, Host>>;
  /** What went wrong with signals: a refused description shows elsewhere as a connection that never opens. */
  readonly #complaints: string[];

  private constructor(hosts: Readonly<Record<EndName, Host>>, complaints: string[]) {
    this.#hosts = hosts;
    this.#complaints = complaints;
  }

  static async start({ offerer, answerer, mode }: PairChoice, profileDir?: string): Promise<Pair> {
    const hosts: Partial<Record<EndName, Host>> = {};
    const complaints: string[] = [];
    const route = (to: EndName, signal: ArgsOf<'signal'>): void => {
      hosts[to]?.call(to, 'signal', signal).catch((error: Error) => complaints.push(error.message));
    };
    if (mode === 'one') {
      const host = await offerer.start(['offerer', 'answerer'], route, profileDir);
      hosts.offerer = host;
      hosts.answerer = host;
    } else {
      hosts.answerer = await answerer.start(['answerer'], route, profileDir);
      hosts.offerer = await offerer.start(['offerer'], route, profileDir);
    }
    const both = { offerer: hosts.offerer, answerer: hosts.answerer };
    for (const host of Object.values(both)) running.add(host);
    return new Pair(both, complaints);
  }

  call<Name extends OperationName>(
    end: EndName,
    name: Name,
    args: ArgsOf<Name>,
    expectedSeconds = 0,
  ): Promise<ResultOf<Name>> {
    const call = this.#hosts[end].call(end, name, args);
    return within(PATIENCE_MS + expectedSeconds * 1000, `${name} of the ${end}`, call);
  }

  /** Milliseconds from before the offerer's connection object is made until the channel is open on both sides. */
  async open(key: string): Promise<number> {
    const both = Promise.all([
      this.#hosts.answerer.call('answerer', 'open', { key, role: 'answerer' }),
      this.#hosts.offerer.call('offerer', 'open', { key, role: 'offerer' }),
    ]);
    try {
      const [answerer, offerer] = await within(OPEN_PATIENCE_MS, 'a connection', both);
      return Math.max(answerer.openAtMs, offerer.openAtMs) - offerer.startedAtMs;
    } catch (error) {
      throw new Error([String(error), ...this.#complaints.slice(0, 2)].join(' '));
    }
  }

  async close(key: string): Promise<void> {
    await Promise.all([this.call('offerer', 'close', { key }), this.call('answerer', 'close', { key })]);
  }

  async collectGarbage(): Promise<void> {
    await this.call('offerer', 'collectGarbage', {});
    await this.call('answerer', 'collectGarbage', {});
  }

  /** Of all processes, since they began. */
  cpuSeconds(): number {
    return sum(this.#pids().map((pid) => cpuUsOf(pid) || 0)) / 1e6;
  }

  residentBytes(): number {
    return sum(this.#pids().map(residentBytesOf));
  }

  async stop(): Promise<void> {
    for (const host of new Set(Object.values(this.#hosts))) {
      await host.stop();
      running.delete(host);
    }
  }

  #pids(): readonly number[] {
    return [...new Set(Object.values(this.#hosts).flatMap((host) => host.pids()))];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
