/**
 * Moves data between clients and peers in batches, in the slots where it was received: the machine says where to, a header
 * is written in front or left out, and runs of equal packets leave as one. What is not plain data goes to the machine.
 */
import type { Millis, SocketAddress } from '../../../base/index.ts';
import {
  isName,
  KernelMemory,
  NameCache,
  readName,
  SendList,
  sendDatagram,
  wordsOf,
  writeWords,
} from '../../../node/index.ts';
import { type Route, type TurnServer, writeDataIndication } from '../../../turn/index.ts';
import type { ClientGate } from '../client-gate.ts';
import type { BatchTools } from './batch-tools.ts';
import { DatagramLeg } from './datagram-leg.ts';
import type { Listener } from './listener.ts';
import type { RelayDescriptor, RelayDescriptors } from './relay-descriptors.ts';
import { StreamClient } from './stream-client.ts';
import type { StreamOutbox } from './stream-outbox.ts';

/** Of one socket at a time, so that the others have their turn. */
const TAKE_FROM_LISTENER = 64;
const TAKE_FROM_RELAY = 32;
/** Of one run: what UDP_SEGMENT takes, and what the machine counts at once. */
const MAX_RUN_PACKETS = 64;
const MAX_RUN_BYTES = 64_000;
/** Peers that are found without making a string of their address. */
const CACHED_PEERS = 16_384;
const CHANNEL_HEADER_BYTES = 4;
const NAME_BYTES = 32;
/** Answers of one round. The longest message over a stream has 65,556 bytes. */
const COPIES_BYTES = 131_072;

export interface MoverHandlers {
  /** For the machine, on the general way. The bytes are borrowed, here and below. */
  onMessage(leg: DatagramLeg, bytes: Uint8Array): void;
  /** What does not look like whole ChannelData. */
  onOther(leg: DatagramLeg, bytes: Uint8Array): void;
  /** From a client whom another shard answers. */
  onForeign(leg: DatagramLeg, bytes: Uint8Array): void;
  onPeerDatagram(relay: RelayDescriptor, from: SocketAddress, bytes: Uint8Array): void;
  newTransactionId(): Uint8Array;
}

export class PacketMover {
  readonly #tools: BatchTools;
  readonly #machine: TurnServer;
  readonly #relays: RelayDescriptors;
  readonly #listeners: readonly Listener[];
  readonly #outbox: StreamOutbox;
  readonly #handlers: MoverHandlers;
  readonly #toPeer: SendList;
  readonly #peers = new NameCache<SocketAddress>(CACHED_PEERS);
  /** The next slot with data of the same leg. */
  readonly #next: Int32Array;
  readonly #active: DatagramLeg[] = [];
  readonly #name: KernelMemory;
  readonly #copies: KernelMemory;
  #copied = 0;
  readonly #gate: ClientGate;
  /** How often the gate has changed. */
  #gateNumber = 0;
  #cursor = 0;
  #flushes = 0;

  constructor(
    tools: BatchTools,
    machine: TurnServer,
    relays: RelayDescriptors,
    listeners: readonly Listener[],
    gate: ClientGate,
    outbox: StreamOutbox,
    handlers: MoverHandlers,
  ) {
    this.#tools = tools;
    this.#machine = machine;
    this.#relays = relays;
    this.#listeners = listeners;
    this.#gate = gate;
    this.#outbox = outbox;
    this.#handlers = handlers;
    this.#next = new Int32Array(tools.slots.count);
    this.#toPeer = new SendList(tools.kernel, tools.segmentation, tools.peerCounts, MAX_RUN_PACKETS);
    this.#name = new KernelMemory(tools.kernel, NAME_BYTES);
    this.#copies = new KernelMemory(tools.kernel, COPIES_BYTES);
  }

  /** Another number after each `flush`. */
  get round(): number {
    return this.#flushes;
  }

  /** Takes what waits at a listening socket, at most a batch. Returns how many datagrams. */
  readListener(now: Millis, listener: Listener): number {
    const { slots, counts } = this.#tools;
    const first = this.#reserve(TAKE_FROM_LISTENER);
    const got = slots.receive(listener.fd, first, TAKE_FROM_LISTENER);
    this.#cursor = first + got;
    counts.received += got;
    const { u8 } = slots.memory;
    for (let slot = first; slot < first + got; slot++) {
      const leg = listener.legOf(slots, slot);
      if (!this.#admits(leg)) continue;
      if (leg.shard !== undefined) this.#handlers.onForeign(leg, slots.bytesOf(slot));
      else if (isWholeChannelData(u8, slots.dataAt(slot), slots.lengthOf(slot))) this.#chain(leg, slot);
      else this.#handlers.onOther(leg, slots.bytesOf(slot));
    }
    for (let i = 0; i < this.#active.length; i++) {
      const leg = this.#active[i];
      if (leg) this.#fromClient(now, leg);
    }
    this.#active.length = 0;
    return got;
  }

  /** Takes what waits at a relay, at most a batch. Returns how many datagrams. */
  readRelay(now: Millis, relay: RelayDescriptor): number {
    const { slots } = this.#tools;
    const first = this.#reserve(TAKE_FROM_RELAY);
    const most = this.#mostOf(relay);
    const got = slots.receive(relay.fd, first, most);
    relay.comesInBursts = most > 1 ? got > 1 : relay.comesInBursts;
    this.#cursor = first + got;
    const end = first + got;
    for (let slot = first; slot < end; ) {
      const from = this.#sender(relay, slot);
      const size = slots.lengthOf(slot);
      let bytes = size;
      let last = size;
      let after = slot + 1;
      while (after < end && last === size && this.#isFrom(relay, after)) {
        last = slots.lengthOf(after);
        if (last > size || bytes + last > MAX_RUN_BYTES) break;
        bytes += last;
        after += 1;
      }
      const packets = after - slot;
      for (let i = slot; i < after - 1; i++) this.#next[i] = i + 1;
      const route = this.#machine.routePeerData(now, relay.id, from, packets, bytes, relay.memo);
      if (route?.kind === 'client') this.#moveToClient(route, slot, packets, 0);
      else if (!route) {
        for (let i = slot; i < after; i++) this.#handlers.onPeerDatagram(relay, from, slots.bytesOf(i));
      }
      slot = after;
    }
    return got;
  }

  /**
   * Looking for a second datagram costs a third of taking the first. Voice comes one by one, video in bursts: who was
   * read a moment ago and is ready again had more.
   */
  #mostOf(relay: RelayDescriptor): number {
    if (this.#flushes - relay.readAt <= 2) relay.comesInBursts = true;
    relay.readAt = this.#flushes;
    return relay.comesInBursts ? TAKE_FROM_RELAY : 1;
  }

  /** Something has failed in the middle of a batch: what is left of it is lost. */
  abandon(): void {
    for (const leg of this.#active) leg.head = -1;
    this.#active.length = 0;
    this.flush();
  }

  /** The gate has changed. */
  judgeAnew(): void {
    this.#gateNumber += 1;
  }

  /**
   * What the machine has made for a client: leaves with the next `flush`, together with all else, so that a reader is
   * woken once. Copied. `false`: too long for that.
   */
  toClient(leg: DatagramLeg | StreamClient, bytes: Uint8Array): boolean {
    if (bytes.length > COPIES_BYTES) return false;
    if (this.#copied + bytes.length > COPIES_BYTES) this.sendNow();
    const at = this.#copied;
    this.#copied += bytes.length;
    this.#copies.u8.set(bytes, at);
    if (leg instanceof StreamClient) this.#outbox.add(leg, this.#copies, at, bytes.length);
    else {
      const { out, fd } = leg.listener;
      if (out.room === 0) out.flush(fd);
      out.add(leg.words, this.#copies.address + at, bytes.length);
    }
    return true;
  }

  /** Sends what is gathered. After it the slots are free: not in the middle of a batch. */
  flush(): void {
    this.sendNow();
    this.#cursor = 0;
    this.#flushes += 1;
  }

  /** Sends what is gathered; good at any time. */
  sendNow(): void {
    for (const { out, fd } of this.#listeners) out.flush(fd);
    this.#outbox.flush();
    this.#copied = 0;
  }

  /** The first of so many free slots. */
  #reserve(slots: number): number {
    if (this.#cursor + slots > this.#tools.slots.count) this.flush();
    return this.#cursor;
  }

  #chain(leg: DatagramLeg, slot: number): void {
    this.#next[slot] = -1;
    if (leg.head < 0) {
      leg.head = slot;
      this.#active.push(leg);
    } else this.#next[leg.tail] = slot;
    leg.tail = slot;
  }

  /** The chain of a leg, run by run: one channel, equal lengths, the last may be shorter. */
  #fromClient(now: Millis, leg: DatagramLeg): void {
    const { slots } = this.#tools;
    const { u8 } = slots.memory;
    let slot = leg.head;
    leg.head = -1;
    while (slot >= 0) {
      const at = slots.dataAt(slot);
      const channel = u16(u8, at);
      const size = u16(u8, at + 2);
      let packets = 1;
      let bytes = size;
      let last = size;
      let after = this.#next[slot] ?? -1;
      while (after >= 0 && last === size && packets < MAX_RUN_PACKETS) {
        const next = slots.dataAt(after);
        const length = u16(u8, next + 2);
        if (u16(u8, next) !== channel || length > size || bytes + length > MAX_RUN_BYTES) break;
        last = length;
        packets += 1;
        bytes += length;
        after = this.#next[after] ?? -1;
      }
      const route = this.#machine.routeChannelData(now, leg, channel, packets, bytes, leg.memo);
      if (!route) this.#generally(leg, slot, packets);
      else if (route.kind === 'peer') this.#moveToPeer(leg, route, slot, packets);
      else if (route.kind === 'client') this.#moveToClient(route, slot, packets, CHANNEL_HEADER_BYTES);
      slot = after;
    }
  }

  #generally(leg: DatagramLeg, first: number, packets: number): void {
    let slot = first;
    for (let i = 0; i < packets; i++) {
      this.#handlers.onMessage(leg, this.#tools.slots.bytesOf(slot));
      slot = this.#next[slot] ?? -1;
    }
  }

  #moveToPeer(leg: DatagramLeg, route: Route & { kind: 'peer' }, first: number, packets: number): void {
    if (leg.route !== route) {
      leg.route = route;
      leg.relay = this.#relays.get(route.relay);
    }
    const { relay } = leg;
    if (!relay || relay.fd < 0) return;
    const { slots, kernel, peerCounts } = this.#tools;
    const { u8, address } = slots.memory;
    const words = this.#relays.wordsTo(relay, route.to);
    if (packets === 1) {
      const at = slots.dataAt(first);
      const nameLength = writeWords(this.#name, 0, words);
      const length = u16(u8, at + 2);
      const data = address + at + CHANNEL_HEADER_BYTES;
      const sent = sendDatagram(kernel, relay.fd, data, length, this.#name.address, nameLength);
      if (sent) peerCounts.sent += 1;
      else peerCounts.sendFailed += 1;
      return;
    }
    let slot = first;
    for (let i = 0; i < packets; i++) {
      const at = slots.dataAt(slot);
      this.#toPeer.add(words, address + at + CHANNEL_HEADER_BYTES, u16(u8, at + 2));
      slot = this.#next[slot] ?? -1;
    }
    this.#toPeer.flush(relay.fd);
  }

  /** `offset`: of the payload in each slot; ChannelData says how long it is, a peer's datagram is all of it. */
  #moveToClient(
    { leg, channel, from }: Route & { kind: 'client' },
    first: number,
    packets: number,
    offset: number,
  ): void {
    const { slots } = this.#tools;
    const { u8, address } = slots.memory;
    if (leg instanceof DatagramLeg && leg.listener.out.room < packets) {
      leg.listener.out.flush(leg.listener.fd);
    }
    let slot = first;
    for (let i = 0; i < packets; i++) {
      const at = slots.dataAt(slot) + offset;
      const length = offset === 0 ? slots.lengthOf(slot) : u16(u8, at - 2);
      let start = at - CHANNEL_HEADER_BYTES;
      let end = at + length;
      if (channel === 0) {
        start = writeDataIndication(u8, at, length, from, this.#handlers.newTransactionId());
        end = padded(end);
      } else {
        u8[at - 4] = channel >> 8;
        u8[at - 3] = channel;
        u8[at - 2] = length >> 8;
        u8[at - 1] = length;
      }
      if (leg instanceof DatagramLeg) leg.listener.out.add(leg.words, address + start, end - start);
      else if (leg instanceof StreamClient) {
        // RFC 8656 §12.5: over a stream to a multiple of four. Zeros, since something of others lies there.
        u8.fill(0, end, padded(end));
        this.#outbox.add(leg, slots.memory, start, padded(end) - start);
      }
      slot = this.#next[slot] ?? -1;
    }
  }

  #admits(leg: DatagramLeg): boolean {
    if (leg.judgedBy === this.#gateNumber && leg.welcome) return true;
    leg.judgedBy = this.#gateNumber;
    // Asked again for each datagram of who is not welcome: the gate counts them.
    leg.welcome = this.#gate.admits(leg.client.ip);
    return leg.welcome;
  }

  /** Who sent what is in this slot. */
  #sender(relay: RelayDescriptor, slot: number): SocketAddress {
    const { slots } = this.#tools;
    if (relay.from && this.#isFrom(relay, slot)) return relay.from;
    const { memory } = slots;
    const at = slots.nameAt(slot);
    let from = this.#peers.get(memory, at);
    if (!from) {
      from = readName(memory, at);
      this.#peers.set(memory, at, from);
    }
    relay.from = from;
    relay.fromWords = wordsOf(memory, at);
    return from;
  }

  #isFrom(relay: RelayDescriptor, slot: number): boolean {
    const { slots } = this.#tools;
    return relay.fromWords !== undefined && isName(relay.fromWords, slots.memory, slots.nameAt(slot));
  }
}

function isWholeChannelData(u8: Uint8Array, at: number, length: number): boolean {
  return (
    ((u8[at] ?? 0) & 0xc0) === 0x40 &&
    length >= CHANNEL_HEADER_BYTES &&
    u16(u8, at + 2) + CHANNEL_HEADER_BYTES <= length
  );
}

/** Data in a slot begins at a multiple of four. */
function padded(end: number): number {
  return (end + 3) & ~3;
}

function u16(u8: Uint8Array, at: number): number {
  return ((u8[at] ?? 0) << 8) | (u8[at + 1] ?? 0);
}
