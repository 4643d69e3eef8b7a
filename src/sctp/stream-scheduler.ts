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
  /** Given to `add` and neither cut nor dropped. */
  waitingBytes: number;
  waiting: (OutgoingMessage | undefined)[];
  /** Of `waiting`, before it is nothing: cheaper than shifting. */
  head: number;
  nextOrderedId: number;
  nextUnorderedId: number;
  /** No new message starts: the stream is being reset. RFC 6525 §5.1.2. */
  paused: boolean;
  /** Its buffer has become smaller since the last `takeDrained`. */
  drained: boolean;
}

/** RFC 8831 §6.4 asks for 128 to 1024; WebRTC's default is "low". */
const DEFAULT_WEIGHT = 256;
/** Done messages in front of a queue before they are cut off. */
const MOST_GAPS = 1024;

export class StreamScheduler {
  readonly #interleaved: boolean;
  readonly #streams = new Map<number, OutboundStream>();
  /** Those with something that waits. */
  readonly #active: OutboundStream[] = [];
  #drained: OutboundStream[] = [];
  /** Without interleaving a message that was begun is finished first. RFC 9260 §6.9. */
  #begun: OutboundStream | undefined;
  /** `served` of whoever was last: who comes back does not make up for the time away. */
  #clock = 0;
  #waitingBytes = 0;
  /** No message that waits expires before. */
  #earliestExpiry: Millis = NEVER;

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

  /** Of one stream, not cut into fragments yet. */
  bufferedBytes(stream: number): number {
    return this.#streams.get(stream)?.waitingBytes ?? 0;
  }

  /** Streams whose buffer has become smaller since the last call. */
  takeDrained(): readonly number[] {
    if (this.#drained.length === 0) return NONE;
    const drained = this.#drained;
    this.#drained = [];
    return drained.map((stream) => {
      stream.drained = false;
      return stream.id;
    });
  }

  setWeight(stream: number, weight: number): void {
    this.#streamOf(stream).weight = weight;
  }

  add(message: OutgoingMessage): void {
    const stream = this.#streamOf(message.stream);
    const wasIdle = stream.head === stream.waiting.length;
    const bytes = message.payload.length;
    stream.waiting.push(message);
    stream.waitingBytes += bytes;
    this.#waitingBytes += bytes;
    if (message.expiresAt < this.#earliestExpiry) this.#earliestExpiry = message.expiresAt;
    if (!wasIdle) return;
    this.#active.push(stream);
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
    this.#shrink(stream, bytes);
    stream.served += bytes / stream.weight;
    this.#clock = stream.served;
    if (message.isCut) this.#remove(stream);
    else this.#begun = stream;
  }

  /** Takes the rest of this message out of the queue. */
  drop(message: OutgoingMessage): void {
    const stream = this.#streams.get(message.stream);
    const at = stream ? stream.waiting.indexOf(message, stream.head) : -1;
    if (!stream || at < 0) return;
    this.#shrink(stream, message.payload.length - message.cutBytes);
    if (at === stream.head) this.#remove(stream);
    else stream.waiting.splice(at, 1);
  }

  /** Drops the messages that are too old and have not begun. */
  dropExpired(now: Millis): void {
    if (this.#earliestExpiry > now) return;
    this.#earliestExpiry = NEVER;
    for (const stream of [...this.#active]) {
      const kept: OutgoingMessage[] = [];
      for (let i = stream.head; i < stream.waiting.length; i++) {
        const message = stream.waiting[i];
        if (!message) continue;
        if (message.started || message.expiresAt > now) {
          kept.push(message);
          if (!message.started && message.expiresAt < this.#earliestExpiry) {
            this.#earliestExpiry = message.expiresAt;
          }
        } else this.#shrink(stream, message.payload.length);
      }
      stream.waiting = kept;
      stream.head = 0;
      if (kept.length === 0) this.#rest(stream);
    }
  }

  /** When `dropExpired` may have something to do. */
  get earliestExpiry(): Millis {
    return this.#earliestExpiry;
  }

  /** Whether nothing of this stream waits. */
  isIdle(stream: number): boolean {
    const found = this.#streams.get(stream);
    return !found || found.head === found.waiting.length;
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
    for (let i = 0; i < this.#active.length; i++) {
      const stream = this.#active[i];
      // A message that was begun goes on, whatever happens to its stream.
      if (!stream || (stream.paused && !stream.waiting[stream.head]?.started)) continue;
      if (!best || stream.served < best.served) best = stream;
    }
    return best;
  }

  #shrink(stream: OutboundStream, bytes: number): void {
    stream.waitingBytes -= bytes;
    this.#waitingBytes -= bytes;
    if (stream.drained) return;
    stream.drained = true;
    this.#drained.push(stream);
  }

  #remove(stream: OutboundStream): void {
    if (this.#begun === stream) this.#begun = undefined;
    stream.waiting[stream.head] = undefined;
    stream.head += 1;
    if (stream.head === stream.waiting.length) {
      stream.waiting.length = 0;
      stream.head = 0;
      this.#rest(stream);
    } else if (stream.head >= MOST_GAPS && stream.head * 2 >= stream.waiting.length) {
      stream.waiting = stream.waiting.slice(stream.head);
      stream.head = 0;
    }
  }

  /** Nothing of it waits. */
  #rest(stream: OutboundStream): void {
    const at = this.#active.indexOf(stream);
    const last = this.#active.pop();
    if (last && last !== stream) this.#active[at] = last;
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
        waitingBytes: 0,
        waiting: [],
        head: 0,
        nextOrderedId: 0,
        nextUnorderedId: 0,
        paused: false,
        drained: false,
      };
      this.#streams.set(id, stream);
    }
    return stream;
  }
}

const NONE: readonly number[] = [];
