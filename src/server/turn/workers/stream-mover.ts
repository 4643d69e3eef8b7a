/**
 * Takes what TCP clients send and moves it in batches: frames are cut where they lie, runs of equal ones leave as one. What
 * is not plain data goes to the machine. RFC 8656 §12.5; docs/adr/0008.
 */
import type { Millis } from '../../../base/index.ts';
import { KernelMemory, SendList, sendDatagram, TcpStreams, writeWords } from '../../../node/index.ts';
import { frameLength } from '../../../stun/index.ts';
import { type Route, type TurnServer, writeDataIndication } from '../../../turn/index.ts';
import type { BatchTools } from './batch-tools.ts';
import { DatagramLeg } from './datagram-leg.ts';
import type { PacketMover } from './packet-mover.ts';
import type { RelayDescriptors } from './relay-descriptors.ts';
import { StreamClient } from './stream-client.ts';
import type { StreamOutbox } from './stream-outbox.ts';

/** Of one client at a time, so that the others have their turn. */
const TAKE_BYTES = 65_536;
/** The longest frame, which may be there but for its last byte: 20 header + 65,535 length, rounded up to four. */
const MOST_REST_BYTES = 65_556;
/** What is read in one round before some of it has to leave. Pages that are never touched cost nothing. */
const INBOX_BYTES = 8 * (TAKE_BYTES + MOST_REST_BYTES);
/** What another thread has read of it and not answered: a chunk of Node's, or what was left of ours. */
const MOST_HEARD_BYTES = 4 * (TAKE_BYTES + MOST_REST_BYTES);
/** Of one run: what UDP_SEGMENT takes, and what the machine counts at once. */
const MAX_RUN_PACKETS = 64;
const MAX_RUN_BYTES = 64_000;
const CHANNEL_HEADER_BYTES = 4;
const MAIN_SHARD = 0;
const NAME_BYTES = 32;
/** Header, XOR-PEER-ADDRESS for IPv6 and the DATA header in front of the data, padding behind. */
const INDICATION_HEADROOM_BYTES = 48;

type ToClient = Route & { readonly kind: 'client' };

export interface StreamMoverHandlers {
  /** For the machine, on the general way. Borrowed. */
  onMessage(client: StreamClient, bytes: Uint8Array): void;
  /** Before a STUN message is given to the machine. `true`: it, and all that follows, is for the main thread. */
  isForMain(client: StreamClient, bytes: Uint8Array): boolean;
  /** With what it has said from that message on, borrowed. `shard`: 0 is the main thread. */
  onMoves(client: StreamClient, shard: number, bytes: Uint8Array): void;
  /** The connection is over. */
  onEnded(client: StreamClient): void;
  newTransactionId(): Uint8Array;
}

export class StreamMover {
  readonly #tools: BatchTools;
  readonly #machine: TurnServer;
  readonly #relays: RelayDescriptors;
  readonly #mover: PacketMover;
  readonly #outbox: StreamOutbox;
  readonly #streams: TcpStreams;
  readonly #idleMs: Millis;
  readonly #handlers: StreamMoverHandlers;
  readonly #toPeer: SendList;
  readonly #inbox: KernelMemory;
  readonly #name: KernelMemory;
  #cursor = 0;
  #round = -1;

  constructor(
    tools: BatchTools,
    machine: TurnServer,
    relays: RelayDescriptors,
    mover: PacketMover,
    outbox: StreamOutbox,
    idleMs: Millis,
    handlers: StreamMoverHandlers,
  ) {
    this.#tools = tools;
    this.#machine = machine;
    this.#relays = relays;
    this.#mover = mover;
    this.#outbox = outbox;
    this.#streams = new TcpStreams(tools.kernel);
    this.#idleMs = idleMs;
    this.#handlers = handlers;
    this.#toPeer = new SendList(tools.kernel, tools.segmentation, tools.peerCounts, MAX_RUN_PACKETS);
    this.#inbox = new KernelMemory(tools.kernel, INBOX_BYTES);
    this.#name = new KernelMemory(tools.kernel, NAME_BYTES);
  }

  /** Takes what waits, at most 64 KiB. Returns how many frames. */
  read(now: Millis, client: StreamClient): number {
    const kept = client.rest?.length ?? 0;
    const start = this.#begin(client);
    const got = this.#streams.receive(client.fd, this.#inbox.address + start + kept, TAKE_BYTES);
    if (got < 0) {
      this.#handlers.onEnded(client);
      return 0;
    }
    return got === 0 ? 0 : this.#move(now, client, start, start + kept + got);
  }

  /** `bytes` that somebody else has read from it, before all that will come; borrowed. Ends who has said more than anybody reads. */
  hear(now: Millis, client: StreamClient, bytes: Uint8Array): void {
    if (bytes.length > MOST_HEARD_BYTES) {
      this.#handlers.onEnded(client);
      return;
    }
    const kept = client.rest?.length ?? 0;
    const start = this.#begin(client, bytes.length);
    this.#inbox.u8.set(bytes, start + kept);
    this.#move(now, client, start, start + kept + bytes.length);
  }

  /** What had come before it was not listened to any more. */
  goOn(now: Millis, client: StreamClient): void {
    if (!client.rest) return;
    const kept = client.rest.length;
    const start = this.#begin(client);
    this.#move(now, client, start, start + kept);
  }

  /** Puts in place what is left from before; what comes belongs behind it. Returns where it begins. */
  #begin({ rest }: StreamClient, room = TAKE_BYTES): number {
    if (this.#round !== this.#mover.round) this.#cursor = 0;
    const kept = rest?.length ?? 0;
    if (this.#cursor + kept + room > INBOX_BYTES) {
      this.#mover.flush();
      this.#cursor = 0;
    }
    this.#round = this.#mover.round;
    const start = this.#cursor;
    if (rest) this.#inbox.u8.set(rest, start);
    return start;
  }

  #move(now: Millis, client: StreamClient, start: number, end: number): number {
    this.#cursor = (end + 7) & ~7;
    client.rest = undefined;
    const { u8 } = this.#inbox;
    let at = start;
    let frames = 0;
    while (at < end && client.fd >= 0 && !client.deaf) {
      const size = frameLength(u8, at, end);
      if (size === 'not-stun') {
        this.#handlers.onEnded(client);
        return frames;
      }
      if (size === undefined || at + size > end) break;
      client.idleAt = now + this.#idleMs;
      frames += 1;
      if ((u8[at] ?? 0) >= 0x40) at = this.#moveRun(now, client, at, size, end);
      else if (this.#handlers.isForMain(client, u8.subarray(at, at + size))) {
        this.#handlers.onMoves(client, MAIN_SHARD, u8.subarray(at, end));
        return frames;
      } else {
        this.#handlers.onMessage(client, u8.subarray(at, at + size));
        if (client.movesTo) {
          this.#handlers.onMoves(client, client.movesTo.shard, u8.subarray(at, end));
          return frames;
        }
        at += size;
      }
    }
    if (at < end && client.fd >= 0) client.rest = u8.slice(at, end);
    return frames;
  }

  /** ChannelData of one channel, equal lengths, the last may be shorter; `size`: of the first, with header and padding. Returns where it ends. */
  #moveRun(now: Millis, client: StreamClient, first: number, size: number, end: number): number {
    const { u8 } = this.#inbox;
    const channel = u16(u8, first);
    const length = u16(u8, first + 2);
    let packets = 1;
    let bytes = length;
    let last = length;
    let after = first + size;
    while (after + CHANNEL_HEADER_BYTES <= end && last === length && packets < MAX_RUN_PACKETS) {
      const next = u16(u8, after + 2);
      if (u16(u8, after) !== channel || next > length || bytes + next > MAX_RUN_BYTES) break;
      const nextEnd = after + paddedFrame(next);
      if (nextEnd > end) break;
      last = next;
      packets += 1;
      bytes += next;
      after = nextEnd;
    }
    const route = this.#machine.routeChannelData(now, client, channel, packets, bytes, client.memo);
    if (!route) this.#generally(client, first, packets);
    else if (route.kind === 'peer') this.#moveToPeer(client, route, first, packets);
    else if (route.kind === 'client') this.#moveToClient(route, first, packets);
    return after;
  }

  #generally(client: StreamClient, first: number, packets: number): void {
    const { u8 } = this.#inbox;
    let at = first;
    for (let i = 0; i < packets && client.fd >= 0; i++) {
      const size = paddedFrame(u16(u8, at + 2));
      this.#handlers.onMessage(client, u8.subarray(at, at + size));
      at += size;
    }
  }

  #moveToPeer(client: StreamClient, route: Route & { kind: 'peer' }, first: number, packets: number): void {
    if (client.route !== route) {
      client.route = route;
      client.relay = this.#relays.get(route.relay);
    }
    const { relay } = client;
    if (!relay || relay.fd < 0) return;
    const { kernel, peerCounts } = this.#tools;
    const { u8, address } = this.#inbox;
    const words = this.#relays.wordsTo(relay, route.to);
    if (packets === 1) {
      const nameLength = writeWords(this.#name, 0, words);
      const data = address + first + CHANNEL_HEADER_BYTES;
      const sent = sendDatagram(kernel, relay.fd, data, u16(u8, first + 2), this.#name.address, nameLength);
      if (sent) peerCounts.sent += 1;
      else peerCounts.sendFailed += 1;
      return;
    }
    let at = first;
    for (let i = 0; i < packets; i++) {
      const length = u16(u8, at + 2);
      this.#toPeer.add(words, address + at + CHANNEL_HEADER_BYTES, length);
      at += paddedFrame(length);
    }
    this.#toPeer.flush(relay.fd);
  }

  /** To another client of ours: with a header of its own, in the place of the old one. */
  #moveToClient(route: ToClient, first: number, packets: number): void {
    const { leg, channel } = route;
    const { u8, address } = this.#inbox;
    let at = first;
    for (let i = 0; i < packets; i++) {
      const length = u16(u8, at + 2);
      const size = paddedFrame(length);
      if (channel === 0) this.#indicate(route, at + CHANNEL_HEADER_BYTES, length);
      else {
        u8[at] = channel >> 8;
        u8[at + 1] = channel;
        if (leg instanceof StreamClient) this.#outbox.add(leg, this.#inbox, at, size);
        else if (leg instanceof DatagramLeg) {
          const { out, fd } = leg.listener;
          if (out.room === 0) out.flush(fd);
          out.add(leg.words, address + at, length + CHANNEL_HEADER_BYTES);
        }
      }
      at += size;
    }
  }

  /** There is no room in front of the data: other data lies there. */
  #indicate({ leg, from }: ToClient, at: number, length: number): void {
    if (!(leg instanceof StreamClient) && !(leg instanceof DatagramLeg)) return;
    const end = INDICATION_HEADROOM_BYTES + length;
    const bytes = new Uint8Array((end + 3) & ~3);
    bytes.set(this.#inbox.u8.subarray(at, at + length), INDICATION_HEADROOM_BYTES);
    const id = this.#handlers.newTransactionId();
    const start = writeDataIndication(bytes, INDICATION_HEADROOM_BYTES, length, from, id);
    this.#mover.toClient(leg, bytes.subarray(start));
  }
}

function paddedFrame(length: number): number {
  return CHANNEL_HEADER_BYTES + ((length + 3) & ~3);
}

function u16(u8: Uint8Array, at: number): number {
  return ((u8[at] ?? 0) << 8) | (u8[at + 1] ?? 0);
}
