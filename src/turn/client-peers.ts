/** What a TURN client knows of its peers: permissions and channels, asked for and confirmed. RFC 8656 §9, §12. */
import { formatAddress, type SocketAddress } from '../base/index.ts';
import { FIRST_CHANNEL, LAST_CHANNEL } from './code-points.ts';

interface ClientChannel {
  readonly peer: SocketAddress;
  readonly number: number;
  bound: boolean;
}

/** 10 × 24 bytes of XOR-PEER-ADDRESS (IPv6) and the credentials fit the 548 bytes of RFC 8489 §6.1. */
const IPS_PER_REQUEST = 10;

export class ClientPeers {
  readonly #permitted = new Set<string>();
  readonly #byPeer = new Map<string, ClientChannel>();
  readonly #byNumber = new Map<number, ClientChannel>();
  #nextNumber: number = FIRST_CHANNEL;

  isPermitted(ip: string): boolean {
    return this.#permitted.has(ip);
  }

  confirmPermissions(ips: readonly string[]): void {
    for (const ip of ips) this.#permitted.add(ip);
  }

  forgetPermissions(ips: readonly string[]): void {
    for (const ip of ips) this.#permitted.delete(ip);
  }

  permittedIps(): string[] {
    return [...this.#permitted];
  }

  /**
   * The peer's number, or the next new one. Numbers are not used again for another peer, so the wait of RFC 8656 §12
   * never arises. `undefined` when all 4,096 are gone.
   */
  reserveChannel(peer: SocketAddress): number | undefined {
    const known = this.#byPeer.get(formatAddress(peer));
    if (known) return known.number;
    if (this.#nextNumber > LAST_CHANNEL) return undefined;
    const channel: ClientChannel = { peer, number: this.#nextNumber, bound: false };
    this.#nextNumber += 1;
    this.#byPeer.set(formatAddress(peer), channel);
    this.#byNumber.set(channel.number, channel);
    return channel.number;
  }

  /** The server has bound it; the peer is permitted with it. */
  confirmChannel(peer: SocketAddress): void {
    const channel = this.#byPeer.get(formatAddress(peer));
    if (channel) channel.bound = true;
    this.#permitted.add(peer.ip);
  }

  forgetChannel(peer: SocketAddress): void {
    const channel = this.#byPeer.get(formatAddress(peer));
    if (!channel) return;
    this.#byPeer.delete(formatAddress(peer));
    this.#byNumber.delete(channel.number);
  }

  boundChannelOf(peer: SocketAddress): number | undefined {
    const channel = this.#byPeer.get(formatAddress(peer));
    return channel?.bound ? channel.number : undefined;
  }

  /** Also of a channel that is only asked for. */
  peerOfChannel(number: number): SocketAddress | undefined {
    return this.#byNumber.get(number)?.peer;
  }

  boundChannels(): { readonly peer: SocketAddress; readonly number: number }[] {
    return [...this.#byNumber.values()].filter((channel) => channel.bound);
  }
}

/** Groups of addresses that fit one request each. */
export function inGroups(ips: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (let i = 0; i < ips.length; i += IPS_PER_REQUEST) groups.push(ips.slice(i, i + IPS_PER_REQUEST));
  return groups;
}
