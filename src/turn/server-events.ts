/** What comes out of the TURN server besides packets: orders for the shell, and facts for logs and metrics. */
import type { IpFamily, Millis, SocketAddress } from '../base/index.ts';
import type { Leg } from './leg.ts';
import type { RelayId } from './relay.ts';
import type { Traffic } from './traffic.ts';

/** `bytes` are given away. */
export type TurnTransmit =
  | { readonly kind: 'client'; readonly leg: Leg; readonly bytes: Uint8Array }
  | {
      readonly kind: 'peer';
      readonly relay: RelayId;
      readonly to: SocketAddress;
      readonly bytes: Uint8Array;
    };

export type AllocationEnd =
  /** The client asked, by a Refresh with lifetime 0. */
  | 'deleted'
  | 'expired'
  /** The stream to the client ended. */
  | 'leg-closed'
  /** The server was closed. */
  | 'server-closed';

export type TurnServerEvent =
  /** Order: bind a UDP socket to this port (for this leg), then `handleRelayOpened` or `handleRelayFailed`. */
  | {
      readonly type: 'open-relay';
      readonly relay: RelayId;
      readonly leg: Leg;
      readonly family: IpFamily;
      readonly port: number;
    }
  /** Order: close it. May come while it is still being opened: then it closes as soon as it is bound. */
  | { readonly type: 'close-relay'; readonly relay: RelayId }
  /** Order: destroy the connection, its stream makes no sense. */
  | { readonly type: 'close-leg'; readonly leg: Leg; readonly reason: string }
  /** The leg's id must stay the same from here … */
  | {
      readonly type: 'allocation-created';
      readonly leg: Leg;
      readonly username: string;
      readonly relayed: readonly SocketAddress[];
      readonly lifetimeSeconds: number;
    }
  /** … to here. */
  | {
      readonly type: 'allocation-ended';
      readonly leg: Leg;
      readonly username: string;
      readonly reason: AllocationEnd;
      readonly traffic: Readonly<Traffic>;
      readonly lastedMs: Millis;
    }
  /** A request answered with an error, the ordinary first 401 aside. */
  | { readonly type: 'refused'; readonly leg: Leg; readonly method: number; readonly code: number };

/** Counts since the start; the ones that a flood would raise are numbers here, not events. */
export interface TurnStatistics {
  readonly allocations: number;
  /** Sockets held: allocated, reserved, being opened. */
  readonly relays: number;
  readonly bindings: number;
  /** First 401 of an Allocate without credentials. */
  readonly challenges: number;
  readonly retransmissions: number;
  /** Not STUN, or broken. */
  readonly malformed: number;
  /** Unauthenticated answers withheld. */
  readonly rateLimited: number;
  /** Data to or from a peer that was not relayed. */
  readonly droppedPackets: number;
  readonly relayedPackets: number;
  readonly relayedBytes: number;
  readonly rememberedAnswers: number;
}
