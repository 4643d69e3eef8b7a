/**
 * Tasks of one connection in their order, each run alone by the shell. What the session tells of ICE in one breath is one task, in
 * which every state changes before anybody hears of any. webrtc.html §5.6.2, HTML §8.1.7.
 */
import { Queue } from '../base/index.ts';
import type { WebRtcShell } from './shell.ts';

/** One step of a task: first every `change`, then every `tell`, by their order. */
export interface Change {
  /** Twice the same kind is two tasks: both states are to be seen. */
  readonly kind: string;
  readonly order: number;
  change(): void;
  tell(): void;
}

type Task = (() => void) | Change[];

export class EventTasks {
  readonly #shell: WebRtcShell;
  readonly #tasks = new Queue<Task>();
  #last: Task | undefined;
  #closed = false;

  constructor(shell: WebRtcShell) {
    this.#shell = shell;
  }

  /** What has not run will not run. */
  close(): void {
    this.#closed = true;
    this.#tasks.clear();
  }

  add(task: () => void): void {
    this.#push(task);
  }

  /** Joins the task before it, if that is made of changes and has none of this kind. */
  addChange(change: Change): void {
    const last = this.#last;
    if (Array.isArray(last) && !last.some(({ kind }) => kind === change.kind)) last.push(change);
    else this.#push([change]);
  }

  #push(task: Task): void {
    if (this.#closed) return;
    this.#tasks.push(task);
    this.#last = task;
    this.#shell.queueTask(this.#runNext);
  }

  readonly #runNext = (): void => {
    const task = this.#tasks.take();
    if (task === undefined) return;
    if (task === this.#last) this.#last = undefined;
    if (Array.isArray(task)) this.#runChanges(task);
    else task();
  };

  #runChanges(changes: readonly Change[]): void {
    for (const { change } of changes) change();
    const ordered = changes.toSorted((a, b) => a.order - b.order);
    for (const { tell } of ordered) if (!this.#closed) tell();
  }
}
