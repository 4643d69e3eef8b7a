/** Runs asynchronous tasks one after the other, so that descriptions are applied in the order in which they came. */

export class TaskQueue {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;
  readonly #onError: (thrown: unknown) => void;
  readonly #maxWaiting: number;

  /** `maxWaiting` bounds what a peer that floods descriptions can make this side hold. */
  constructor(onError: (thrown: unknown) => void, maxWaiting = 256) {
    this.#onError = onError;
    this.#maxWaiting = maxWaiting;
  }

  /** False when the queue is full or closed, and the task is dropped. */
  push(task: () => Promise<void>): boolean {
    if (this.#closed || this.#waiting >= this.#maxWaiting) return false;
    this.#waiting += 1;
    this.#tail = this.#tail.then(async () => {
      this.#waiting -= 1;
      if (this.#closed) return;
      try {
        await task();
      } catch (thrown) {
        if (!this.#closed) this.#onError(thrown);
      }
    });
    return true;
  }

  /** Tasks that have not begun never will; errors of the running one are nobody's any more. */
  close(): void {
    this.#closed = true;
  }
}
