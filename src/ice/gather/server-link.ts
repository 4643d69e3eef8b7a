/** How bytes get to a TURN server: what the ways have in common. RFC 8656 §3.1, RFC 7350. */
import { type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import type { ServerEar, UdpBase } from './udp-base.ts';

export interface LinkEvents {
  onOpened(now: Millis): void;
  /** Borrowed. Whether it was meant for it: two links may share a server and a socket. */
  onBytes(now: Millis, bytes: Uint8Array): boolean;
  /** It could not be made, or has ended; for people. */
  onEnded(now: Millis, why: string): void;
}

export interface ServerLink {
  /** Whether `send` is heard; a link that is open from the start tells no `onOpened`. */
  readonly opened: boolean;
  /** `bytes` are given away. */
  send(now: Millis, bytes: Uint8Array): void;
  /** Tells nothing afterwards. */
  close(now: Millis): void;
  handleTimeout(now: Millis): void;
  nextTimeout(): Millis;
}

/** A new link to `server`; `serverName` is what its certificate must be for, where it has one. */
export type OpenLink = (
  now: Millis,
  server: SocketAddress,
  serverName: string,
  events: LinkEvents,
) => ServerLink;

/** Plain datagrams, from the socket of a host candidate. */
export class DatagramLink implements ServerLink, ServerEar {
  readonly opened = true;
  readonly server: SocketAddress;
  readonly #base: UdpBase;
  readonly #events: LinkEvents;

  constructor(base: UdpBase, server: SocketAddress, events: LinkEvents) {
    this.#base = base;
    this.server = server;
    this.#events = events;
    base.listen(this);
  }

  handleServerBytes(now: Millis, bytes: Uint8Array): boolean {
    return this.#events.onBytes(now, bytes);
  }

  send(now: Millis, bytes: Uint8Array): void {
    this.#base.send(now, this.server, bytes);
  }

  close(): void {
    this.#base.unlisten(this);
  }

  handleTimeout(): void {}

  nextTimeout(): Millis {
    return NEVER;
  }
}
