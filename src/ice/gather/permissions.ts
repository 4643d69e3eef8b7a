/** Which remote addresses one relay may exchange datagrams with: wanted, granted, denied. Sends nothing. RFC 8656 §9. */
import { formatAddress, type SocketAddress } from '../../base/index.ts';
import { MAX_PERMISSIONS } from './limits.ts';

type Grant = 'wanted' | 'asked' | 'granted' | 'denied';

interface Entry {
  grant: Grant;
  /** Who is expected there, by address. */
  readonly remotes: Map<string, SocketAddress>;
}

/** Ports that are remembered of one address: more are of one that means no good. */
const MAX_REMOTES_OF_ADDRESS = 64;

export class Permissions {
  /** By address, that which was expected last at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #onForgotten: (ip: string) => void;

  /** `onForgotten`: a granted address made room for another; nobody need keep it alive. */
  constructor(onForgotten: (ip: string) => void) {
    this.#onForgotten = onForgotten;
  }

  /**
   * `denied` also when there are too many of which something is asked. An allocation outlives restarts of ICE, and a peer that
   * moves about has other addresses after each: those that were expected longest ago make room.
   */
  expect(remote: SocketAddress): Grant {
    let entry = this.#entries.get(remote.ip);
    if (entry) this.#entries.delete(remote.ip);
    else {
      if (this.#entries.size >= MAX_PERMISSIONS && !this.#makeRoom()) return 'denied';
      entry = { grant: 'wanted', remotes: new Map() };
    }
    this.#entries.set(remote.ip, entry);
    if (entry.remotes.size < MAX_REMOTES_OF_ADDRESS) entry.remotes.set(formatAddress(remote), remote);
    return entry.grant;
  }

  isGranted(ip: string): boolean {
    return this.#entries.get(ip)?.grant === 'granted';
  }

  /** Those that have not been asked for, and are from now on. */
  takeWanted(): string[] {
    const wanted: string[] = [];
    for (const [ip, entry] of this.#entries) {
      if (entry.grant !== 'wanted') continue;
      entry.grant = 'asked';
      wanted.push(ip);
    }
    return wanted;
  }

  grant(ips: readonly string[]): void {
    for (const ip of ips) {
      const entry = this.#entries.get(ip);
      if (entry) entry.grant = 'granted';
    }
  }

  /** Returns who is lost by it. `forGood`: asking again would be answered alike. */
  deny(ip: string, forGood: boolean): SocketAddress[] {
    const entry = this.#entries.get(ip);
    if (!entry) return [];
    const lost = [...entry.remotes.values()];
    if (forGood) {
      entry.grant = 'denied';
      entry.remotes.clear();
    } else this.#entries.delete(ip);
    return lost;
  }

  #makeRoom(): boolean {
    for (const [ip, { grant }] of this.#entries) {
      if (grant !== 'granted' && grant !== 'denied') continue;
      this.#entries.delete(ip);
      if (grant === 'granted') this.#onForgotten(ip);
      return true;
    }
    return false;
  }
}
