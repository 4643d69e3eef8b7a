/** Messages cut by the sender into several of SCTP's, as old implementations do. Deprecated, received only. RFC 8831 §6.6. */
import { concatBytes } from '../base/index.ts';

export class PartialMessage {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #kind: 'text' | 'binary' | undefined;

  /** A part that is not the last: `false` when it is too much, or of another kind than those before. */
  add(kind: 'text' | 'binary', bytes: Uint8Array, mostBytes: number): boolean {
    if (this.#kind !== undefined && this.#kind !== kind) return false;
    this.#kind = kind;
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    return this.#bytes <= mostBytes && this.#parts.length <= MAX_PARTS;
  }

  /** The whole message with its last part; `undefined` when the parts are of another kind. */
  finish(kind: 'text' | 'binary', last: Uint8Array): Uint8Array | undefined {
    if (this.#kind === undefined) return last;
    if (this.#kind !== kind) return undefined;
    const whole = concatBytes(...this.#parts, last);
    this.#parts = [];
    this.#bytes = 0;
    this.#kind = undefined;
    return whole;
  }
}

/** 256 KiB in parts of a small packet each. */
const MAX_PARTS = 512;
