/**
 * Connections that have not yet said what they speak. Reads their first bytes, gives them back, and tells what they
 * are; ends those that are slow, make noise, or are too many. Knows no protocol beyond its first bytes.
 */
import type { Socket } from 'node:net';
import type { SocketAddress } from '../../base/index.ts';
import { speechOf } from './first-bytes.ts';
import { readProxyHeader } from './proxy-header.ts';

export interface WaitingRoomLimits {
  /** Who has not sent its first bytes by then is a slow loris, or a line that is gone. */
  readonly firstBytesMs: number;
  /** In total; beyond it the one that has waited longest goes, since honest clients speak at once. */
  readonly maxWaiting: number;
  /** For each address (IPv6: each /64); beyond it newcomers are refused. */
  readonly maxWaitingPerAddress: number;
}

interface Seat {
  readonly socket: Socket;
  leave(): void;
}

export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  /** In the order of arrival. */
  readonly #seats = new Set<Seat>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: WaitingRoomLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#seats.size;
  }

  /**
   * Waits for the first bytes of `socket` (fresh: nobody has read from it) and calls `decided` once, with the socket
   * paused and the bytes back in it. Noise, silence and ends are dealt with here and call nothing.
   * `address` is what limits count by.
   */
  receive(socket: Socket, address: string, decided: (speech: 'tls' | 'stun' | 'http') => void): void {
    const leave = this.enter(socket, address, this.#limits.firstBytesMs);
    if (!leave) return;
    const end = (): void => {
      socket.destroy();
    };
    let heard: Buffer = Buffer.alloc(0);
    const listen = (chunk: Buffer): void => {
      heard = heard.length === 0 ? chunk : Buffer.concat([heard, chunk]);
      const speech = speechOf(heard);
      if (speech === 'undecided') return;
      leave();
      socket.removeListener('data', listen);
      socket.removeListener('end', end);
      if (speech === 'noise') {
        socket.destroy();
        return;
      }
      socket.pause();
      socket.unshift(heard);
      decided(speech);
    };
    socket.on('data', listen);
    socket.once('end', end);
  }

  /**
   * Waits for the header of a load balancer, and calls `told` once, with the socket paused and what came after the
   * header back in it. Balancers are few and trusted: only the total is limited for them.
   */
  receiveProxyHeader(socket: Socket, told: (client: SocketAddress | undefined) => void): void {
    const leave = this.#sit(socket, this.#limits.firstBytesMs);
    const end = (): void => {
      socket.destroy();
    };
    let heard: Buffer = Buffer.alloc(0);
    const listen = (chunk: Buffer): void => {
      heard = heard.length === 0 ? chunk : Buffer.concat([heard, chunk]);
      const header = readProxyHeader(heard);
      if (header.kind === 'undecided') return;
      leave();
      socket.removeListener('data', listen);
      socket.removeListener('end', end);
      if (header.kind === 'broken') {
        socket.destroy();
        return;
      }
      socket.pause();
      if (heard.length > header.length) socket.unshift(heard.subarray(header.length));
      told(header.client);
    };
    socket.on('data', listen);
    socket.once('end', end);
  }

  /**
   * Gives the socket a seat for at most `patienceMs`; then it is destroyed. Returns how to leave earlier, or
   * `undefined` when the house is full and the socket has been destroyed.
   */
  enter(socket: Socket, address: string, patienceMs: number): (() => void) | undefined {
    const neighbours = this.#perAddress.get(address) ?? 0;
    if (neighbours >= this.#limits.maxWaitingPerAddress) {
      socket.destroy();
      return undefined;
    }
    this.#perAddress.set(address, neighbours + 1);
    return this.#sit(socket, patienceMs, () => this.#forgetNeighbour(address));
  }

  #sit(socket: Socket, patienceMs: number, onLeave?: () => void): () => void {
    if (this.#seats.size >= this.#limits.maxWaiting) this.#dismissOldest();
    const timer = setTimeout(() => this.#dismiss(seat), patienceMs);
    const leave = (): void => {
      clearTimeout(timer);
      socket.removeListener('close', leave);
      if (this.#seats.delete(seat)) onLeave?.();
    };
    const seat: Seat = { socket, leave };
    this.#seats.add(seat);
    socket.once('close', leave);
    return leave;
  }

  /** Sends everybody away. */
  clear(): void {
    for (const seat of this.#seats) this.#dismiss(seat);
  }

  #dismissOldest(): void {
    for (const seat of this.#seats) {
      this.#dismiss(seat);
      return;
    }
  }

  #dismiss(seat: Seat): void {
    seat.leave();
    seat.socket.destroy();
  }

  #forgetNeighbour(address: string): void {
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
