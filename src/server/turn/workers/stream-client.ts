/** A TCP client of a worker: the leg, and what moving its packets in batches needs at hand. */
import type { Millis, SocketAddress } from '../../../base/index.ts';
import { type Leg, type LegId, type Route, RouteMemo } from '../../../turn/index.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { RelayDescriptor } from './relay-descriptors.ts';

export class StreamClient implements Leg {
  #fd: number;
  readonly kind = 'stream';
  readonly id: LegId;
  readonly transport = 'tcp';
  readonly movable = true;
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  readonly tag: number;
  readonly memo = new RouteMemo();
  /** Where `route` leads. */
  route: Route | undefined;
  relay: RelayDescriptor | undefined;
  allocated = false;
  /** Without allocation it is ended then. */
  idleAt: Millis;
  /** What has come of a frame that is not whole yet, or is not to be read yet. */
  rest: Uint8Array | undefined;
  /** The shard that answers it from this message on. */
  movesTo: { readonly shard: number; readonly bytes: Uint8Array } | undefined;
  /** What the system did not take. */
  readonly queue: ByteQueue;
  /** Whether it is told when the system takes more. */
  waits = false;
  /** It owes so much to hear that it is not listened to. */
  deaf = false;
  /** Its messages in this round: first and last, −1 when there is none. */
  head = -1;
  tail = -1;

  constructor(
    id: LegId,
    fd: number,
    tag: number,
    client: SocketAddress,
    server: SocketAddress,
    idleAt: Millis,
    queue: ByteQueue,
  ) {
    this.id = id;
    this.#fd = fd;
    this.tag = tag;
    this.client = client;
    this.server = server;
    this.idleAt = idleAt;
    this.queue = queue;
  }

  /** −1 once it is closed: the number may belong to another socket then. */
  get fd(): number {
    return this.#fd;
  }

  close(): void {
    this.#fd = -1;
  }
}
