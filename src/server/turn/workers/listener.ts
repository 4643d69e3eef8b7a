/** A UDP socket of a worker that clients send to: one of several on its address, each with a share of the clients. */
import type { SocketAddress } from '../../../base/index.ts';
import { NameCache, type ReceiveSlots, readName, SendList } from '../../../node/index.ts';
import type { LegTable } from '../leg-table.ts';
import type { BatchTools } from './batch-tools.ts';
import type { ClientSocket, DatagramLeg } from './datagram-leg.ts';

/** Clients that are found without making a string of their address. 64 bytes each. */
const CACHED_CLIENTS = 16_384;

export class Listener implements ClientSocket {
  readonly kind = 'listener';
  readonly tag: number;
  readonly local: SocketAddress;
  /** What is on its way to clients. */
  readonly out: SendList;
  #fd: number;
  readonly #legs: LegTable<DatagramLeg>;
  readonly #known = new NameCache<DatagramLeg>(CACHED_CLIENTS);

  /** `fd` belongs to somebody else. */
  constructor(fd: number, tag: number, local: SocketAddress, legs: LegTable<DatagramLeg>, tools: BatchTools) {
    this.#fd = fd;
    this.tag = tag;
    this.local = local;
    this.#legs = legs;
    this.out = new SendList(tools.kernel, tools.segmentation, tools.counts, tools.slots.count);
  }

  /** −1 once it is closed: the number may belong to another socket then. */
  get fd(): number {
    return this.#fd;
  }

  close(): void {
    this.#fd = -1;
  }

  /** Whose datagram this is. */
  legOf(slots: ReceiveSlots, slot: number): DatagramLeg {
    const at = slots.nameAt(slot);
    const known = this.#known.get(slots.memory, at);
    if (known) return known;
    // It may be forgotten in the table and still be known here: the same leg all the same, with nothing on it.
    const leg = this.#legs.legOf(readName(slots.memory, at), this.local);
    this.#known.set(slots.memory, at, leg);
    return leg;
  }
}
