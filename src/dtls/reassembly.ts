/** Puts handshake messages together again, and in order. Bounded, whatever a sender claims. RFC 6347 §4.2.2, §4.2.3. */
import type { HandshakeFragment, HandshakeMessage } from './handshake-message.ts';

/** A chain of certificates is the longest message; four of them with 4,096-bit keys take 8 KB. */
const MAX_MESSAGE_BYTES = 2 ** 15;

/** A flight has at most five messages. */
const MAX_MESSAGES_AHEAD = 8;

/** All messages that wait together; the bodies of one honest flight are far below. */
const MAX_WAITING_BYTES = 2 ** 16;

/** A message of 32 KB in the smallest fragments that any path enforces arrives in fewer pieces. */
const MAX_GAPS = 64;

interface Partial {
  readonly type: number;
  readonly body: Uint8Array;
  /** What has arrived: disjoint, in order, never touching. */
  ranges: readonly Range[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How a fragment relates to what is expected. `old`: of a message that was taken before. */
export type Arrival = 'kept' | 'old' | 'refused';

export class Reassembly {
  readonly #partials = new Map<number, Partial>();
  #next = 0;
  #waitingBytes = 0;

  /** message_seq of the message that is next. */
  get next(): number {
    return this.#next;
  }

  /** Bytes that are set aside for messages that have not been taken. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The first message of a client that has been through a cookie exchange does not have the number 0. */
  startAt(sequence: number): void {
    this.#next = sequence;
  }

  /** Copies what it keeps. */
  add(fragment: HandshakeFragment): Arrival {
    const { sequence, offset, bytes } = fragment;
    if (sequence < this.#next) return 'old';
    const partial = this.#partials.get(sequence) ?? this.#begin(fragment);
    // RFC 6347 §4.2.3: all fragments of a message agree about type and length.
    if (!partial || partial.type !== fragment.type || partial.body.length !== fragment.length) {
      return 'refused';
    }
    const ranges = withRange(partial.ranges, { start: offset, end: offset + bytes.length });
    if (ranges.length > MAX_GAPS) return 'refused';
    partial.body.set(bytes, offset);
    partial.ranges = ranges;
    return 'kept';
  }

  /** The next message, if it is complete. Given away. */
  take(): HandshakeMessage | undefined {
    const sequence = this.#next;
    const partial = this.#partials.get(sequence);
    if (!partial || !isComplete(partial)) return undefined;
    this.#partials.delete(sequence);
    this.#waitingBytes -= partial.body.length;
    this.#next += 1;
    return { type: partial.type, sequence, body: partial.body };
  }

  #begin({ type, sequence, length }: HandshakeFragment): Partial | undefined {
    if (length > MAX_MESSAGE_BYTES || sequence >= this.#next + MAX_MESSAGES_AHEAD) return undefined;
    if (this.#waitingBytes + length > MAX_WAITING_BYTES) return undefined;
    const partial = { type, body: new Uint8Array(length), ranges: [] };
    this.#partials.set(sequence, partial);
    this.#waitingBytes += length;
    return partial;
  }
}

function isComplete({ body, ranges }: Partial): boolean {
  if (body.length === 0) return true;
  const first = ranges[0];
  return ranges.length === 1 && first?.start === 0 && first.end === body.length;
}

function withRange(ranges: readonly Range[], added: Range): readonly Range[] {
  if (added.start === added.end) return ranges;
  if (ranges.length === 0) return [added];
  let { start, end } = added;
  const apart: Range[] = [];
  for (const range of ranges) {
    if (range.end < start || range.start > end) apart.push(range);
    else {
      start = Math.min(start, range.start);
      end = Math.max(end, range.end);
    }
  }
  apart.push({ start, end });
  return apart.sort((a, b) => a.start - b.start);
}
