/**
 * Messages out of fragments: unordered ones as they are complete, ordered ones in their turn. Counts what it holds
 * back. RFC 9260 §6.5, §6.6, §6.9; RFC 8260 §2.2.3; RFC 3758 §3.6.
 */
import { serialLess, serialLess16 } from '../base/index.ts';
import type { DataFragment } from './data-chunk.ts';
import type { SkippedMessage } from './forward-tsn-chunk.ts';
import { FRAGMENT_OVERHEAD_BYTES, FragmentRuns, type WholeMessage, wholeOf } from './fragment-runs.ts';

interface InboundStream {
  /** The ordered message whose turn it is. */
  nextId: number;
  /** Complete, but not their turn yet. Made when it is needed, as the following. */
  waiting: Map<number, WholeMessage> | undefined;
  /** I-DATA: by message. */
  ordered: Map<number, FragmentRuns> | undefined;
  unordered: Map<number, FragmentRuns> | undefined;
}

/** What is set aside for a message that has begun. Longer ones are copied twice. */
const MOST_EXPECTED_BYTES = 2 ** 18;

export class Reassembly {
  readonly #interleaved: boolean;
  readonly #streams = new Map<number, InboundStream>();
  #lastStream: InboundStream | undefined;
  #lastStreamId = -1;
  /** DATA: fragments of all streams follow each other by TSN. */
  #byTsn: FragmentRuns | undefined;
  /** The last message of several fragments: the next one is often as long. */
  #expectedBytes = 0;
  /** One message at a time has bytes set aside, so that beginnings alone take no memory. */
  #expecting: FragmentRuns | undefined;
  #heldBytes = 0;

  constructor(interleaved: boolean) {
    this.#interleaved = interleaved;
  }

  /** Received and not handed on, with what holding it costs. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Appends to `ready` what can be handed on with this fragment, in order. The fragment is borrowed. */
  add(fragment: DataFragment, ready: WholeMessage[]): void {
    this.#heldBytes += fragment.length + FRAGMENT_OVERHEAD_BYTES;
    const whole = this.#complete(fragment);
    if (!whole) return;
    if (whole.unordered) {
      this.#heldBytes -= costOf(whole);
      ready.push(whole);
      return;
    }
    const stream = this.#streamOf(whole.stream);
    const { messageId } = whole;
    if (messageId === stream.nextId) {
      this.#heldBytes -= costOf(whole);
      stream.nextId = this.#after(messageId);
      ready.push(whole);
      this.#takeTurns(stream, ready);
    } else if (this.#isBefore(messageId, stream.nextId)) {
      this.#heldBytes -= costOf(whole); // a message that was skipped, or comes again
    } else {
      stream.waiting ??= new Map();
      stream.waiting.set(messageId, whole);
    }
  }

  /** The sender has given up on these, and on everything up to this TSN. Appends to `ready` what can be handed on now. */
  skip(cumulativeTsn: number, skipped: readonly SkippedMessage[], ready: WholeMessage[]): void {
    if (this.#byTsn) {
      this.#drop(this.#byTsn, ({ first }) => !serialLess(cumulativeTsn, first));
    }
    for (const { stream: id, unordered, messageId } of this.#furthest(skipped)) {
      const stream = this.#streamOf(id);
      const partial = unordered ? stream.unordered : stream.ordered;
      for (const [mid, runs] of partial ?? []) {
        if (this.#isBefore(messageId, mid)) continue;
        this.#drop(runs, () => true);
        partial?.delete(mid);
      }
      if (unordered) continue;
      // What is complete and lies before the skipped message has its turn first.
      const before = [...(stream.waiting?.keys() ?? [])].filter((mid) => !this.#isBefore(messageId, mid));
      for (const mid of before.sort((a, b) => (this.#isBefore(a, b) ? -1 : 1))) {
        this.#handOn(stream, mid, ready);
      }
      const next = this.#after(messageId);
      if (this.#isBefore(stream.nextId, next)) stream.nextId = next;
      this.#takeTurns(stream, ready);
    }
  }

  /** One for each stream and order: who names a stream a thousand times is not to make us look through it so often. */
  #furthest(skipped: readonly SkippedMessage[]): Iterable<SkippedMessage> {
    const furthest = new Map<number, SkippedMessage>();
    for (const one of skipped) {
      const key = one.stream * 2 + (one.unordered ? 1 : 0);
      const other = furthest.get(key);
      if (!other || this.#isBefore(other.messageId, one.messageId)) furthest.set(key, one);
    }
    return furthest.values();
  }

  /** RFC 6525 §5.2.2: the numbers begin anew. Empty: in every stream. */
  resetStreams(ids: readonly number[]): void {
    const affected = ids.length > 0 ? ids : [...this.#streams.keys()];
    this.#lastStream = undefined;
    for (const id of affected) {
      const stream = this.#streams.get(id);
      if (!stream) continue;
      for (const whole of stream.waiting?.values() ?? []) this.#heldBytes -= costOf(whole);
      for (const runs of stream.ordered?.values() ?? []) this.#drop(runs, () => true);
      for (const runs of stream.unordered?.values() ?? []) this.#drop(runs, () => true);
      this.#streams.delete(id);
    }
  }

  #complete(fragment: DataFragment): WholeMessage | undefined {
    if (fragment.begin && fragment.end) return wholeOf(fragment);
    if (this.#interleaved) return this.#addInterleaved(fragment);
    this.#byTsn ??= new FragmentRuns();
    return this.#addTo(this.#byTsn, fragment.tsn, fragment);
  }

  #addInterleaved(fragment: DataFragment): WholeMessage | undefined {
    const stream = this.#streamOf(fragment.stream);
    let partial = fragment.unordered ? stream.unordered : stream.ordered;
    if (!partial) {
      partial = new Map();
      if (fragment.unordered) stream.unordered = partial;
      else stream.ordered = partial;
    }
    const { messageId } = fragment;
    let runs = partial.get(messageId);
    if (!runs) {
      runs = new FragmentRuns();
      partial.set(messageId, runs);
    }
    const whole = this.#addTo(runs, fragment.fragment, fragment);
    if (whole && runs.isEmpty) partial.delete(messageId);
    return whole;
  }

  #addTo(runs: FragmentRuns, number: number, fragment: DataFragment): WholeMessage | undefined {
    const mayExpect = fragment.begin && !fragment.end && this.#expecting === undefined;
    if (mayExpect) this.#expecting = runs;
    const whole = runs.add(number, fragment, mayExpect ? this.#expectedBytes : 0);
    if (whole) {
      this.#expectedBytes = Math.min(MOST_EXPECTED_BYTES, whole.payload.length);
      if (this.#expecting === runs) this.#expecting = undefined;
    }
    return whole;
  }

  #drop(runs: FragmentRuns, isDead: Parameters<FragmentRuns['drop']>[0]): void {
    this.#heldBytes -= runs.drop(isDead);
    if (this.#expecting === runs) this.#expecting = undefined;
  }

  #takeTurns(stream: InboundStream, ready: WholeMessage[]): void {
    while (stream.waiting?.has(stream.nextId)) {
      const id = stream.nextId;
      stream.nextId = this.#after(id);
      this.#handOn(stream, id, ready);
    }
  }

  #handOn(stream: InboundStream, id: number, ready: WholeMessage[]): void {
    const whole = stream.waiting?.get(id);
    if (!whole) return;
    stream.waiting?.delete(id);
    this.#heldBytes -= costOf(whole);
    ready.push(whole);
  }

  #streamOf(id: number): InboundStream {
    if (this.#lastStream && this.#lastStreamId === id) return this.#lastStream;
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = { nextId: 0, waiting: undefined, ordered: undefined, unordered: undefined };
      this.#streams.set(id, stream);
    }
    this.#lastStream = stream;
    this.#lastStreamId = id;
    return stream;
  }

  #after(id: number): number {
    return this.#interleaved ? (id + 1) >>> 0 : (id + 1) & 0xffff;
  }

  #isBefore(a: number, b: number): boolean {
    return this.#interleaved ? serialLess(a, b) : serialLess16(a, b);
  }
}

function costOf({ payload, fragments }: WholeMessage): number {
  return payload.length + fragments * FRAGMENT_OVERHEAD_BYTES;
}
