/**
 * One direction of one cable: how long packets take, how many fit, and what becomes of those that come to harm.
 * Packets arrive in the order in which they left, unless `reorderFraction` says otherwise. All chance is the world's.
 */
import { familyOf, type Millis, type SeededRandom } from '../base/index.ts';
import { type Loss, LossModel } from './loss.ts';
import { type Packet, packetBytes, packetTooBig } from './packet.ts';
import type { Fate } from './packet-log.ts';
import type { Trap } from './trap.ts';
import type { World } from './world.ts';

export interface LinkOptions {
  readonly latencyMs: Millis;
  /** Up to so much more, uniform. Whoever is late holds up those behind it. */
  readonly jitterMs: Millis;
  /** Of whole packets, headers included. */
  readonly bitsPerSecond: number;
  /** What may wait for its turn on a link of limited rate; a packet that does not fit is lost. */
  readonly queueBytes: number;
  /** Longer packets are lost: nothing is fragmented here. */
  readonly mtuBytes: number;
  readonly loss: Loss;
  /** Fractions of packets, 0 … 1. */
  readonly duplicateFraction: number;
  /** These come up to `reorderMs` later, and hold up nobody. */
  readonly reorderFraction: number;
  readonly reorderMs: Millis;
  /** One bit of the payload is turned over. TCP discards such a segment for its checksum; a datagram is delivered. */
  readonly corruptFraction: number;
  readonly trap: Trap;
}

export const DEFAULT_LINK: LinkOptions = {
  latencyMs: 10,
  jitterMs: 0,
  bitsPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: 256 * 1024,
  mtuBytes: 1500,
  loss: 0,
  duplicateFraction: 0,
  reorderFraction: 0,
  reorderMs: 50,
  corruptFraction: 0,
  trap: () => false,
};

/** Loopback carries what no cable does. */
export const LOOPBACK_MTU_BYTES = 65_575;

export class Link {
  readonly name: string;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #deliver: (packet: Packet) => void;
  readonly #sendBack: (packet: Packet) => void;
  #options: LinkOptions;
  #loss: LossModel;
  /** When the last bit of what waits will have left. */
  #busyUntil: Millis = 0;
  #lastArrival: Millis = 0;

  /** `sendBack`: for what the link has to say to the sender of a packet. */
  constructor(
    world: World,
    name: string,
    options: Partial<LinkOptions>,
    deliver: (packet: Packet) => void,
    sendBack: (packet: Packet) => void,
  ) {
    this.name = name;
    this.#world = world;
    this.#random = world.newRandom();
    this.#deliver = deliver;
    this.#sendBack = sendBack;
    this.#options = { ...DEFAULT_LINK, ...options };
    this.#loss = new LossModel(this.#options.loss, this.#random);
  }

  get options(): LinkOptions {
    return this.#options;
  }

  /** For packets that come from now on; those under way are not touched. */
  change(options: Partial<LinkOptions>): void {
    this.#options = { ...this.#options, ...options };
    if (options.loss !== undefined) this.#loss = new LossModel(options.loss, this.#random);
  }

  carry(packet: Packet): void {
    const { trap, mtuBytes } = this.#options;
    if (trap(packet)) this.#end(packet, 'trapped');
    else if (packetBytes(packet) > mtuBytes) this.#refuse(packet);
    else {
      const leavesAt = this.#leave(packetBytes(packet));
      if (leavesAt === undefined) this.#end(packet, 'queue-full');
      else if (this.#loss.loses()) this.#end(packet, 'lost');
      else this.#pass(packet, leavesAt);
    }
  }

  #refuse(packet: Packet): void {
    this.#end(packet, 'too-long');
    // RFC 8200 §5: in IPv6 nobody on the way fragments, so the sender always has to know.
    const tells = packet.protocol === 'udp' && (packet.dontFragment || familyOf(packet.to.ip) === 6);
    if (!tells) return;
    const answer = packetTooBig(packet, this.#options.mtuBytes);
    this.#world.after(0, () => this.#sendBack(answer));
  }

  /** When the last bit has left; `undefined` when the queue is full. */
  #leave(bytes: number): Millis | undefined {
    const { bitsPerSecond, queueBytes } = this.#options;
    const { now } = this.#world;
    if (bitsPerSecond === Number.POSITIVE_INFINITY) return now;
    const waitingBytes = (Math.max(0, this.#busyUntil - now) * bitsPerSecond) / 8000;
    if (waitingBytes + bytes > queueBytes) return undefined;
    this.#busyUntil = Math.max(now, this.#busyUntil) + (bytes * 8000) / bitsPerSecond;
    return this.#busyUntil;
  }

  /** What is not lost may still come to harm. */
  #pass(packet: Packet, leavesAt: Millis): void {
    const { corruptFraction, duplicateFraction } = this.#options;
    const corrupt = this.#chance(corruptFraction) && packet.payload.length > 0;
    if (corrupt && packet.protocol !== 'udp') {
      this.#end(packet, 'corrupted');
      return;
    }
    const carried = corrupt ? this.#damaged(packet) : packet;
    this.#arrive(carried, leavesAt);
    if (this.#chance(duplicateFraction)) this.#arrive(copyOf(carried), leavesAt);
  }

  #arrive(packet: Packet, leavesAt: Millis): void {
    const { latencyMs, jitterMs, reorderFraction, reorderMs } = this.#options;
    const straggles = this.#chance(reorderFraction);
    const jitter = jitterMs > 0 ? this.#random.fraction() * jitterMs : 0;
    let at = leavesAt + latencyMs + jitter;
    if (straggles) at += this.#random.fraction() * reorderMs;
    else {
      at = Math.max(at, this.#lastArrival);
      this.#lastArrival = at;
    }
    this.#world.at(at, () => this.#deliver(packet));
  }

  #damaged(packet: Packet): Packet {
    const payload = packet.payload.slice();
    const bit = this.#random.uint32() % (payload.length * 8);
    payload[bit >> 3] = (payload[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return { ...packet, payload };
  }

  /** Draws only where there is something to decide: options that are off change no story. */
  #chance(fraction: number): boolean {
    return fraction > 0 && this.#random.fraction() < fraction;
  }

  #end(packet: Packet, fate: Fate): void {
    this.#world.log.add({ at: this.#world.now, where: this.name, fate, packet });
  }
}

/** Receivers own what they get, so two of them must not share bytes. */
function copyOf(packet: Packet): Packet {
  return { ...packet, payload: packet.payload.slice() };
}
