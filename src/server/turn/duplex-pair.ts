/** Two ends of a stream inside this process: what goes into one comes out of the other, no faster than it is read. */
import { Duplex } from 'node:stream';

class End extends Duplex {
  #other: End | undefined;
  /** The other end's write that waits until this one is read. */
  #waiting: ((error?: Error) => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  joinTo(other: End): void {
    this.#other = other;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    const other = this.#other;
    if (!other || other.destroyed) done(new Error('The other end is gone.'));
    else other.#receive(chunk, done);
  }

  override _read(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  override _final(done: (error?: Error) => void): void {
    if (this.#other?.destroyed === false) this.#other.push(null);
    done();
  }

  /** An end that goes before it has ended properly takes the other along. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(new Error('The other end is gone.'));
    if (!this.writableFinished) this.#other?.destroy();
    done(error);
  }

  #receive(chunk: Uint8Array, done: (error?: Error) => void): void {
    this.#waiting = done;
    this.push(chunk);
  }
}

export function duplexPair(): [Duplex, Duplex] {
  const [one, two] = [new End(), new End()];
  one.joinTo(two);
  two.joinTo(one);
  return [one, two];
}
