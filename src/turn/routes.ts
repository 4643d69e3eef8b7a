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
import type { Channel, Peer, Relay, RelayId, RelayOwner } from './relay.ts';
import type { Route, RouteMemo } from './route.ts';

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
  channelData(
    now: Millis,
    leg: Leg,
    number: number,
    packets: number,
    bytes: number,
    memo: RouteMemo,
  ): Route | undefined {
    if (!stillHolds(now, leg, number, memo) && !this.#lookUpChannel(now, leg, number, memo)) return undefined;
    const { allocation, channel } = memo;
    if (!allocation || !channel) return undefined;
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
    memo.route ??= { kind: 'peer', relay: relay.id, to: peer };
    return memo.route;
  }

  /** RFC 8656 §11.3, §12.7. `from.ip` in canonical text; best the same object for the same peer. */
  peerData(
    now: Millis,
    id: RelayId,
    from: SocketAddress,
    packets: number,
    bytes: number,
    memo: RouteMemo,
  ): Route | undefined {
    let { relay, peer } = memo;
    if (!relay?.allocation || relay.expiresAt <= now) {
      relay = this.#book.relay(now, id);
      memo.relay = relay;
      peer = undefined;
    }
    if (!relay) return undefined;
    if (!peer || memo.from !== from || peer.permittedUntil <= now) {
      peer = relay.permitted(now, from.ip);
      memo.peer = peer;
      memo.from = from;
      memo.channel = undefined;
    }
    if (!peer) return undefined;
    if (!memo.channel || memo.channel.expiresAt <= now) memo.channel = livingChannel(now, peer, from);
    return this.#toClient(now, relay, peer, memo.channel, from, false, packets, bytes);
  }

  #lookUpChannel(now: Millis, leg: Leg, number: number, memo: RouteMemo): boolean {
    const allocation = this.#book.find(now, leg.id);
    // On another leg it is moving here: that is more than data.
    const channel = allocation?.leg.id === leg.id ? allocation.channel(now, number) : undefined;
    memo.allocation = allocation;
    memo.channel = channel;
    memo.route = undefined;
    return channel !== undefined;
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
    const peer = to.permitted(now, from.address.ip);
    if (!peer || !to.allocation?.attached) return undefined;
    if (bytes > MAX_PEER_PAYLOAD_BYTES) return undefined;
    if (!this.#bandwidth.allows(now, sender.meters, 'toPeer', bytes)) return this.#throttle(sender, packets);
    sender.traffic.toPeerPackets += packets;
    sender.traffic.toPeerBytes += bytes;
    this.#count(packets, bytes);
    const channel = livingChannel(now, peer, from.address);
    return this.#toClient(now, to, peer, channel, from.address, true, packets, bytes);
  }

  #toClient(
    now: Millis,
    relay: Relay,
    peer: Peer,
    channel: Channel | undefined,
    from: SocketAddress,
    fromInside: boolean,
    packets: number,
    bytes: number,
  ): Route | undefined {
    const { allocation } = relay;
    if (!allocation?.attached || bytes > MAX_PEER_PAYLOAD_BYTES) return undefined;
    if (peer.insideOnly && !fromInside) return undefined;
    if (!this.#bandwidth.allows(now, allocation.meters, 'toClient', bytes)) {
      return this.#throttle(allocation, packets);
    }
    allocation.traffic.toClientPackets += packets;
    allocation.traffic.toClientBytes += bytes;
    this.#count(packets, bytes);
    return { kind: 'client', leg: allocation.leg, channel: channel?.number ?? 0, from };
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

/**
 * A number that is bound anew makes a new channel, and only when the old one has expired; a relay that ends has no
 * allocation any more.
 */
function stillHolds(now: Millis, leg: Leg, number: number, { allocation, channel }: RouteMemo): boolean {
  return (
    channel !== undefined &&
    channel.number === number &&
    channel.expiresAt > now &&
    channel.relay.expiresAt > now &&
    channel.relay.allocation === allocation &&
    allocation?.leg === leg
  );
}

function livingChannel(now: Millis, peer: Peer, from: SocketAddress): Channel | undefined {
  const channel = peer.channels.get(from.port);
  return channel && channel.expiresAt > now ? channel : undefined;
}
