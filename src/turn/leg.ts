/** One client 5-tuple: the way between a client and this server. RFC 8656 §6. */
import type { SocketAddress } from '../base/index.ts';

declare const brand: unique symbol;

/** Given by the shell: one per 5-tuple, and the same for as long as an allocation lives on it. */
export type LegId = number & { readonly [brand]: 'LegId' };

export function legId(value: number): LegId {
  return value as LegId;
}

export interface Leg {
  readonly id: LegId;
  readonly transport: 'udp' | 'tcp' | 'tls' | 'dtls';
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  /** A stream whose shell can give it to another shard, with what it says from some message on. */
  readonly movable?: true;
}

/** Whether the transport delivers by itself, in order. */
export function isReliable(leg: Leg): boolean {
  return leg.transport === 'tcp' || leg.transport === 'tls';
}

/** Whether another machine can answer in place of the one that heard it: a DTLS connection has one end, and so has a stream that its shell cannot move. */
export function canBeHandedOver(leg: Leg): boolean {
  return leg.transport === 'udp' || leg.movable === true;
}
