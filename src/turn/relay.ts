/** One relayed transport address, and the peers that it may talk to. RFC 8656 §6, §9, §12. */
import type { IpFamily, Millis, SocketAddress, TokenBucket } from '../base/index.ts';
import type { Meters } from './bandwidth-ledger.ts';
import type { Leg } from './leg.ts';
import type { Holder } from './relay-quotas.ts';
import type { Traffic } from './traffic.ts';

declare const brand: unique symbol;

/** Given by the machine, never used twice. */
export type RelayId = number & { readonly [brand]: 'RelayId' };

export function relayId(value: number): RelayId {
  return value as RelayId;
}

/** What a relayed address speaks with its peers. RFC 8656, RFC 6062. */
export type RelayProtocol = 'udp' | 'tcp';

/** A channel number bound to a peer. RFC 8656 §12. */
export interface Channel {
  readonly number: number;
  readonly peer: SocketAddress;
  readonly relay: Relay;
  /** See `Peer.insideOnly`. */
  readonly insideOnly: boolean;
  expiresAt: Millis;
}

/** What a relayed address knows of one peer IP address: the permission, and the channels bound to its ports. */
export interface Peer {
  readonly ip: string;
  /** The policy refuses this address except as the relayed address of another allocation of ours. */
  readonly insideOnly: boolean;
  /** The permission's end; in the past when only channels are left. */
  permittedUntil: Millis;
  /** By the peer's port. */
  readonly channels: Map<number, Channel>;
}

/** Whom a relay works for: the allocation, as far as a packet from a peer needs it. */
export interface RelayOwner {
  readonly leg: Leg;
  /** Whether the leg is there to be sent to. */
  readonly attached: boolean;
  readonly traffic: Traffic;
  readonly meters: Meters;
  /** How many ICMP messages may be told; made with the first. */
  icmpReports: TokenBucket | undefined;
}

export class Relay {
  readonly id: RelayId;
  readonly family: IpFamily;
  readonly protocol: RelayProtocol;
  /** As told to the client: the advertised address, and the port that the shell has bound. */
  readonly address: SocketAddress;
  /** Whom quotas count for it. */
  holder: Holder;
  /** `undefined` while it is being opened or held in reserve. */
  allocation: RelayOwner | undefined;
  expiresAt: Millis = 0;
  readonly peers = new Map<string, Peer>();

  constructor(
    id: RelayId,
    family: IpFamily,
    protocol: RelayProtocol,
    address: SocketAddress,
    holder: Holder,
  ) {
    this.id = id;
    this.family = family;
    this.protocol = protocol;
    this.address = address;
    this.holder = holder;
  }

  /** The peer if its permission is alive. */
  permitted(now: Millis, ip: string): Peer | undefined {
    const peer = this.peers.get(ip);
    return peer && peer.permittedUntil > now ? peer : undefined;
  }

  /** Forgets channels and permissions that have ended. */
  prune(now: Millis): void {
    for (const peer of this.peers.values()) {
      for (const [port, channel] of peer.channels) if (channel.expiresAt <= now) peer.channels.delete(port);
      if (peer.permittedUntil <= now && peer.channels.size === 0) this.peers.delete(peer.ip);
    }
  }
}
