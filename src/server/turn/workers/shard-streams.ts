/**
 * The TCP clients of a worker: taken over from the main thread once they have said what they speak, watched, ended; and
 * given back when they want what only the main thread does (RFC 6062). Moves no data itself. docs/adr/0008.
 */
import { concatBytes, type Millis } from '../../../base/index.ts';
import { type Kernel, type Poller, TcpStreams } from '../../../node/index.ts';
import { decodeMessage } from '../../../stun/index.ts';
import { type Leg, type LegId, TurnAttribute } from '../../../turn/index.ts';
import type { StreamLegLimits } from '../stream-leg.ts';
import { ByteQueue } from './byte-queue.ts';
import type { DescriptorBoard } from './descriptor-board.ts';
import type { SourceTable } from './source-table.ts';
import { StreamClient } from './stream-client.ts';
import type { StreamMover } from './stream-mover.ts';
import { StreamOutbox } from './stream-outbox.ts';
import type { GivenStream, ReturnedStream } from './worker-messages.ts';

const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLLERR = 8;
const EPOLLHUP = 16;

/** Idleness is looked at so often. */
const SWEEP_EVERY_MS = 1_000;

/** Types of requests, as their first two bytes say. RFC 8656 §17, RFC 6062 §6.1. */
const ALLOCATE_REQUEST = 0x0003;
const CONNECTION_BIND_REQUEST = 0x000b;
/** REQUESTED-TRANSPORT. RFC 6062 §4.1. */
const PROTOCOL_TCP = 6;

export interface ShardStreamsOptions {
  readonly kernel: Kernel;
  readonly poller: Poller;
  readonly sources: Pick<SourceTable<StreamClient>, 'reserve' | 'set' | 'free'>;
  readonly board: DescriptorBoard;
  readonly limits: StreamLegLimits;
  readonly nextId: () => LegId;
  /** Its socket is closed. */
  onClosed(client: StreamClient): void;
  onReturned(stream: ReturnedStream): void;
}

export class ShardStreams {
  readonly outbox: StreamOutbox;
  readonly #options: ShardStreamsOptions;
  readonly #clients = new Set<StreamClient>();
  /** Gone, and the machine does not know it yet. */
  #ended: StreamClient[] = [];
  readonly #moving: StreamClient[] = [];
  #sweptAt: Millis = 0;

  constructor(options: ShardStreamsOptions) {
    this.#options = options;
    this.outbox = new StreamOutbox(new TcpStreams(options.kernel), options.limits.queueBytes, {
      onBroken: (client) => this.destroy(client),
      onInterest: (client) => this.#listen(client),
    });
  }

  get count(): number {
    return this.#clients.size;
  }

  /** Owns the descriptor from now on, which is on the board already. `mover` hears what the client has said. */
  add(now: Millis, { fd, client, server, heard, unsent }: GivenStream, mover: StreamMover): void {
    const { kernel, poller, sources, board, limits, nextId } = this.#options;
    const tag = sources.reserve();
    if (!poller.add(fd, EPOLLIN, tag)) {
      sources.free(tag);
      board.remove(fd);
      kernel.close(fd);
      return;
    }
    const queue = new ByteQueue(kernel);
    const stream = new StreamClient(nextId(), fd, tag, client, server, now + limits.idleMs, queue);
    sources.set(tag, stream);
    this.#clients.add(stream);
    if (unsent.length > 0) {
      queue.push(unsent);
      this.outbox.resume(stream);
    }
    mover.hear(now, stream, heard);
  }

  /** `events`: as epoll(7) says them. Returns how many frames came. */
  handleReady(now: Millis, client: StreamClient, events: number, mover: StreamMover): number {
    if ((events & EPOLLOUT) !== 0 && client.fd >= 0) {
      this.outbox.resume(client);
      if (client.fd >= 0 && !client.deaf) mover.goOn(now, client);
    }
    if (client.fd < 0) return 0;
    if (!client.deaf) return mover.read(now, client);
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.destroy(client);
    return 0;
  }

  /** While an allocation lives on it, its lifetime decides, not idleness. */
  setAllocated(now: Millis, client: StreamClient, allocated: boolean): void {
    client.allocated = allocated;
    client.idleAt = now + this.#options.limits.idleMs;
  }

  destroy(client: StreamClient): void {
    if (client.fd < 0) return;
    const { kernel, board } = this.#options;
    const { fd } = client;
    this.#forget(client);
    board.remove(fd);
    kernel.close(fd);
    this.#options.onClosed(client);
  }

  destroyAll(): void {
    for (const client of [...this.#clients]) this.destroy(client);
  }

  /** Ends who has been idle for too long. Cheap enough for every round. */
  sweep(now: Millis): void {
    if (now < this.#sweptAt + SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    for (const client of [...this.#clients]) {
      if (!client.allocated && client.idleAt <= now) this.destroy(client);
    }
  }

  /** Those who are gone, for the machine to be told. */
  takeEnded(): readonly Leg[] {
    if (this.#ended.length === 0) return this.#ended;
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  /** Whether this STUN message, and all that follows, is for the main thread. `bytes`: all of it, borrowed. */
  isForMain(client: StreamClient, bytes: Uint8Array): boolean {
    if (client.allocated) return false;
    const type = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    if (type === CONNECTION_BIND_REQUEST) return true;
    if (type !== ALLOCATE_REQUEST) return false;
    return decodeMessage(bytes)?.get(TurnAttribute.REQUESTED_TRANSPORT)?.[0] === PROTOCOL_TCP;
  }

  /** Another shard answers it from this message on, once the batch at hand is done. Given. */
  willMove(stream: StreamClient, shard: number, bytes: Uint8Array): void {
    stream.movesTo = { shard, bytes };
    this.#moving.push(stream);
  }

  /** Those whose message had to wait for an answer from outside: nothing of theirs is in a batch. */
  moveWaiting(): void {
    if (this.#moving.length === 0) return;
    for (const stream of this.#moving.splice(0)) {
      const { movesTo, rest } = stream;
      if (stream.fd < 0 || !movesTo) continue;
      this.giveBack(stream, movesTo.shard, rest ? concatBytes(movesTo.bytes, rest) : movesTo.bytes);
    }
  }

  /** Everything that it was sent is in its queue or has left. `heard`: what it has said and nobody has answered; copied. */
  giveBack(stream: StreamClient, shard: number, heard: Uint8Array): void {
    const { client, server, fd, queue } = stream;
    const unsent = queue.bytes();
    this.#options.poller.remove(fd);
    this.#forget(stream);
    // From here on the number is the main thread's, as soon as it has heard of it.
    this.#options.board.remove(fd);
    this.#options.onReturned({ shard, fd, client, server, heard: heard.slice(), unsent });
  }

  #forget(client: StreamClient): void {
    this.#clients.delete(client);
    this.#options.sources.free(client.tag);
    client.close();
    client.rest = undefined;
    this.#ended.push(client);
  }

  #listen(client: StreamClient): void {
    if (client.fd < 0) return;
    const events = (client.deaf ? 0 : EPOLLIN) | (client.waits ? EPOLLOUT : 0);
    this.#options.poller.change(client.fd, events, client.tag);
  }
}
