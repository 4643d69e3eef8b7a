/**
 * Fragments that follow each other, joined as they come, in any order. Works on TSNs (DATA) or on fragment numbers of
 * one message (I-DATA). Copies payloads, since packets are borrowed: once where they come in order and the message is as long
 * as was expected, else twice. RFC 9260 §6.9, RFC 8260 §2.2.3.
 */
import type { DataFragment } from './data-chunk.ts';

interface Run {
  first: number;
  /** The number behind its last fragment. */
  next: number;
  /** In order; the last one may have room behind its `tailBytes`. */
  readonly parts: Uint8Array<ArrayBuffer>[];
  /** Of the last part, written so far. */
  tailBytes: number;
  fragments: number;
  begins: boolean;
  ends: boolean;
  messageId: number;
  ppid: number;
  bytes: number;
}

/** All fragments of a message, in order. */
export interface WholeMessage {
  readonly type: 'message';
  readonly stream: number;
  readonly unordered: boolean;
  readonly messageId: number;
  readonly ppid: number;
  /** Given to the caller, in an ArrayBuffer of its own. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Of how many fragments. */
  readonly fragments: number;
}

/** What a fragment costs beside its payload: objects, map entries. Tiny fragments must not come for free. */
export const FRAGMENT_OVERHEAD_BYTES = 256;

export class FragmentRuns {
  /** All runs but those that are complete. */
  readonly #byFirst = new Map<number, Run>();
  /** All of them but `#newest`. */
  readonly #byNext = new Map<number, Run>();
  /** What the next fragment most likely continues. */
  #newest: Run | undefined;

  get isEmpty(): boolean {
    return this.#byFirst.size === 0;
  }

  /**
   * A fragment that is no whole message. `number`: its place, 32 bits on a circle. `expectedBytes`: how long the message will be, as far as anybody can guess; so
   * much is set aside when it begins. The message, if it is complete with this fragment.
   */
  add(number: number, fragment: DataFragment, expectedBytes: number): WholeMessage | undefined {
    const run = this.#continued(number, fragment) ?? this.#started(number, fragment, expectedBytes);
    if (!run.ends && this.#byFirst.size > 1) this.#joinFollower(run);
    if (!run.begins || !run.ends) return undefined;
    this.#byFirst.delete(run.first);
    if (this.#newest === run) this.#newest = undefined;
    else this.#byNext.delete(run.next);
    const { messageId, ppid, fragments } = run;
    const { stream, unordered } = fragment;
    return { type: 'message', stream, unordered, messageId, ppid, payload: join(run), fragments };
  }

  /** Forgets every run for which `isDead` holds; the bytes that were freed, overhead included. */
  drop(isDead: (run: Readonly<Pick<Run, 'first' | 'next' | 'messageId'>>) => boolean): number {
    let freed = 0;
    for (const run of [...this.#byFirst.values()]) {
      if (!isDead(run)) continue;
      this.#byFirst.delete(run.first);
      if (this.#newest === run) this.#newest = undefined;
      else this.#byNext.delete(run.next);
      freed += run.bytes + run.fragments * FRAGMENT_OVERHEAD_BYTES;
    }
    return freed;
  }

  /** The run that this fragment lengthens; it is the newest then. */
  #continued(number: number, fragment: DataFragment): Run | undefined {
    if (fragment.begin) return undefined;
    let run = this.#newest;
    if (run?.next !== number) {
      run = this.#byNext.get(number);
      if (!run || run.ends) return undefined;
      this.#byNext.delete(number);
      this.#makeNewest(run);
    } else if (run.ends) return undefined;
    append(run, fragment);
    run.next = (number + 1) >>> 0;
    run.ends = fragment.end;
    return run;
  }

  #started(number: number, fragment: DataFragment, expectedBytes: number): Run {
    const { begin: begins, end: ends, messageId, ppid, length } = fragment;
    const part = new Uint8Array(begins && expectedBytes > length ? expectedBytes : length);
    part.set(fragment.bytes.subarray(fragment.from, fragment.from + length));
    const run: Run = {
      first: number,
      next: (number + 1) >>> 0,
      parts: [part],
      tailBytes: length,
      fragments: 1,
      begins,
      ends,
      messageId,
      ppid,
      bytes: length,
    };
    this.#byFirst.set(number, run);
    this.#makeNewest(run);
    return run;
  }

  #makeNewest(run: Run): void {
    const before = this.#newest;
    if (before) this.#byNext.set(before.next, before);
    this.#newest = run;
  }

  /** What comes behind `run`, the newest, may be there already. */
  #joinFollower(run: Run): void {
    const follower = this.#byFirst.get(run.next);
    if (!follower || follower.begins) return;
    this.#byFirst.delete(follower.first);
    this.#byNext.delete(follower.next);
    trim(run);
    for (const part of follower.parts) run.parts.push(part);
    run.tailBytes = follower.tailBytes;
    run.next = follower.next;
    run.ends = follower.ends;
    run.bytes += follower.bytes;
    run.fragments += follower.fragments;
  }
}

/** Of a fragment that is a whole message. Copies. */
export function wholeOf({
  stream,
  unordered,
  messageId,
  ppid,
  bytes,
  from,
  length,
}: DataFragment): WholeMessage {
  const payload = new Uint8Array(length);
  payload.set(bytes.subarray(from, from + length));
  return { type: 'message', stream, unordered, messageId, ppid, payload, fragments: 1 };
}

function append(run: Run, { bytes, from, length }: DataFragment): void {
  const tail = run.parts[run.parts.length - 1];
  const payload = bytes.subarray(from, from + length);
  if (tail && run.tailBytes + length <= tail.length) {
    tail.set(payload, run.tailBytes);
    run.tailBytes += length;
  } else {
    trim(run);
    const part = new Uint8Array(length);
    part.set(payload);
    run.parts.push(part);
    run.tailBytes = length;
  }
  run.bytes += length;
  run.fragments += 1;
}

/** Nothing more is written to its last part. */
function trim(run: Run): void {
  const last = run.parts.length - 1;
  const tail = run.parts[last];
  if (tail && tail.length !== run.tailBytes) run.parts[last] = tail.subarray(0, run.tailBytes);
}

function join(run: Run): Uint8Array<ArrayBuffer> {
  const [only] = run.parts;
  if (run.parts.length === 1 && only?.length === run.bytes) return only;
  trim(run);
  const payload = new Uint8Array(run.bytes);
  let at = 0;
  for (const part of run.parts) {
    payload.set(part, at);
    at += part.length;
  }
  return payload;
}
