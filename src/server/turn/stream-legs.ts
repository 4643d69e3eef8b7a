/** All clients over TCP and TLS, in total and for each address no more than the limits say. */
import type { Socket } from 'node:net';
import { addressKey } from '../../signaling/index.ts';
import type { Leg, LegId } from '../../turn/index.ts';
import { endsOf } from '../front/stream-ends.ts';
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

export class StreamLegs {
  readonly #nextId: () => LegId;
  readonly #limits: StreamLegsLimits;
  readonly #handlers: StreamLegHandlers;
  readonly #legs = new Map<LegId, StreamLeg>();
  readonly #perAddress = new Map<string, number>();
  #refused = 0;
  #droppedByEnded = 0;

  constructor(nextId: () => LegId, limits: StreamLegsLimits, handlers: StreamLegHandlers) {
    this.#nextId = nextId;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  get count(): number {
    return this.#legs.size;
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

  /** Takes the socket over, or destroys it. */
  accept(socket: Socket, transport: 'tcp' | 'tls'): void {
    const ends = endsOf(socket);
    if (!ends) {
      socket.destroy();
      return;
    }
    const address = addressKey(ends.client.ip);
    const neighbours = this.#perAddress.get(address) ?? 0;
    if (this.#legs.size >= this.#limits.maxLegs || neighbours >= this.#limits.maxLegsPerAddress) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, neighbours + 1);
    const leg: Leg = { id: this.#nextId(), transport, ...ends };
    const streamLeg = new StreamLeg(leg, socket, this.#limits, {
      onMessage: this.#handlers.onMessage,
      onClosed: (gone) => {
        this.#droppedByEnded += streamLeg.dropped;
        this.#forget(gone.id, address);
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

  #forget(id: LegId, address: string): void {
    this.#legs.delete(id);
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
