/** What a person and the world need of each other: connections on which texts wait until they are delivered. */
import type { ConnectionId } from '../../../src/signaling/index.ts';

export interface Listener {
  closedByServer: number;
  receive(link: Link, text: string): void;
  /** The connection is gone. */
  lose(link: Link): void;
}

export interface Link {
  readonly id: ConnectionId;
  readonly listener: Listener;
  readonly toServer: string[];
  readonly toClient: string[];
}

export interface Network {
  connect(listener: Listener, address: string): Link;
  /** What is under way on the link, in both directions, is lost. */
  cut(link: Link): void;
  /** Delivers what waits, if this world does so at once. */
  settle(): void;
}
