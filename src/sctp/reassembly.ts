/**
 * Messages out of fragments: unordered ones as they are complete, ordered ones in their turn. Counts what it holds
 * back. RFC 9260 §6.5, §6.6, §6.9; RFC 8260 §2.2.3; RFC 3758 §3.6.
 */
import { serialLess, serialLess16 } from '../base/index.ts';
import type { DataFragment } from './data-chunk.ts';
import type { SkippedMessage } from './forward-tsn-chunk.ts';
import { FRAGMENT_OVERHEAD_BYTES, FragmentRuns, type WholeMessage } from './fragment-runs.ts';

interface InboundStream {
  /** The ordered message whose turn it is. */
  nextId: number;
  /** Complete, but not their turn yet. */
  readonly waiting: Map<number, WholeMessage>;
  /** I-DATA: by message. */
  readonly ordered: Map<number, FragmentRuns>;
  readonly unordered: Map<number, FragmentRuns>;
}

export class Reassembly {
  readonly #interleaved: boolean;
  readonly #streams = new Map<number, InboundStream>();
  /** DATA: fragments of all streams follow each other by TSN. */
  readonly #byTsn = new FragmentRuns();
  #heldBytes = 0;

  constructor(interleaved: boolean) {
    this.#interleaved = interleaved;
  }

  /** Received and not handed on, with what holding it costs. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What can be handed on with this fragment, in order. Its payload is borrowed. */
  add(fragment: DataFragment): WholeMessage[] {
    this.#heldBytes += fragment.payload.length + FRAGMENT_OVERHEAD_BYTES;
    const whole = this.#interleaved
      ? this.#addInterleaved(fragment)
      : this.#byTsn.add(fragment.tsn, fragment);
    if (!whole) return [];
    if (whole.unordered) {
      this.#heldBytes -= costOf(whole);
      return [whole];
    }
    const stream = this.#streamOf(whole.stream);
    if (this.#isBefore(whole.messageId, stream.nextId)) {
      this.#heldBytes -= costOf(whole); // a message that was skipped, or comes again
      return [];
    }
    stream.waiting.set(whole.messageId, whole);
    return this.#takeTurns(stream);
  }

  /** The sender has given up on these, and on everything up to this TSN. What can be handed on now. */
  skip(cumulativeTsn: number, skipped: readonly SkippedMessage[]): WholeMessage[] {
    if (!this.#interleaved) {
      this.#heldBytes -= this.#byTsn.drop(({ first }) => !serialLess(cumulativeTsn, first));
    }
    const ready: WholeMessage[] = [];
    for (const { stream: id, unordered, messageId } of skipped) {
      const stream = this.#streamOf(id);
      const partial = unordered ? stream.unordered : stream.ordered;
      for (const [mid, runs] of [...partial]) {
        if (this.#isBefore(messageId, mid)) continue;
        this.#heldBytes -= runs.drop(() => true);
        partial.delete(mid);
      }
      if (unordered) continue;
      // What is complete and lies before the skipped message has its turn first.
      for (const mid of [...stream.waiting.keys()].sort((a, b) => (this.#isBefore(a, b) ? -1 : 1))) {
        if (this.#isBefore(messageId, mid)) break;
        this.#handOn(stream, mid, ready);
      }
      const next = this.#after(messageId);
      if (this.#isBefore(stream.nextId, next)) stream.nextId = next;
      ready.push(...this.#takeTurns(stream));
    }
    return ready;
  }

  /** RFC 6525 §5.2.2: the numbers begin anew. Empty: in every stream. */
  resetStreams(ids: readonly number[]): void {
    const affected = ids.length > 0 ? ids : [...this.#streams.keys()];
    for (const id of affected) {
      const stream = this.#streams.get(id);
      if (!stream) continue;
      for (const whole of stream.waiting.values()) this.#heldBytes -= costOf(whole);
      for (const runs of [...stream.ordered.values(), ...stream.unordered.values()]) {
        this.#heldBytes -= runs.drop(() => true);
      }
      this.#streams.delete(id);
    }
  }

  #addInterleaved(fragment: DataFragment): WholeMessage | undefined {
    const stream = this.#streamOf(fragment.stream);
    const partial = fragment.unordered ? stream.unordered : stream.ordered;
    const { messageId } = fragment;
    const runs = partial.get(messageId) ?? new FragmentRuns();
    const whole = runs.add(fragment.fragment, fragment);
    if (runs.isEmpty) partial.delete(messageId);
    else partial.set(messageId, runs);
    return whole;
  }

  #takeTurns(stream: InboundStream): WholeMessage[] {
    const ready: WholeMessage[] = [];
    while (stream.waiting.has(stream.nextId)) {
      const id = stream.nextId;
      stream.nextId = this.#after(id);
      this.#handOn(stream, id, ready);
    }
    return ready;
  }

  #handOn(stream: InboundStream, id: number, ready: WholeMessage[]): void {
    const whole = stream.waiting.get(id);
    if (!whole) return;
    stream.waiting.delete(id);
    this.#heldBytes -= costOf(whole);
    ready.push(whole);
  }

  #streamOf(id: number): InboundStream {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = { nextId: 0, waiting: new Map(), ordered: new Map(), unordered: new Map() };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  #after(id: number): number {
    return this.#interleaved ? (id + 1) >>> 0 : (id + 1) & 0xffff;
  }

  #isBefore(a: number, b: number): boolean {
    return this.#interleaved ? serialLess(a, b) : serialLess16(a, b);
  }
}

function costOf({ payload, parts }: WholeMessage): number {
  return payload.length + parts * FRAGMENT_OVERHEAD_BYTES;
}
