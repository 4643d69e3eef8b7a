/**
 * Fragments that follow each other, joined as they come, in any order. Works on TSNs (DATA) or on fragment numbers of
 * one message (I-DATA). Copies payloads, since packets are borrowed. RFC 9260 §6.9, RFC 8260 §2.2.3.
 */
import type { DataFragment } from './data-chunk.ts';

interface Run {
  first: number;
  /** The number behind its last fragment. */
  next: number;
  readonly parts: Uint8Array[];
  begins: boolean;
  ends: boolean;
  messageId: number;
  ppid: number;
  bytes: number;
}

/** All fragments of a message, in order. */
export interface WholeMessage {
  readonly stream: number;
  readonly unordered: boolean;
  readonly messageId: number;
  readonly ppid: number;
  /** Given to the caller. */
  readonly payload: Uint8Array;
  /** Of how many fragments. */
  readonly parts: number;
}

/** What a fragment costs beside its payload: objects, map entries. Tiny fragments must not come for free. */
export const FRAGMENT_OVERHEAD_BYTES = 256;

export class FragmentRuns {
  readonly #byFirst = new Map<number, Run>();
  readonly #byNext = new Map<number, Run>();

  get isEmpty(): boolean {
    return this.#byFirst.size === 0;
  }

  /** `number`: its place, 32 bits on a circle. The message, if it is complete with this fragment. */
  add(number: number, fragment: DataFragment): WholeMessage | undefined {
    const next = (number + 1) >>> 0;
    const payload = fragment.payload.slice();
    let run = fragment.begin ? undefined : this.#byNext.get(number);
    if (run && !run.ends) {
      this.#byNext.delete(number);
      run.parts.push(payload);
      run.next = next;
      run.ends = fragment.end;
      run.bytes += payload.length;
    } else {
      const { begin: begins, end: ends, messageId, ppid } = fragment;
      run = { first: number, next, parts: [payload], begins, ends, messageId, ppid, bytes: payload.length };
      this.#byFirst.set(number, run);
    }
    const follower = run.ends ? undefined : this.#byFirst.get(next);
    if (follower && !follower.begins) {
      this.#byFirst.delete(next);
      this.#byNext.delete(follower.next);
      for (const part of follower.parts) run.parts.push(part);
      run.next = follower.next;
      run.ends = follower.ends;
      run.bytes += follower.bytes;
    }
    if (!run.begins || !run.ends) {
      this.#byNext.set(run.next, run);
      return undefined;
    }
    this.#byFirst.delete(run.first);
    return {
      stream: fragment.stream,
      unordered: fragment.unordered,
      messageId: run.messageId,
      ppid: run.ppid,
      payload: join(run),
      parts: run.parts.length,
    };
  }

  /** Forgets every run for which `isDead` holds; the bytes that were freed, overhead included. */
  drop(isDead: (run: Readonly<Pick<Run, 'first' | 'next' | 'messageId'>>) => boolean): number {
    let freed = 0;
    for (const run of [...this.#byFirst.values()]) {
      if (!isDead(run)) continue;
      this.#byFirst.delete(run.first);
      this.#byNext.delete(run.next);
      freed += run.bytes + run.parts.length * FRAGMENT_OVERHEAD_BYTES;
    }
    return freed;
  }
}

function join({ parts, bytes }: Run): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const payload = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    payload.set(part, at);
    at += part.length;
  }
  return payload;
}
