/**
 * The short way of data through the machine: for packets that come in runs, and that a shell moves itself. Says only what
 * `DataPath` would do; where that is more than a look at tables it says nothing, and the packet takes the general way.
 */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { AllocationBook } from './allocation-book.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { DataCounts } from './data-counts.ts';
import type { Leg } from './leg.ts';
import { MAX_PEER_PAYLOAD_BYTES } from './payload.ts';
import type { Relay, RelayId, RelayOwner } from './relay.ts';
import type { Route } from './route.ts';

const DROP: Route = { kind: 'drop' };

export class Routes {
  readonly #book: AllocationBook;
  readonly #bandwidth: Bandwidth;
  readonly #counts: DataCounts;

  constructor(book: AllocationBook, bandwidth: Bandwidth, counts: DataCounts) {
    this.#book = book;
    this.#bandwidth = bandwidth;
    this.#counts = counts;
  }

  /** RFC 8656 §12.6. `bytes`: of all the packets' data together, at most 65,507. */
  channelData(now: Millis, leg: Leg, number: number, packets: number, bytes: number): Route | undefined {
    const allocation = this.#book.find(now, leg.id);
    // On another leg it is moving here: that is more than data.
    if (!allocation || allocation.leg.id !== leg.id) return undefined;
    const channel = allocation.channel(now, number);
    if (!channel) return undefined;
    const { relay, peer } = channel;
    const inside = this.#book.relayAt(now, peer, relay.family);
    if (inside) return this.#inside(now, allocation, relay, inside, packets, bytes);
    if (channel.insideOnly || this.#book.siblingAt(peer, false) !== undefined) return undefined;
    if (!this.#bandwidth.allows(now, allocation.meters, 'toPeer', bytes)) {
      return this.#throttle(allocation, packets);
    }
    allocation.traffic.toPeerPackets += packets;
    allocation.traffic.toPeerBytes += bytes;
    this.#count(packets, bytes);
    return { kind: 'peer', relay: relay.id, to: peer };
  }

  /** RFC 8656 §11.3, §12.7. `from.ip` in canonical text. */
  peerData(now: Millis, id: RelayId, from: SocketAddress, packets: number, bytes: number): Route | undefined {
    const relay = this.#book.relay(now, id);
    return relay && this.#toClient(now, relay, from, false, packets, bytes);
  }

  #inside(
    now: Millis,
    sender: RelayOwner,
    from: Relay,
    to: Relay,
    packets: number,
    bytes: number,
  ): Route | undefined {
    // The general way counts what the receiver does not want: there both ends are looked at.
    if (!to.permitted(now, from.address.ip) || !to.allocation?.attached) return undefined;
    if (bytes > MAX_PEER_PAYLOAD_BYTES) return undefined;
    if (!this.#bandwidth.allows(now, sender.meters, 'toPeer', bytes)) return this.#throttle(sender, packets);
    sender.traffic.toPeerPackets += packets;
    sender.traffic.toPeerBytes += bytes;
    this.#count(packets, bytes);
    return this.#toClient(now, to, from.address, true, packets, bytes);
  }

  #toClient(
    now: Millis,
    relay: Relay,
    from: SocketAddress,
    fromInside: boolean,
    packets: number,
    bytes: number,
  ): Route | undefined {
    const { allocation } = relay;
    const peer = relay.permitted(now, from.ip);
    if (!allocation?.attached || !peer || bytes > MAX_PEER_PAYLOAD_BYTES) return undefined;
    if (peer.insideOnly && !fromInside) return undefined;
    if (!this.#bandwidth.allows(now, allocation.meters, 'toClient', bytes)) {
      return this.#throttle(allocation, packets);
    }
    allocation.traffic.toClientPackets += packets;
    allocation.traffic.toClientBytes += bytes;
    this.#count(packets, bytes);
    const channel = peer.channels.get(from.port);
    const number = channel && channel.expiresAt > now ? channel.number : 0;
    return { kind: 'client', leg: allocation.leg, channel: number, from };
  }

  #throttle(owner: RelayOwner, packets: number): Route {
    owner.traffic.droppedPackets += packets;
    this.#counts.droppedPackets += packets;
    this.#counts.throttledPackets += packets;
    return DROP;
  }

  #count(packets: number, bytes: number): void {
    this.#counts.relayedPackets += packets;
    this.#counts.relayedBytes += bytes;
  }
}
