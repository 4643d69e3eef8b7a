/** Datagrams that wait until their way is open: few for each remote, for few remotes. The oldest make room. */
import { formatAddress, type SocketAddress } from '../../base/index.ts';
import { MAX_WAITING_DATAGRAMS, MAX_WAITING_REMOTES } from './limits.ts';

interface Waiting {
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

export class WaitingRoom {
  readonly #byRemote = new Map<string, Waiting[]>();

  /** `bytes` are taken over. */
  keep(to: SocketAddress, bytes: Uint8Array): void {
    const key = formatAddress(to);
    const waiting = this.#byRemote.get(key) ?? [];
    if (waiting.length === 0) this.#byRemote.set(key, waiting);
    waiting.push({ to, bytes });
    if (waiting.length > MAX_WAITING_DATAGRAMS) waiting.shift();
    const [oldest] = this.#byRemote.keys();
    if (this.#byRemote.size > MAX_WAITING_REMOTES && oldest !== undefined) this.#byRemote.delete(oldest);
  }

  /** Removes and returns, oldest first, what waits for an address of `ip`. */
  takeFor(ip: string): Waiting[] {
    const taken: Waiting[] = [];
    for (const [key, waiting] of this.#byRemote) {
      if (waiting[0]?.to.ip !== ip) continue;
      taken.push(...waiting);
      this.#byRemote.delete(key);
    }
    return taken;
  }

  clear(): void {
    this.#byRemote.clear();
  }
}
