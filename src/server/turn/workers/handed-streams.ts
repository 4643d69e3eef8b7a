/**
 * TCP clients on their way from the main thread, which has accepted them and knows what they speak, to the workers: the
 * descriptor is doubled, so that Node may close its own. Counts who is where. docs/adr/0008.
 */
import { Socket } from 'node:net';
import { type Kernel, plainBytes, TcpStreams } from '../../../node/index.ts';
import { type StreamEnds, tellClient } from '../../front/stream-ends.ts';
import { DescriptorBoard } from './descriptor-board.ts';
import type { RelayHand } from './relay-hand.ts';
import type { ReturnedStream } from './worker-messages.ts';

export class HandedStreams {
  readonly #kernel: Kernel;
  readonly #streams: TcpStreams;
  readonly #hands: readonly RelayHand[];
  readonly #onClosed: (ip: string) => void;
  /** For each worker, how many clients of each address it has. */
  readonly #counts = new Map<RelayHand, Map<string, number>>();

  /** `onClosed`: a client from there is gone. */
  constructor(kernel: Kernel, hands: readonly RelayHand[], onClosed: (ip: string) => void) {
    this.#kernel = kernel;
    this.#streams = new TcpStreams(kernel);
    this.#hands = hands;
    this.#onClosed = onClosed;
  }

  /**
   * Gives it to the worker that has the fewest; `onClosed` follows once. `false`: nobody can take it, and nothing has
   * happened. `socket`: paused, with what it has said in it.
   */
  give(socket: Socket, { client, server }: StreamEnds): boolean {
    const hand = this.#leastLoaded();
    const own = descriptorOf(socket);
    const fd = hand && own !== undefined ? this.#streams.duplicate(own) : -1;
    if (!hand || fd < 0) return false;
    const heard: Uint8Array | null = socket.read();
    socket.destroy();
    // From here on the worker's end closes it, whether it has heard of it or not.
    new DescriptorBoard(hand.descriptors).add(fd);
    this.#count(hand, client.ip, 1);
    const bytes = heard ? plainBytes(heard) : new Uint8Array(0);
    hand.tell({ type: 'stream', stream: { fd, client, server, heard: bytes, unsent: new Uint8Array(0) } });
    return true;
  }

  /** From one worker to another, which has what it asks for. Without that one it ends. */
  pass(from: RelayHand, { shard, ...stream }: ReturnedStream): void {
    const to = this.#hands.find((hand) => hand.shard === shard);
    if (!to?.runs) {
      this.#kernel.close(stream.fd);
      this.closed(from, [stream.client.ip]);
      return;
    }
    this.#count(from, stream.client.ip, -1);
    this.#count(to, stream.client.ip, 1);
    new DescriptorBoard(to.descriptors).add(stream.fd);
    to.tell({ type: 'stream', stream });
  }

  closed(hand: RelayHand, ips: readonly string[]): void {
    for (const ip of ips) {
      this.#count(hand, ip, -1);
      this.#onClosed(ip);
    }
  }

  /** It wants what no worker does. What it has said is in it again, and nobody reads it yet. */
  takeBack(hand: RelayHand, { fd, client, server, heard, unsent }: ReturnedStream): [Socket, StreamEnds] {
    this.closed(hand, [client.ip]);
    const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    // A load balancer may stand in between.
    tellClient(socket, client);
    if (unsent.length > 0) socket.write(unsent);
    socket.unshift(heard);
    return [socket, { client, server }];
  }

  /** The worker has ended, and its connections with it. */
  forget(hand: RelayHand): void {
    const counts = this.#counts.get(hand);
    this.#counts.delete(hand);
    for (const [ip, count] of counts ?? []) for (let i = 0; i < count; i++) this.#onClosed(ip);
  }

  #leastLoaded(): RelayHand | undefined {
    const running = this.#hands.filter(({ runs }) => runs);
    const load = (hand: RelayHand): number => {
      let sum = 0;
      for (const count of this.#counts.get(hand)?.values() ?? []) sum += count;
      return sum;
    };
    return running.reduce<RelayHand | undefined>(
      (least, hand) => (!least || load(hand) < load(least) ? hand : least),
      undefined,
    );
  }

  #count(hand: RelayHand, ip: string, change: 1 | -1): void {
    const counts = this.#counts.get(hand) ?? new Map<string, number>();
    const count = (counts.get(ip) ?? 0) + change;
    if (count > 0) counts.set(ip, count);
    else counts.delete(ip);
    this.#counts.set(hand, counts);
  }
}

/** Node does not say the number; without it the main thread serves the client. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
