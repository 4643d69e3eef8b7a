/** All clients over TCP and TLS, in total and for each address no more than the limits say. */
import type { Socket } from 'node:net';
import { addressKey } from '../../signaling/index.ts';
import type { Leg, LegId } from '../../turn/index.ts';
import { endsOf, type StreamEnds } from '../front/stream-ends.ts';
import { StreamLeg, type StreamLegHandlers, type StreamLegLimits } from './stream-leg.ts';

export interface StreamLegsLimits extends StreamLegLimits {
  readonly maxLegs: number;
  /** An office of 50 people in rooms of six, each with a leg over TCP and one over TLS to everyone: 500. */
  readonly maxLegsPerAddress: number;
}

export const STREAM_LIMITS: StreamLegsLimits = {
  queueBytes: 2 ** 20,
  idleMs: 30_000,
  /** With a full queue each, 4 GB at the very worst; ordinarily 50 KB each. */
  maxLegs: 4_000,
  maxLegsPerAddress: 1_000,
};

export interface StreamLegsHandlers extends StreamLegHandlers {
  /**
   * Whether somebody else serves this client over TCP; then `closed` follows once. Owns the socket then; else nothing has
   * happened to it.
   */
  giveAway(socket: Socket, ends: StreamEnds): boolean;
}

export class StreamLegs {
  readonly #nextId: () => LegId;
  readonly #limits: StreamLegsLimits;
  readonly #handlers: StreamLegsHandlers;
  #away = 0;
  readonly #legs = new Map<LegId, StreamLeg>();
  readonly #perAddress = new Map<string, number>();
  #refused = 0;
  #droppedByEnded = 0;

  constructor(nextId: () => LegId, limits: StreamLegsLimits, handlers: StreamLegsHandlers) {
    this.#nextId = nextId;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  get count(): number {
    return this.#legs.size + this.#away;
  }

  /** Connections that were one too many. */
  get refused(): number {
    return this.#refused;
  }

  /** Data messages dropped because a client did not read fast enough. */
  get dropped(): number {
    let dropped = this.#droppedByEnded;
    for (const leg of this.#legs.values()) dropped += leg.dropped;
    return dropped;
  }

  /** Takes the socket over, gives it away, or destroys it. */
  accept(socket: Socket, transport: 'tcp' | 'tls'): void {
    const ends = endsOf(socket);
    if (!ends || !this.#mayEnter(ends)) socket.destroy();
    else if (transport === 'tcp' && this.#handlers.giveAway(socket, ends)) {
      this.#away += 1;
      this.#enter(addressKey(ends.client.ip));
    } else this.#keep(socket, transport, ends);
  }

  /** It was given away, and comes back because it wants what only we do. Takes the socket over, or destroys it. */
  takeBack(socket: Socket, ends: StreamEnds): void {
    if (this.#mayEnter(ends)) this.#keep(socket, 'tcp', ends);
    else socket.destroy();
  }

  /** A client from there that was given away is gone. */
  closed(ip: string): void {
    this.#away -= 1;
    this.#leave(addressKey(ip));
  }

  #keep(socket: Socket, transport: 'tcp' | 'tls', ends: StreamEnds): void {
    const address = addressKey(ends.client.ip);
    this.#enter(address);
    const leg: Leg = { id: this.#nextId(), transport, ...ends };
    const streamLeg = new StreamLeg(leg, socket, this.#limits, {
      onMessage: this.#handlers.onMessage,
      onClosed: (gone) => {
        this.#droppedByEnded += streamLeg.dropped;
        this.#legs.delete(gone.id);
        this.#leave(address);
        this.#handlers.onClosed(gone);
      },
    });
    this.#legs.set(leg.id, streamLeg);
  }

  send(leg: Leg, bytes: Uint8Array): void {
    this.#legs.get(leg.id)?.send(bytes);
  }

  setAllocated(leg: Leg, allocated: boolean): void {
    this.#legs.get(leg.id)?.setAllocated(allocated);
  }

  /** For a leg that carries a peer's bytes from now on; it still counts here until it is closed. */
  detach(leg: Leg): ReturnType<StreamLeg['detach']> | undefined {
    return this.#legs.get(leg.id)?.detach();
  }

  destroy(leg: Leg): void {
    this.#legs.get(leg.id)?.destroy();
  }

  destroyAll(): void {
    for (const leg of this.#legs.values()) leg.destroy();
  }

  /** Counts who may not. */
  #mayEnter({ client }: StreamEnds): boolean {
    const neighbours = this.#perAddress.get(addressKey(client.ip)) ?? 0;
    if (this.count < this.#limits.maxLegs && neighbours < this.#limits.maxLegsPerAddress) return true;
    this.#refused += 1;
    return false;
  }

  #enter(address: string): void {
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
  }

  #leave(address: string): void {
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
