/**
 * What waits to be sent, stream by stream, and whose turn it is: each stream gets a share by its weight. Gives no
 * TSNs. RFC 8260 §3.6 (weighted fair queueing); weights: RFC 8831 §6.4.
 */
import { type Millis, NEVER } from '../base/index.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

interface OutboundStream {
  readonly id: number;
  weight: number;
  /** Bytes sent ÷ weight: the smallest is next. */
  served: number;
  readonly waiting: OutgoingMessage[];
  /** Of `waiting`, before it are gaps: cheaper than shifting. */
  head: number;
  nextOrderedId: number;
  nextUnorderedId: number;
  /** No new message starts: the stream is being reset. RFC 6525 §5.1.2. */
  paused: boolean;
}

/** RFC 8831 §6.4 asks for 128 to 1024; WebRTC's default is "low". */
const DEFAULT_WEIGHT = 256;

export class StreamScheduler {
  readonly #interleaved: boolean;
  readonly #streams = new Map<number, OutboundStream>();
  readonly #active = new Set<OutboundStream>();
  /** Without interleaving a message that was begun is finished first. RFC 9260 §6.9. */
  #begun: OutboundStream | undefined;
  /** `served` of whoever was last: who comes back does not make up for the time away. */
  #clock = 0;
  #waitingBytes = 0;

  constructor(interleaved: boolean) {
    this.#interleaved = interleaved;
  }

  /** Not cut into fragments yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get isEmpty(): boolean {
    return this.#waitingBytes === 0;
  }

  setWeight(stream: number, weight: number): void {
    this.#streamOf(stream).weight = weight;
  }

  add(message: OutgoingMessage): void {
    const stream = this.#streamOf(message.stream);
    stream.waiting.push(message);
    this.#waitingBytes += message.payload.length;
    if (this.#active.has(stream)) return;
    this.#active.add(stream);
    stream.served = Math.max(stream.served, this.#clock);
  }

  /** The message whose next fragment leaves next; `undefined` when there is none. */
  next(): OutgoingMessage | undefined {
    const stream = this.#turn();
    return stream?.waiting[stream.head];
  }

  /** So many bytes of `next()` have been cut off. Numbers the message at its first fragment. */
  cut(message: OutgoingMessage, bytes: number): void {
    const stream = this.#streamOf(message.stream);
    if (!message.started) message.messageId = this.#number(stream, message.unordered);
    message.fragments += 1;
    message.cutBytes += bytes;
    this.#waitingBytes -= bytes;
    stream.served += bytes / stream.weight;
    this.#clock = stream.served;
    if (message.isCut) this.#remove(stream);
    else this.#begun = stream;
  }

  /** Takes the rest of this message out of the queue; the bytes that were not cut. */
  drop(message: OutgoingMessage): number {
    const stream = this.#streams.get(message.stream);
    const at = stream ? stream.waiting.indexOf(message, stream.head) : -1;
    if (!stream || at < 0) return 0;
    const rest = message.payload.length - message.cutBytes;
    this.#waitingBytes -= rest;
    if (at === stream.head) this.#remove(stream);
    else stream.waiting.splice(at, 1);
    return rest;
  }

  /** Messages that are too old and have not begun. */
  takeExpired(now: Millis): OutgoingMessage[] {
    const expired: OutgoingMessage[] = [];
    for (const { waiting, head } of this.#active) {
      for (let i = head; i < waiting.length; i++) {
        const message = waiting[i];
        if (message && !message.started && message.expiresAt <= now) expired.push(message);
      }
    }
    for (const message of expired) this.drop(message);
    return expired;
  }

  get earliestExpiry(): Millis {
    let earliest: Millis = NEVER;
    for (const { waiting, head } of this.#active) {
      const message = waiting[head];
      if (message && !message.started) earliest = Math.min(earliest, message.expiresAt);
    }
    return earliest;
  }

  /** Whether nothing of this stream waits. */
  isIdle(stream: number): boolean {
    const found = this.#streams.get(stream);
    return !found || !this.#active.has(found);
  }

  pause(stream: number): void {
    this.#streamOf(stream).paused = true;
  }

  resume(stream: number): void {
    this.#streamOf(stream).paused = false;
  }

  /** RFC 6525 §5.2.7: the numbers begin anew. */
  resetNumbers(stream: number): void {
    const found = this.#streamOf(stream);
    found.nextOrderedId = 0;
    found.nextUnorderedId = 0;
    found.paused = false;
    if (this.isIdle(stream) && found.weight === DEFAULT_WEIGHT) this.#streams.delete(stream);
  }

  #turn(): OutboundStream | undefined {
    if (!this.#interleaved && this.#begun) return this.#begun;
    let best: OutboundStream | undefined;
    for (const stream of this.#active) {
      // A message that was begun goes on, whatever happens to its stream.
      if (stream.paused && !stream.waiting[stream.head]?.started) continue;
      if (!best || stream.served < best.served) best = stream;
    }
    return best;
  }

  #remove(stream: OutboundStream): void {
    if (this.#begun === stream) this.#begun = undefined;
    stream.head += 1;
    if (stream.head === stream.waiting.length) {
      stream.waiting.length = 0;
      stream.head = 0;
      this.#active.delete(stream);
    } else if (stream.head >= 1024) {
      stream.waiting.splice(0, stream.head);
      stream.head = 0;
    }
  }

  #number(stream: OutboundStream, unordered: boolean): number {
    if (!this.#interleaved) {
      if (unordered) return 0; // RFC 9260 §6.6: ignored by the receiver
      const id = stream.nextOrderedId;
      stream.nextOrderedId = (id + 1) & 0xffff;
      return id;
    }
    const id = unordered ? stream.nextUnorderedId : stream.nextOrderedId;
    if (unordered) stream.nextUnorderedId = (id + 1) >>> 0;
    else stream.nextOrderedId = (id + 1) >>> 0;
    return id;
  }

  #streamOf(id: number): OutboundStream {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = {
        id,
        weight: DEFAULT_WEIGHT,
        served: this.#clock,
        waiting: [],
        head: 0,
        nextOrderedId: 0,
        nextUnorderedId: 0,
        paused: false,
      };
      this.#streams.set(id, stream);
    }
    return stream;
  }
}
