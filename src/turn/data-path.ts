/** Data between clients and peers: Send, Data, ChannelData, and the short cut between two clients. RFC 8656 §11, §12.6, §12.7. */
import { familyOf, type Millis, type Queue, type SocketAddress } from '../base/index.ts';
import { decodeXorAddress, MessageClass, MessageWriter, type StunMessage } from '../stun/index.ts';
import type { Allocation } from './allocation.ts';
import type { AllocationBook } from './allocation-book.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Direction } from './bandwidth-ledger.ts';
import { channelDataOf, channelNumberOf, encodeChannelData } from './channel-data.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import type { DataCounts } from './data-counts.ts';
import { unknownRequired } from './known-attributes.ts';
import { isReliable, type Leg } from './leg.ts';
import { MAX_PEER_PAYLOAD_BYTES, MAX_UDP_PAYLOAD_BYTES } from './payload.ts';
import type { PeerPolicy } from './peer-policy.ts';
import type { Relay, RelayId, RelayOwner } from './relay.ts';
import type { TurnTransmit } from './server-events.ts';

/** Header, XOR-PEER-ADDRESS for IPv6, DATA header, padding. */
const DATA_INDICATION_OVERHEAD_BYTES = 20 + 24 + 4 + 3;

export class DataPath {
  readonly #book: AllocationBook;
  readonly #policy: PeerPolicy;
  readonly #bandwidth: Bandwidth;
  readonly #canSetDf: boolean;
  readonly #transmits: Queue<TurnTransmit>;
  readonly #newTransactionId: () => Uint8Array;
  readonly #counts: DataCounts;

  constructor(
    book: AllocationBook,
    policy: PeerPolicy,
    bandwidth: Bandwidth,
    canSetDf: boolean,
    counts: DataCounts,
    transmits: Queue<TurnTransmit>,
    newTransactionId: () => Uint8Array,
  ) {
    this.#book = book;
    this.#policy = policy;
    this.#bandwidth = bandwidth;
    this.#canSetDf = canSetDf;
    this.#counts = counts;
    this.#transmits = transmits;
    this.#newTransactionId = newTransactionId;
  }

  /** RFC 8656 §12.6. `bytes` begin like ChannelData. */
  handleChannelData(now: Millis, leg: Leg, bytes: Uint8Array): void {
    const allocation = this.#book.find(now, leg.id);
    if (allocation && allocation.leg.id !== leg.id) this.#book.settle(allocation);
    const channel = allocation?.channel(now, channelNumberOf(bytes));
    const data = channelDataOf(bytes);
    const relayed =
      allocation &&
      channel &&
      data &&
      this.#toPeer(now, allocation, channel.relay, channel.peer, channel.insideOnly, data);
    if (!relayed) this.#drop(allocation);
  }

  /** RFC 8656 §11.2. */
  handleSend(now: Millis, leg: Leg, message: StunMessage): void {
    const allocation = this.#book.find(now, leg.id);
    if (allocation && allocation.leg.id !== leg.id) this.#book.settle(allocation);
    if (!allocation || !this.#send(now, allocation, message)) this.#drop(allocation);
  }

  /** RFC 8656 §11.3. `from.ip` in canonical text. */
  handlePeerDatagram(now: Millis, id: RelayId, from: SocketAddress, data: Uint8Array): void {
    const relay = this.#book.relay(now, id);
    if (!relay || !this.#toClient(now, relay, from, data, false)) this.#drop(relay?.allocation);
  }

  /** What a client of another shard has sent to a client of ours. */
  handleSiblingData(now: Millis, from: SocketAddress, to: SocketAddress, data: Uint8Array): void {
    const relay = this.#book.relayAt(now, to, familyOf(to.ip));
    if (!relay || !this.#toClient(now, relay, from, data, true)) this.#drop(relay?.allocation);
  }

  #send(now: Millis, allocation: Allocation, message: StunMessage): boolean {
    const dontFragment = this.#canSetDf && message.has(TurnAttribute.DONT_FRAGMENT);
    const unknown = unknownRequired(message).filter(
      (type) => !dontFragment || type !== TurnAttribute.DONT_FRAGMENT,
    );
    if (unknown.length > 0) return false;
    const peerValue = message.get(TurnAttribute.XOR_PEER_ADDRESS);
    const data = message.get(TurnAttribute.DATA);
    const peer = peerValue && decodeXorAddress(peerValue, message.transactionId);
    if (!peer || !data) return false;
    const relay = allocation.relayOf(familyOf(peer.ip));
    const permitted = relay?.permitted(now, peer.ip);
    if (relay?.protocol !== 'udp' || !permitted || this.#policy.isOwnService(peer)) return false;
    return this.#toPeer(now, allocation, relay, peer, permitted.insideOnly, data, dontFragment);
  }

  /** Whether it left, or would have left if the receiver, a client of ours, had a permission for it. */
  #toPeer(
    now: Millis,
    allocation: Allocation,
    relay: Relay,
    peer: SocketAddress,
    insideOnly: boolean,
    data: Uint8Array,
    dontFragment = false,
  ): boolean {
    const inside = this.#book.relayAt(now, peer, relay.family);
    const shard = inside ? undefined : this.#book.siblingAt(peer, insideOnly);
    const leaves = !inside && shard === undefined;
    if ((leaves && insideOnly) || data.length > MAX_UDP_PAYLOAD_BYTES) return false;
    if (!this.#isWithinRate(now, allocation, 'toPeer', data)) return false;
    allocation.traffic.toPeerPackets += 1;
    allocation.traffic.toPeerBytes += data.length;
    this.#count(data);
    if (inside) {
      if (!this.#toClient(now, inside, relay.address, data, true)) this.#drop(inside.allocation);
    } else if (shard !== undefined) {
      const { address: from } = relay;
      this.#transmits.push({ kind: 'sibling', shard, from, to: peer, bytes: data.slice() });
    } else {
      const bytes = data.slice();
      const { id } = relay;
      this.#transmits.push(
        dontFragment
          ? { kind: 'peer', relay: id, to: peer, dontFragment: true, bytes }
          : { kind: 'peer', relay: id, to: peer, bytes },
      );
    }
    return true;
  }

  #toClient(now: Millis, relay: Relay, from: SocketAddress, data: Uint8Array, fromInside: boolean): boolean {
    const { allocation } = relay;
    // RFC 8656 §9: the permission looks at the IP address only.
    const peer = relay.permitted(now, from.ip);
    if (!allocation?.attached || !peer || data.length > MAX_PEER_PAYLOAD_BYTES) return false;
    if (peer.insideOnly && !fromInside) return false;
    if (!this.#isWithinRate(now, allocation, 'toClient', data)) return false;
    allocation.traffic.toClientPackets += 1;
    allocation.traffic.toClientBytes += data.length;
    this.#count(data);
    const { leg } = allocation;
    // RFC 8656 §12.5: the server MUST use the channel if there is one.
    const channel = peer.channels.get(from.port);
    const bytes =
      channel && channel.expiresAt > now
        ? encodeChannelData(channel.number, data, isReliable(leg))
        : this.#encodeDataIndication(from, data);
    this.#transmits.push({ kind: 'client', leg, bytes });
    return true;
  }

  /** RFC 8656 §11.3. */
  #encodeDataIndication(from: SocketAddress, data: Uint8Array): Uint8Array {
    const capacityBytes = DATA_INDICATION_OVERHEAD_BYTES + data.length;
    const id = this.#newTransactionId();
    return new MessageWriter(TurnMethod.DATA, MessageClass.INDICATION, id, capacityBytes)
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, from)
      .attribute(TurnAttribute.DATA, data)
      .finish();
  }

  #isWithinRate(now: Millis, owner: RelayOwner, direction: Direction, data: Uint8Array): boolean {
    if (this.#bandwidth.allows(now, owner.meters, direction, data.length)) return true;
    this.#counts.throttledPackets += 1;
    return false;
  }

  #count(data: Uint8Array): void {
    this.#counts.relayedPackets += 1;
    this.#counts.relayedBytes += data.length;
  }

  #drop(allocation: RelayOwner | undefined): void {
    this.#counts.droppedPackets += 1;
    if (allocation) allocation.traffic.droppedPackets += 1;
  }
}
