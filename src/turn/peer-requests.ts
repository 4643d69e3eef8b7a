/** CreatePermission and ChannelBind: which peers an allocation may talk to. Answers with a code. RFC 8656 §9, §10, §12. */
import { familyOf, type Millis, type SocketAddress } from '../base/index.ts';
import { decodeXorAddress, type StunMessage } from '../stun/index.ts';
import type { Allocation } from './allocation.ts';
import type { AllocationBook } from './allocation-book.ts';
import { decodeChannelNumber } from './attributes.ts';
import { FIRST_CHANNEL, LAST_LEGACY_CHANNEL, TurnAttribute } from './code-points.ts';
import type { LiveSettings } from './live-settings.ts';
import type { PeerPolicy } from './peer-policy.ts';
import type { Peer, Relay } from './relay.ts';

export type PeerRequestResult = 'done' | 400 | 403 | 443 | 508;

/** A peer that may be used, and through which relayed address. */
interface Admitted {
  readonly relay: Relay;
  readonly peer: SocketAddress;
  readonly insideOnly: boolean;
}

export class PeerRequests {
  readonly #book: AllocationBook;
  readonly #policy: PeerPolicy;
  readonly #settings: LiveSettings;

  constructor(book: AllocationBook, policy: PeerPolicy, settings: LiveSettings) {
    this.#book = book;
    this.#policy = policy;
    this.#settings = settings;
  }

  /** RFC 8656 §10.2. All peers of the request, or none. */
  createPermission(now: Millis, allocation: Allocation, request: StunMessage): PeerRequestResult {
    const values = request.getAll(TurnAttribute.XOR_PEER_ADDRESS);
    if (values.length === 0) return 400;
    // Before any of them is looked at: a stream frame holds thousands.
    if (values.length > this.#settings.limits.peersPerAllocation) return 508;
    const admitted: Admitted[] = [];
    for (const value of values) {
      const peer = decodeXorAddress(value, request.transactionId);
      if (!peer) return 400;
      const admission = this.#admit(allocation, peer, 'any-port');
      if (typeof admission === 'number') return admission;
      admitted.push(admission);
    }
    if (!this.#hasRoom(now, allocation, admitted)) return 508;
    for (const admission of admitted) this.#permit(now, admission);
    return 'done';
  }

  /** RFC 8656 §12.2, its checks in order. */
  channelBind(now: Millis, allocation: Allocation, request: StunMessage): PeerRequestResult {
    // Both attributes are there.
    // Channels carry datagrams. RFC 6062 knows none.
    if (allocation.protocol === 'tcp') return 400;
    const numberValue = request.get(TurnAttribute.CHANNEL_NUMBER);
    const peerValue = request.get(TurnAttribute.XOR_PEER_ADDRESS);
    const number = numberValue && decodeChannelNumber(numberValue);
    const peer = peerValue && decodeXorAddress(peerValue, request.transactionId);
    if (number === undefined || !peer) return 400;
    // The number is in range.
    if (number < FIRST_CHANNEL || number > LAST_LEGACY_CHANNEL) return 400;
    // The family is one of the allocation's.
    const admission = this.#admit(allocation, peer, 'this-port');
    if (admission === 443) return 443;
    // The number is not bound to another peer, nor the peer to another number.
    const bound = allocation.channel(now, number);
    if (bound && (bound.peer.ip !== peer.ip || bound.peer.port !== peer.port)) return 400;
    const relay = allocation.relayOf(familyOf(peer.ip));
    const other = relay && allocation.channelTo(now, relay, peer);
    if (other && other.number !== number) return 400;
    if (typeof admission === 'number') return admission;

    if (!this.#hasRoom(now, allocation, [admission])) return 508;
    if (!bound && !this.#hasRoomForChannel(now, allocation)) return 508;
    const expiresAt = now + this.#settings.lifetimes.channelSeconds * 1000;
    const entry = this.#permit(now, admission);
    if (bound) {
      bound.expiresAt = expiresAt;
      return 'done';
    }
    const channel = { number, peer, relay: admission.relay, insideOnly: admission.insideOnly, expiresAt };
    // A number that was bound before and has expired leaves its old peer.
    const stale = allocation.channels.get(number);
    const left = stale?.relay.peers.get(stale.peer.ip);
    // Unless that peer has another number since.
    if (stale && left?.channels.get(stale.peer.port) === stale) left.channels.delete(stale.peer.port);
    allocation.channels.set(number, channel);
    entry.channels.set(peer.port, channel);
    return 'done';
  }

  #admit(allocation: Allocation, peer: SocketAddress, scope: 'any-port' | 'this-port'): Admitted | 403 | 443 {
    const relay = allocation.relayOf(familyOf(peer.ip));
    if (!relay) return 443;
    if (scope === 'this-port' && this.#policy.isOwnService(peer)) return 403;
    const refused = this.#policy.refusalOfIp(peer.ip) !== undefined;
    if (!refused) return { relay, peer, insideOnly: false };
    // Another client of this server may sit at the same address: reachable, but only inside the machine.
    const mayBeInside =
      this.#book.isRelayIp(peer.ip) && (scope === 'any-port' || this.#book.mayBeRelayPort(peer.port));
    return mayBeInside ? { relay, peer, insideOnly: true } : 403;
  }

  #hasRoom(now: Millis, allocation: Allocation, admitted: readonly Admitted[]): boolean {
    const fresh = new Set<string>();
    for (const { relay, peer } of admitted) if (!relay.peers.has(peer.ip)) fresh.add(peer.ip);
    if (fresh.size === 0) return true;
    if (allocation.peerCount + fresh.size <= this.#settings.limits.peersPerAllocation) return true;
    allocation.prune(now);
    return allocation.peerCount + fresh.size <= this.#settings.limits.peersPerAllocation;
  }

  #hasRoomForChannel(now: Millis, allocation: Allocation): boolean {
    const limit = this.#settings.limits.channelsPerAllocation;
    if (allocation.channels.size >= limit) allocation.prune(now);
    return allocation.channels.size < limit;
  }

  /** RFC 8656 §9: install, or set back to the full lifetime. */
  #permit(now: Millis, admission: Admitted): Peer {
    const { relay, peer, insideOnly } = admission;
    const permittedUntil = now + this.#settings.lifetimes.permissionSeconds * 1000;
    const known = relay.peers.get(peer.ip);
    if (known) {
      known.permittedUntil = permittedUntil;
      return known;
    }
    const entry: Peer = { ip: peer.ip, insideOnly, permittedUntil, channels: new Map() };
    relay.peers.set(peer.ip, entry);
    return entry;
  }
}
