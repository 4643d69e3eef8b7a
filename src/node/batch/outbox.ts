/**
 * What the sockets of a thread send in one turn, copied: it leaves when the turn ends, or sooner when there is no room, each
 * socket's share in one call. One outbox serves any number of sockets. Opens and closes none of them.
 */
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import type { SendList } from './send-list.ts';
import type { NameWords } from './socket-name.ts';

/** Four runs of the longest kind: a bulk sender's peer gets work early, and what is copied is still in the cache when it leaves. */
const OUTBOX_BYTES = 2 ** 18;
/** No datagram is longer, so that it fits an empty outbox. */
const MAX_DATAGRAM_BYTES = 65_535;

/** One socket's share. */
export interface Sack {
  readonly fd: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly words: NameWords;
  readonly offset: number;
  readonly length: number;
}

export function emptySack(fd: number): Sack {
  return { fd, waiting: [] };
}

export class Outbox {
  readonly #memory: KernelMemory;
  readonly #list: SendList;
  #used = 0;
  readonly #loaded: Sack[] = [];
  #scheduled = false;

  constructor(kernel: Kernel, list: SendList) {
    this.#memory = new KernelMemory(kernel, OUTBOX_BYTES);
    this.#list = list;
  }

  /** `bytes` are copied. Tells whether they can be a datagram at all. `words` are compared by identity. */
  put(sack: Sack, words: NameWords, bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (length > MAX_DATAGRAM_BYTES) return false;
    if (this.#used + length > OUTBOX_BYTES) this.flush();
    this.#memory.u8.set(bytes, this.#used);
    if (sack.waiting.length === 0) this.#loaded.push(sack);
    sack.waiting.push({ words, offset: this.#used, length });
    this.#used += length;
    if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(this.#atEndOfTurn);
    }
    return true;
  }

  /** Everything, at once. */
  flush(): void {
    for (const sack of this.#loaded) this.#empty(sack);
    this.#loaded.length = 0;
    this.#used = 0;
  }

  #empty({ fd, waiting }: Sack): void {
    const { address } = this.#memory;
    for (const { words, offset, length } of waiting) {
      if (this.#list.room < 1) this.#list.flush(fd);
      this.#list.add(words, address + offset, length);
    }
    this.#list.flush(fd);
    waiting.length = 0;
  }

  readonly #atEndOfTurn = (): void => {
    this.#scheduled = false;
    this.flush();
  };
}
