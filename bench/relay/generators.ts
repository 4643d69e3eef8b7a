/** The two generator processes, seen from the benchmark: a job in, an outcome out. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Job, Outcome } from './jobs.ts';

type OutcomeOf<K extends Outcome['kind']> = Extract<Outcome, { readonly kind: K }>;

const processes = new Set<ChildProcess>();

/** For the end of the benchmark, whatever the reason. */
export function killAllGenerators(): void {
  for (const child of processes) child.kill('SIGKILL');
}

export class Generator {
  readonly #child: ChildProcess;
  /** Of its UDP socket. */
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** `niceness` as nice(1) takes it. */
  static async start(role: 'clients' | 'peers', niceness: number): Promise<Generator> {
    const child = fork(path.join(import.meta.dirname, 'generator.ts'), [role, String(niceness)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    processes.add(child);
    child.once('exit', () => processes.delete(child));
    const { port } = await outcomeOf(child, 'hello');
    return new Generator(child, port);
  }

  /** One at a time. Rejects with what went wrong in the other process. */
  async perform<K extends Outcome['kind']>(job: Job, expected: K): Promise<OutcomeOf<K>> {
    const outcome = outcomeOf(this.#child, expected);
    this.#child.send(job);
    return await outcome;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

function outcomeOf<K extends Outcome['kind']>(child: ChildProcess, expected: K): Promise<OutcomeOf<K>> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('A generator process has ended.'));
    child.once('exit', exited);
    child.once('message', (outcome: Outcome) => {
      child.removeListener('exit', exited);
      if (outcome.kind === expected) resolve(outcome as OutcomeOf<K>);
      else reject(new Error(outcome.kind === 'failed' ? outcome.why : `unexpected ${outcome.kind}`));
    });
  });
}
