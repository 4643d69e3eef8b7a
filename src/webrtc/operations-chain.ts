/** Asynchronous operations of one connection, one after the other. webrtc.html §4.4.1.2. */
import { domException } from './errors.ts';

export class OperationsChain {
  readonly #onEmpty: () => void;
  readonly #operations: (() => void)[] = [];
  #closed = false;

  /** `onEmpty`: the last operation has ended. */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  /** Promises of what has not ended are never settled. */
  close(): void {
    this.#closed = true;
    this.#operations.length = 0;
  }

  /** The promise of `operation`, which begins once all before it have ended. Rejects with InvalidStateError once closed. */
  chain<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(domException('InvalidStateError', 'The connection is closed.'));
    }
    return new Promise<T>((resolve, reject) => {
      const begin = (): void => {
        const ended = operation().then(
          (value) => {
            if (!this.#closed) resolve(value);
          },
          (reason: unknown) => {
            if (!this.#closed) reject(reason);
          },
        );
        // Who waits for the promise hears before the next operation begins.
        void ended.then(this.#beginNext);
      };
      this.#operations.push(begin);
      if (this.#operations.length === 1) begin();
    });
  }

  readonly #beginNext = (): void => {
    if (this.#closed) return;
    this.#operations.shift();
    const next = this.#operations[0];
    if (next) next();
    else this.#onEmpty();
  };
}
