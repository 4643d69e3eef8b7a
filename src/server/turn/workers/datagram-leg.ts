/** A UDP client of a worker: the leg, and what moving its packets in batches needs at hand. */
import type { SocketAddress } from '../../../base/index.ts';
import type { NameWords, SendList } from '../../../node/index.ts';
import { type Leg, type LegId, type Route, RouteMemo } from '../../../turn/index.ts';
import type { RelayDescriptor } from './relay-descriptors.ts';

/** The socket that it came by. */
export interface ClientSocket {
  /** −1 once it is closed. */
  readonly fd: number;
  readonly local: SocketAddress;
  /** What is on its way to clients. */
  readonly out: SendList;
}

export class DatagramLeg implements Leg {
  readonly id: LegId;
  readonly transport = 'udp';
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  readonly listener: ClientSocket;
  /** Of the client. Always this object: runs are told by it. */
  readonly words: NameWords;
  /** Whether the client is listened to, as judged by the access list of that number. */
  welcome = false;
  judgedBy = -1;
  /** The other shard that answers this client. */
  shard: number | undefined;
  readonly memo = new RouteMemo();
  /** Where `route` leads. */
  route: Route | undefined;
  relay: RelayDescriptor | undefined;
  /** The slots of this leg's data in the batch at hand: first and last, −1 when there is none. */
  head = -1;
  tail = -1;

  constructor(id: LegId, client: SocketAddress, listener: ClientSocket, words: NameWords) {
    this.id = id;
    this.client = client;
    this.server = listener.local;
    this.listener = listener;
    this.words = words;
  }
}

/** As it can be told to another thread. */
export function plain({ id, transport, client, server }: Leg): Leg {
  return { id, transport, client, server };
}
