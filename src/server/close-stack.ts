/** What was opened, to be closed in the opposite order; also when opening stops half-way. */
import type { Log } from '../base/index.ts';

export class CloseStack {
  readonly #closers: { readonly what: string; readonly close: () => void | Promise<void> }[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  push(what: string, close: () => void | Promise<void>): void {
    this.#closers.push({ what, close });
  }

  /** Closes everything once. A closer that fails is logged and keeps no other from closing. */
  async closeAll(): Promise<void> {
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#log.warn('could not be closed cleanly', { what: closer.what, error: String(error) });
      }
    }
  }
}
