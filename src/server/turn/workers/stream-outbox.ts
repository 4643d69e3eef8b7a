/**
 * What leaves for TCP clients in one round: each client's messages in one call, from where they lie. What the system does
 * not take waits within a bound; beyond it data is dropped, as a full UDP queue would. RFC 8656 §12.5.
 */
import type { KernelMemory, TcpStreams } from '../../../node/index.ts';
import { ANSWER_ROOM_BYTES, isDroppable } from '../stream-leg.ts';
import type { StreamClient } from './stream-client.ts';

/** Messages of one round; beyond it a part leaves sooner. */
const CAPACITY = 2048;

export interface OutboxHandlers {
  /** The connection is over. */
  onBroken(client: StreamClient): void;
  /** `waits` or `deaf` has changed. */
  onInterest(client: StreamClient): void;
}

export class StreamOutbox {
  /** Data messages that found the queue full. */
  dropped = 0;
  readonly #streams: TcpStreams;
  readonly #queueBytes: number;
  readonly #handlers: OutboxHandlers;
  readonly #memories: KernelMemory[] = [];
  readonly #offsets = new Int32Array(CAPACITY);
  readonly #lengths = new Int32Array(CAPACITY);
  /** The next message for the same client. */
  readonly #next = new Int32Array(CAPACITY);
  #used = 0;
  readonly #active: StreamClient[] = [];

  constructor(streams: TcpStreams, queueBytes: number, handlers: OutboxHandlers) {
    this.#streams = streams;
    this.#queueBytes = queueBytes;
    this.#handlers = handlers;
  }

  /** A whole message of `length` bytes at `offset` of `memory`, which stays as it is until `flush`. */
  add(client: StreamClient, memory: KernelMemory, offset: number, length: number): void {
    if (client.fd < 0) return;
    if (client.waits) {
      this.#queue(client, memory, offset, length);
      return;
    }
    if (this.#used === CAPACITY) this.flush();
    const at = this.#used;
    this.#used += 1;
    this.#memories[at] = memory;
    this.#offsets[at] = offset;
    this.#lengths[at] = length;
    this.#next[at] = -1;
    if (client.head < 0) {
      client.head = at;
      this.#active.push(client);
    } else this.#next[client.tail] = at;
    client.tail = at;
  }

  /** After it, what was added may be overwritten. */
  flush(): void {
    if (this.#used === 0) return;
    for (let i = 0; i < this.#active.length; i++) {
      const client = this.#active[i];
      if (client) this.#sendTo(client);
    }
    this.#active.length = 0;
    this.#memories.length = 0;
    this.#used = 0;
  }

  /** The system takes more for this client. */
  resume(client: StreamClient): void {
    const { queue } = client;
    if (queue.length > 0) {
      this.#streams.add(queue.address, queue.length);
      const sent = this.#streams.send(client.fd);
      if (sent < 0) {
        this.#handlers.onBroken(client);
        return;
      }
      queue.take(sent);
    }
    client.waits = queue.length > 0;
    client.deaf &&= this.#owesTooMuch(client);
    this.#handlers.onInterest(client);
  }

  #sendTo(client: StreamClient): void {
    const streams = this.#streams;
    let message = client.head;
    client.head = -1;
    while (message >= 0 && client.fd >= 0 && !client.waits) {
      const first = message;
      let bytes = 0;
      for (; message >= 0 && streams.hasRoom; message = this.#next[message] ?? -1) {
        const length = this.#lengths[message] ?? 0;
        streams.add((this.#memories[message]?.address ?? 0) + (this.#offsets[message] ?? 0), length);
        bytes += length;
      }
      const taken = streams.send(client.fd);
      if (taken < 0) this.#handlers.onBroken(client);
      else if (taken < bytes) this.#keepRest(client, first, message, taken);
    }
    for (; message >= 0 && client.fd >= 0; message = this.#next[message] ?? -1) {
      const memory = this.#memories[message];
      if (memory) this.#queue(client, memory, this.#offsets[message] ?? 0, this.#lengths[message] ?? 0);
    }
  }

  /** Of the messages from `first` to before `end` the system has taken so many bytes. */
  #keepRest(client: StreamClient, first: number, end: number, taken: number): void {
    client.waits = true;
    let left = taken;
    for (let message = first; message !== end; message = this.#next[message] ?? -1) {
      const length = this.#lengths[message] ?? 0;
      const offset = this.#offsets[message] ?? 0;
      const memory = this.#memories[message];
      if (memory && left === 0) this.#queue(client, memory, offset, length);
      // What has begun has to end, or the stream could not be followed.
      else if (memory && left < length) client.queue.push(memory.u8.subarray(offset + left, offset + length));
      left = Math.max(0, left - length);
    }
    this.#handlers.onInterest(client);
  }

  #queue(client: StreamClient, { u8 }: KernelMemory, offset: number, length: number): void {
    const { queue } = client;
    if (queue.length + length > this.#queueBytes && isDroppable(u8[offset] ?? 0, u8[offset + 1] ?? 0)) {
      this.dropped += 1;
      return;
    }
    queue.push(u8.subarray(offset, offset + length));
    if (client.deaf || !this.#owesTooMuch(client)) return;
    client.deaf = true;
    this.#handlers.onInterest(client);
  }

  /** Data has a queue only where there is an allocation; elsewhere all that waits are answers. */
  #owesTooMuch(client: StreamClient): boolean {
    return client.queue.length > (client.allocated ? this.#queueBytes : 0) + ANSWER_ROOM_BYTES;
  }
}
